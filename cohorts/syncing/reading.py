"""What screens and endpoints tell of pull syncs; reads only, never a bitmap but for a preview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from braze_partners.people.finding import Person, identifiers_of
from braze_partners.workspaces.models import Workspace
from cohorts import bitmaps
from cohorts.models import Cohort
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import ACTIVE, State

BLOBS = ("target_bits", "added_bits", "removed_bits", "skipped_list", "unknown_ids")
Mode = SyncRun.Mode


@dataclass(frozen=True, slots=True)
class CohortSyncs:
    """How a cohort is pulled: what is at work, what waits for a decision, the last dry run that
    may still be applied, and the last run that ended."""

    schedule: PullSchedule | None
    active: SyncRun | None = None
    held: SyncRun | None = None
    dry: SyncRun | None = None
    last: SyncRun | None = None


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    schedule: PullSchedule
    last: SyncRun | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A page of who a difference adds or removes; `after` is where the next one begins."""

    people: list[Person]
    after: int | None


def schedules_of(workspace: Workspace | int) -> QuerySet[PullSchedule]:
    found = PullSchedule.objects.filter(workspace=workspace)
    return found.select_related("cohort", "project", "workspace", "owner")


def runs_of(workspace: Workspace | int, cohort: int | None = None) -> QuerySet[SyncRun]:
    """Newest first."""
    found = SyncRun.objects.filter(workspace=workspace)
    if cohort is not None:
        found = found.filter(cohort_id=cohort)
    related = "cohort", "workspace", "schedule", "project", "started_by", "decided_by"
    return found.select_related(*related).defer(*BLOBS).order_by("-pk")


def of_cohort(cohort: Cohort) -> CohortSyncs:
    """Two queries."""
    schedule = schedules_of(cohort.workspace_id).filter(cohort=cohort).first()
    runs = runs_of(cohort.workspace_id, cohort.pk)
    waiting = Q(state__in=[*ACTIVE, State.HELD]) | Q(mode=Mode.DRY_RUN, target_kept=True)
    ended = SyncRun.objects.filter(cohort=cohort).exclude(mode=Mode.DRY_RUN)
    ended = ended.exclude(state__in=[*ACTIVE, State.HELD, State.SKIPPED]).order_by("-pk")
    open_runs = list(runs.filter(waiting | Q(pk=Subquery(ended.values("pk")[:1])))[:20])
    active = next((run for run in open_runs if run.is_active), None)
    held = next((run for run in open_runs if run.state == State.HELD), None)
    dry = next((run for run in open_runs if run.can_be_applied), None)
    over = (run for run in open_runs if not run.is_active and run.state != State.HELD)
    last = next((run for run in over if run.mode != Mode.DRY_RUN), None)
    return CohortSyncs(schedule, active, held, dry, last)


def in_trouble(workspace: Workspace) -> QuerySet[PullSchedule]:
    """Those that fail or have had a change held since `held_since`; not what has stopped."""
    held = SyncRun.objects.filter(cohort=OuterRef("cohort"), state=State.HELD)
    since = Subquery(held.values("state_since")[:1])
    found = schedules_of(workspace).annotate(held_since=since)
    fails = Q(failing_since__isnull=False, paused_at=None)
    found = found.filter(fails | Q(held_since__isnull=False), cohort__archived_at=None)
    return found.order_by("failing_since", "pk")


def with_latest(schedules: QuerySet[PullSchedule]) -> QuerySet[PullSchedule]:
    latest = SyncRun.objects.filter(cohort=OuterRef("cohort")).exclude(mode=Mode.DRY_RUN)
    return schedules.annotate(latest=Subquery(latest.order_by("-pk").values("pk")[:1]))


def rows(schedules: Iterable[PullSchedule]) -> list[ScheduleRow]:
    """Of schedules that `with_latest` annotated; one query more, however many."""
    shown = list(schedules)
    wanted = [getattr(one, "latest", None) for one in shown]
    found = SyncRun.objects.defer(*BLOBS).in_bulk([pk for pk in wanted if pk is not None])
    return [ScheduleRow(one, found.get(pk)) for one, pk in zip(shown, wanted, strict=True)]


def changed(run: SyncRun, removed: bool, after: int | None, size: int) -> Changed:
    """Who the difference, as it was found, adds or takes out."""
    column = "removed_bits" if removed else "added_bits"
    stored = SyncRun.objects.filter(pk=run.pk).values_list(column, flat=True).first()
    if stored is None:
        return Changed([], None)
    numbers = bitmaps.decode(stored).iter_equal_or_larger(0 if after is None else after + 1)
    page = [number for number, _count in zip(numbers, range(size + 1), strict=False)]
    last = page[size - 1] if len(page) > size else None
    return Changed(identifiers_of(run.workspace_id, page[:size]), last)
