"""What the import runs' pages and endpoints read: runs of a workspace with filters, a group of
pushes as one row. Reads rows only.

A page is cut by the ids of runs that are the first of their group, so that a group stands once,
where it began, whatever is pushed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, tzinfo

from django.db.models import F, Q, QuerySet

from braze_partners.days import of_days
from braze_partners.keys.models import DataImportKey
from braze_partners.workspaces.models import Workspace
from cohorts.listing import BLOBS
from cohorts.models import Cohort, ImportRun

State = ImportRun.State


@dataclass(frozen=True, slots=True)
class RunFilters:
    """Empty fields do not filter; days are whole days of the workspace's zone. `search` is part of
    a cohort's name or id."""

    partner: str = ""
    cohort: int | None = None
    key: int | None = None
    kind: str = ""
    state: str = ""
    first_day: date | None = None
    last_day: date | None = None
    with_skips: bool = False
    search: str = ""

    @property
    def any(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


def found(
    workspace: Workspace, filters: RunFilters, zone: tzinfo, *, grouped: bool
) -> QuerySet[ImportRun]:
    """Newest first, without bitmaps; with `grouped` the first run of each group only, with its
    group."""
    runs = ImportRun.objects.filter(workspace=workspace).defer(*BLOBS)
    runs = runs.select_related("cohort", "key", "group")
    if grouped:
        runs = runs.filter(first_of_group=True)
    plain = {
        "partner": filters.partner,
        "cohort": filters.cohort,
        "key": filters.key,
        "kind": filters.kind,
    }
    runs = runs.filter(**{name: value for name, value in plain.items() if value})
    runs = of_days(runs, filters.first_day, filters.last_day, zone)
    if filters.search:
        named = Cohort.objects.filter(workspace=workspace).filter(
            Q(name__icontains=filters.search) | Q(cohort_id__icontains=filters.search)
        )
        runs = runs.filter(cohort__in=named)
    return _ended_as(runs, filters, grouped).order_by("-id")


def _ended_as(runs: QuerySet[ImportRun], filters: RunFilters, grouped: bool) -> QuerySet[ImportRun]:
    skips = Q(skipped_unknown__gt=0) | Q(skipped_identified__gt=0)
    if grouped:
        skips |= Q(group__skipped_unknown__gt=0) | Q(group__skipped_identified__gt=0)
    if filters.with_skips or filters.state == State.WITH_SKIPS:
        runs = runs.filter(skips)
    if filters.state == State.COMPLETED:
        runs = runs.filter(state=State.COMPLETED)
        if grouped:
            runs = runs.exclude(Q(group__isnull=False) & skips)
    if filters.state == State.FAILED:
        runs = runs.filter(state=State.FAILED)
    return runs


def keys_of(workspace: Workspace) -> QuerySet[DataImportKey]:
    """For the filter: the newest first."""
    return DataImportKey.objects.filter(workspace=workspace).order_by("-created_at")[:200]


def run_of(workspace: Workspace, pk: int) -> ImportRun | None:
    """With its list of skipped identifiers, without its bitmaps."""
    runs = ImportRun.objects.filter(workspace=workspace, pk=pk)
    runs = runs.select_related("cohort", "key", "group", "cohort__workspace")
    return runs.defer("added_bits", "removed_bits", "absent_bits").first()


def first_run_of_group(workspace: Workspace, pk: int) -> ImportRun | None:
    """The row that stands for a group."""
    rows = ImportRun.objects.filter(workspace=workspace, first_of_group=True, group=pk)
    rows = rows.filter(cohort=F("group__cohort")).select_related("cohort", "key", "group")
    return rows.defer(*BLOBS).first()
