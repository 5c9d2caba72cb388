"""*Test* of an Amplitude project: its list of cohorts, asked for by a worker within five seconds.
Knows ProjectCheck and how the list is asked for; knows no screens, no Celery.

A row is taken by compare-and-set under a lease, so that it runs once at a time. Only the latest
list of a project is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.partners.amplitude.behavioral_cohorts import list_cohorts
from braze_partners.partners.amplitude.cohort_answers import Kind, NotAnswered, RemoteCohort
from braze_partners.partners.errors import TooManyChecks
from braze_partners.partners.limits import (
    CHECK_PATIENCE,
    CHECK_SECONDS,
    CHECKS_KEPT,
    LEASE_MARGIN,
    LIST_FRESH,
    LISTED_COHORTS,
    LONGEST_LEASE,
    UNFINISHED_CHECKS,
)
from braze_partners.partners.models import AmplitudeProject, ProjectCheck, Verdict
from braze_partners.partners.projects import access_of
from braze_partners.workspaces.audit import Actor, record_by

State = ProjectCheck.State
UNFINISHED = (State.QUEUED, State.RUNNING)
# The list of cohorts has no 404: that is another server.
# What only the file of one cohort is answered with.
FILES_ONLY = (Kind.NOT_FOUND, Kind.REDIRECT)
VERDICTS = {kind: Verdict(kind.value) for kind in Kind if kind not in FILES_ONLY}

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ListedCohort:
    """What one needs of a cohort to choose it."""

    id: str
    name: str
    size: int | None
    archived: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Cohorts of a project that a search finds, as of `at`; `total` is how many it has."""

    cohorts: list[ListedCohort]
    found: int
    total: int
    at: datetime


def ask(project: AmplitudeProject, actor: Actor, now: datetime) -> ProjectCheck:
    """Queues a check, or joins the one under way; waking a worker is the caller's. Raises
    TooManyChecks."""
    unfinished = ProjectCheck.objects.filter(
        project__workspace_id=project.workspace_id, state__in=UNFINISHED
    )
    waiting = list(unfinished.order_by("pk")[: UNFINISHED_CHECKS + 1])
    for check in waiting:
        if check.project_id == project.pk:
            return check
    if len(waiting) >= UNFINISHED_CHECKS:
        raise TooManyChecks
    with transaction.atomic():
        check = ProjectCheck.objects.create(
            project=project, created_by=actor.account, created_at=now
        )
        detail = {"project": project.pk, "region": project.region}
        record_by(actor, project.workspace, "amplitude_project.checked", project.name, detail)
    return check


def run(pk: int, clock: Clock) -> bool:
    """Whether this call ran it; another may hold it, or have done it."""
    check = _take(pk, clock())
    if check is None:
        return False
    began = monotonic()
    try:
        access = access_of(check.project)
        told = _accepted(list_cohorts(access, seconds=CHECK_SECONDS))
    except CredentialUnreadable:
        told = {"verdict": Verdict.UNREADABLE}
    except NotAnswered as refused:
        told = _refused(refused)
    _settle(check, clock(), told | {"took_ms": round(1_000 * (monotonic() - began))})
    return True


def _accepted(found: list[RemoteCohort]) -> dict[str, Any]:
    shown = (cohort for cohort in found if not cohort.hidden)
    kept = islice(shown, LISTED_COHORTS)
    rows = [asdict(ListedCohort(one.id, one.name, one.size, one.archived)) for one in kept]
    return {"verdict": Verdict.ACCEPTED, "status": 200, "cohorts": rows}


def _refused(refused: NotAnswered) -> dict[str, Any]:
    verdict = VERDICTS.get(refused.kind, Verdict.UNEXPECTED)
    return {"verdict": verdict, "status": refused.status, "words": refused.words[:400]}


def latest(project: AmplitudeProject) -> ProjectCheck | None:
    found = ProjectCheck.objects.filter(project=project).select_related("project")
    return found.defer("cohorts").order_by("-pk").first()


def is_fresh(project: AmplitudeProject, now: datetime) -> bool:
    """Whether the latest list can still be chosen from."""
    if project.checked_at is None or project.check_verdict != Verdict.ACCEPTED:
        return False
    return now - project.checked_at < LIST_FRESH


def listed(project: AmplitudeProject, search: str, most: int) -> Listed | None:
    """By name, archived ones last; a search finds part of a name or of an id. None while no list
    came."""
    rows = ProjectCheck.objects.filter(project=project, verdict=Verdict.ACCEPTED)
    check = rows.order_by("-pk").first()
    if check is None or check.finished_at is None:
        return None
    sought = search.casefold()
    found = [
        ListedCohort(**row)
        for row in check.cohorts
        if sought in row["name"].casefold() or sought in row["id"].casefold()
    ]
    found.sort(key=lambda cohort: (cohort.archived, cohort.name.casefold(), cohort.id))
    return Listed(found[:most], len(found), len(check.cohorts), check.finished_at)


def listed_one(project: AmplitudeProject, cohort_id: str) -> ListedCohort | None:
    found = listed(project, cohort_id, LISTED_COHORTS)
    one = [cohort for cohort in found.cohorts if cohort.id == cohort_id] if found else []
    return one[0] if one else None


def forgotten(now: datetime) -> list[int]:
    """Checks that wait for a worker and are in nobody's hands."""
    return list(_free(now).order_by("pk").values_list("pk", flat=True))


def give_up(now: datetime) -> int:
    """Checks that no worker took in time end."""
    old = _free(now).filter(created_at__lt=now - CHECK_PATIENCE)
    if not old.exists():
        return 0
    return old.update(state=State.DONE, verdict=Verdict.NOT_RUN, finished_at=now)


def forget_old(now: datetime) -> int:
    """How many went. The latest list of a project stays as long as the project."""
    old = ProjectCheck.objects.filter(state=State.DONE, created_at__lt=now - CHECKS_KEPT)
    return old.filter(cohorts=[]).delete()[0]


def _free(now: datetime) -> QuerySet[ProjectCheck]:
    """A lease far ahead was written by a clock that has been set back since."""
    over = Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_LEASE)
    return ProjectCheck.objects.filter(Q(state=State.QUEUED) | Q(over, state=State.RUNNING))


def _take(pk: int, now: datetime) -> ProjectCheck | None:
    until = now + timedelta(seconds=CHECK_SECONDS) + LEASE_MARGIN
    taken = _free(now).filter(pk=pk).update(state=State.RUNNING, lease_until=until)
    if not taken:
        return None
    held = ProjectCheck.objects.filter(pk=pk, state=State.RUNNING, lease_until=until)
    return held.select_related("project").first()


def _settle(check: ProjectCheck, now: datetime, told: dict[str, Any]) -> None:
    """Only by whoever still holds the lease, and of the project only while it has the keys that
    were asked with."""
    held = ProjectCheck.objects.filter(
        pk=check.pk, state=State.RUNNING, lease_until=check.lease_until
    )
    with transaction.atomic():
        if not held.update(state=State.DONE, finished_at=now, lease_until=None, **told):
            return
        same = AmplitudeProject.objects.filter(
            pk=check.project_id, changed_at=check.project.changed_at
        )
        outcome: dict[str, Any] = {"checked_at": now, "check_verdict": told["verdict"]}
        if told["verdict"] == Verdict.ACCEPTED:
            outcome["cohorts_seen"] = len(told["cohorts"])
            earlier = ProjectCheck.objects.filter(project_id=check.project_id, pk__lt=check.pk)
            earlier.exclude(cohorts=[]).update(cohorts=[])
        same.update(**outcome)
