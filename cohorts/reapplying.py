"""Re-applies skipped identifiers: starts, leases, goes on after a kill, ends in one run of kind
*reapply*. Knows jobs and their rows; who is wanted is told by reapply_rule.

The run and the end of the job are one transaction, which also looks whether another run of the
cohort was written since the last one that was read: then it is taken back, and the rule goes on
with that run first. So nobody is added whom a push took out meanwhile, and nothing is done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from braze_partners.people import sets
from braze_partners.people.models import PeopleSet
from braze_partners.workspaces.models import Account
from cohorts import bitmaps, limits, membership, reapply_rule
from cohorts.errors import CohortGone, ReapplyRefused, ResourceLocked
from cohorts.membership import Applied, Seen, Wanted
from cohorts.models import Cohort, ImportRun, Reapplication
from cohorts.placing import RunFacts
from cohorts.reapply_rule import Candidates, Scope

State = Reapplication.State
Clock = Callable[[], datetime]
UNFINISHED = (State.QUEUED, State.RUNNING)


class LeaseLost(Exception):
    """Another worker took the job over, or somebody cancelled it."""


class Overtaken(Exception):
    """Another run of the cohort was written before this one."""


def start(
    cohort: Cohort, *, run: ImportRun | None = None, by: Account | None, now: datetime
) -> Reapplication:
    """Queues it; waking a worker is the caller's. Raises ReapplyRefused where there is nothing to
    re-apply, or another one of the cohort is under way."""
    first = run if run is not None else _first_with_skips(cohort)
    if first is None or first.skipped_list is None:
        raise ReapplyRefused(_("No skipped identifiers are kept here; they are kept for 30 days."))
    later = _placed(cohort).filter(pk__gte=first.pk)
    job = Reapplication(
        workspace_id=cohort.workspace_id,
        cohort=cohort,
        run=run,
        created_by=by,
        created_at=now,
        position=first.pk - 1,
        runs=later.count(),
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError as error:
        text = _("The skipped identifiers of this cohort are being re-applied already.")
        raise ReapplyRefused(text) from error
    return job


def is_small(job: Reapplication) -> bool:
    """Whether its asker may wait for it."""
    if job.runs > limits.REAPPLY_AT_ONCE_RUNS or hasattr(job.cohort, "pull_skips"):
        return False
    runs = _placed(job.cohort).filter(pk__gt=job.position, skipped_list__isnull=False)
    sums = runs.aggregate(unknown=Sum("skipped_unknown"), identified=Sum("skipped_identified"))
    skips = (sums["unknown"] or 0) + (sums["identified"] or 0)
    return skips <= limits.REAPPLY_AT_ONCE_IDENTIFIERS


def cancel(job: Reapplication, now: datetime) -> None:
    """Stops it; nothing was applied. Raises ReapplyRefused when it has ended."""
    rows = Reapplication.objects.filter(pk=job.pk, state__in=UNFINISHED)
    emptied = {"by_external_id": None, "by_others": None, "lease_token": ""}
    if not rows.update(state=State.CANCELLED, finished_at=now, **emptied):
        raise ReapplyRefused(_("This has ended already."))


def _free(now: datetime) -> Q:
    """A lease far ahead was written by a clock that has been set back since."""
    far = now + timedelta(seconds=2 * limits.REAPPLY_LEASE_SECONDS)
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=far)


def forgotten(now: datetime) -> list[str]:
    """Those that are in nobody's hands."""
    found = Reapplication.objects.filter(_free(now), state__in=UNFINISHED).order_by("created_at")
    return [str(pk) for pk in found.values_list("pk", flat=True)]


def forget_old(now: datetime) -> int:
    old = Reapplication.objects.filter(created_at__lt=now - limits.REAPPLIES_KEPT)
    return old.exclude(state__in=UNFINISHED).delete()[0]


def run(pk: str, clock: Clock) -> bool:
    """Works on it for one turn; tells whether there is more."""
    started = time.perf_counter()
    job = _take(pk, clock())
    if job is None:
        return False
    try:
        return _run(job, clock, started)
    except (LeaseLost, CohortGone):
        return False
    except (ResourceLocked, Overtaken):
        _held(job).update(lease_until=None)  # the sweep goes on
        return False


def _take(pk: str, now: datetime) -> Reapplication | None:
    token = token_hex(16)
    lease = now + timedelta(seconds=limits.REAPPLY_LEASE_SECONDS)
    rows = Reapplication.objects.filter(_free(now), pk=pk, state__in=UNFINISHED)
    if not rows.update(state=State.RUNNING, lease_until=lease, lease_token=token):
        return None
    held = Reapplication.objects.filter(pk=pk, lease_token=token)
    return held.select_related("cohort", "cohort__pull_skips").first()


def _run(job: Reapplication, clock: Clock, started: float) -> bool:
    until = clock() + timedelta(seconds=limits.REAPPLY_TURN_SECONDS)
    candidates = Candidates(bitmaps.decode(job.by_external_id), bitmaps.decode(job.by_others))
    for _attempt in range(limits.REAPPLY_OVERTAKEN):
        while _read_on(job, candidates, clock()):
            if clock() >= until:
                _held(job).update(lease_until=None)
                return True
        try:
            _finish(job, candidates, clock(), started)
        except Overtaken:
            continue
        return False
    raise Overtaken


def _read_on(job: Reapplication, candidates: Candidates, now: datetime) -> bool:
    """Takes in the next runs and saves how far it is; False where there are none left."""
    scope = Scope(job.cohort, job.run_id)
    runs = reapply_rule.runs_after(job.cohort_id, job.position, limits.REAPPLY_RUNS_AT_ONCE)
    if not runs:
        return False
    for one in runs:
        reapply_rule.take_in(candidates, one, scope)
    moved = (
        _held(job)
        .filter(position=job.position)
        .update(
            position=runs[-1].id,
            done=job.done + len(runs),
            by_external_id=bitmaps.encode(candidates.by_external_id),
            by_others=bitmaps.encode(candidates.by_others),
            lease_until=now + timedelta(seconds=limits.REAPPLY_LEASE_SECONDS),
        )
    )
    if not moved:
        raise LeaseLost
    job.position, job.done = runs[-1].id, job.done + len(runs)
    return True


def _finish(job: Reapplication, candidates: Candidates, now: datetime, started: float) -> None:
    people = candidates.everybody
    for gone in sets.read(job.workspace_id, PeopleSet.Kind.DELETED).values():
        people -= gone

    def end(applied: Applied | None) -> None:
        own = applied.run_id if applied else 0
        if _placed(job.cohort).filter(pk__gt=job.position).exclude(pk=own).exists():
            raise Overtaken
        ended = _held(job).update(
            state=State.COMPLETED,
            finished_at=now,
            found=len(people),
            added=applied.added if applied else 0,
            import_run=applied.run_id if applied else None,
            by_external_id=None,
            by_others=None,
            lease_until=None,
        )
        if not ended:
            raise LeaseLost

    if not people:
        end(None)
        return
    facts = RunFacts(
        workspace_id=job.workspace_id,
        partner=job.cohort.partner,
        kind=ImportRun.Kind.REAPPLY,
        at=now,
        started=started,
        received=len(people),
    )
    wanted = Wanted(people, bitmaps.EMPTY)
    membership.apply(job.cohort_id, wanted, facts, Seen(None), end)


def _first_with_skips(cohort: Cohort) -> ImportRun | None:
    return _placed(cohort).filter(skipped_list__isnull=False).order_by("pk").first()


def _placed(cohort: Cohort) -> QuerySet[ImportRun]:
    """Runs that had their turn at the membership: not names, not refused requests."""
    runs = ImportRun.objects.filter(cohort=cohort).exclude(kind=ImportRun.Kind.NAME)
    return runs.exclude(state=ImportRun.State.FAILED)


def _held(job: Reapplication) -> QuerySet[Reapplication]:
    """The job's row, as long as it is ours to move."""
    return Reapplication.objects.filter(pk=job.pk, state=State.RUNNING, lease_token=job.lease_token)
