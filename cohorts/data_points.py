"""The ledger of data points: what memberships cost, by day, by source and by cohort, and what whole
lists would have cost. Reads its own rows only, which outlive runs, keys and cohorts.

A data point is a user added to a cohort or removed from it, whoever asked for it (data_point_days).
Every group of pushes and every pull could have been its whole list instead: as many data points as
the cohort had members after it. A group that goes on beyond midnight is a sync of the day on which
it began, and what it grew by later stands on the later day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum

from braze_partners.keys.models import DataImportKey
from braze_partners.partners import directory
from braze_partners.workspaces.models import Workspace
from cohorts.data_point_days import SYNCS
from cohorts.limits import COHORTS_IN_LEDGER, POINTS_EXPORT_CHUNK, SOURCES_IN_LEDGER
from cohorts.models import Cohort, DataPoints

EXPORT_COLUMNS = (
    *("day", "partner", "cohort_id", "cohort_name", "source", "data_import_key"),
    *("added", "removed", "data_points", "syncs", "full_resends"),
)


@dataclass(frozen=True, slots=True)
class PointFilters:
    """Both days belong to it. Empty fields do not filter; `cohort` is the partner's id of one."""

    first_day: date
    last_day: date
    partner: str = ""
    cohort: str = ""
    kind: str = ""
    key: int | None = None

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def any(self) -> bool:
        plain = [one.name for one in fields(self) if not one.name.endswith("_day")]
        return any(getattr(self, name) for name in plain)


@dataclass(frozen=True, slots=True)
class Spent:
    """`by_syncs` is what the syncs among them cost, to compare with `resent`."""

    added: int = 0
    removed: int = 0
    syncs: int = 0
    by_syncs: int = 0
    resent: int = 0

    @property
    def points(self) -> int:
        return self.added + self.removed

    @property
    def saved(self) -> int:
        return self.resent - self.by_syncs


@dataclass(frozen=True, slots=True)
class Source:
    partner: str
    kind: str
    key: int
    masked: str
    label: str
    spent: Spent

    @property
    def partner_name(self) -> str:
        return directory.display_name(self.partner)


@dataclass(frozen=True, slots=True)
class OfCohort:
    """`cohort` is None where it was deleted."""

    partner: str
    cohort_id: str
    cohort: Cohort | None
    spent: Spent

    @property
    def partner_name(self) -> str:
        return directory.display_name(self.partner)


_SUMS: dict[str, Any] = {
    "sum_added": Sum("added", default=0),
    "sum_removed": Sum("removed", default=0),
    "sum_syncs": Sum("syncs", default=0),
    "sum_synced_in": Sum("added", filter=Q(kind__in=SYNCS), default=0),
    "sum_synced_out": Sum("removed", filter=Q(kind__in=SYNCS), default=0),
    "sum_resent": Sum("resent", default=0),
}


def _spent(row: Mapping[str, Any]) -> Spent:
    return Spent(
        added=row["sum_added"],
        removed=row["sum_removed"],
        syncs=row["sum_syncs"],
        by_syncs=row["sum_synced_in"] + row["sum_synced_out"],
        resent=row["sum_resent"],
    )


def rows(workspace: Workspace, filters: PointFilters) -> QuerySet[DataPoints]:
    found = DataPoints.objects.filter(
        workspace=workspace, day__gte=filters.first_day, day__lte=filters.last_day
    )
    plain = {
        "partner": filters.partner,
        "cohort_id": filters.cohort,
        "kind": filters.kind,
        "key": filters.key,
    }
    return found.filter(**{name: value for name, value in plain.items() if value})


def total(workspace: Workspace, filters: PointFilters) -> Spent:
    return _spent(rows(workspace, filters).aggregate(**_SUMS))


def together(parts: Iterable[Spent]) -> Spent:
    """What parts cost together."""
    figures = [tuple(getattr(part, one.name) for one in fields(Spent)) for part in parts]
    return Spent(*(sum(column) for column in zip(*figures, strict=True)))


def by_day(workspace: Workspace, filters: PointFilters) -> list[tuple[date, Spent]]:
    """Every day of the span, the earliest first."""
    found = rows(workspace, filters).values("day").annotate(**_SUMS)
    spent = {row["day"]: _spent(row) for row in found}
    days = (filters.first_day + timedelta(days=n) for n in range(filters.days))
    return [(day, spent.get(day, Spent())) for day in days]


def by_source(workspace: Workspace, filters: PointFilters) -> list[Source]:
    """The dearest first."""
    found = rows(workspace, filters).values("partner", "kind", "key").annotate(**_SUMS)
    dearest = sorted(found, key=lambda row: -_spent(row).points)[:SOURCES_IN_LEDGER]
    keys = keys_by_id(workspace, [row["key"] for row in dearest])
    return [
        Source(
            row["partner"],
            row["kind"],
            row["key"],
            keys[row["key"]].masked if row["key"] in keys else "",
            keys[row["key"]].label if row["key"] in keys else "",
            _spent(row),
        )
        for row in dearest
    ]


def by_cohort(
    workspace: Workspace, filters: PointFilters, limit: int | None = COHORTS_IN_LEDGER
) -> list[OfCohort]:
    """The dearest first."""
    found = rows(workspace, filters).values("partner", "cohort_id").annotate(**_SUMS)
    dearest = sorted(found, key=lambda row: -_spent(row).points)[:limit]
    cohorts = cohorts_by_id(workspace, (row["cohort_id"] for row in dearest))
    return [
        OfCohort(
            row["partner"],
            row["cohort_id"],
            cohorts.get((row["partner"], row["cohort_id"])),
            _spent(row),
        )
        for row in dearest
    ]


def exported(workspace: Workspace, filters: PointFilters) -> Iterator[list[Any]]:
    """The head, then a line for each day, cohort and source, as they came; in flat memory."""
    yield list(EXPORT_COLUMNS)
    after = 0
    found = rows(workspace, filters).order_by("pk")
    while some := list(found.filter(pk__gt=after)[:POINTS_EXPORT_CHUNK]):
        keys = keys_by_id(workspace, [row.key for row in some])
        cohorts = cohorts_by_id(workspace, (row.cohort_id for row in some))
        for row in some:
            cohort, key = cohorts.get((row.partner, row.cohort_id)), keys.get(row.key)
            yield [
                *(row.day.isoformat(), row.partner, row.cohort_id, cohort.name if cohort else ""),
                *(row.kind, key.masked if key else "", row.added, row.removed),
                *(row.added + row.removed, row.syncs, row.resent),
            ]
        after = some[-1].pk


def forget_before(day: date, limit: int) -> int:
    """Takes old rows away, so many at once; how many they were."""
    old = DataPoints.objects.filter(day__lt=day).values_list("pk", flat=True)[:limit]
    return DataPoints.objects.filter(pk__in=list(old)).delete()[0]


def keys_by_id(workspace: Workspace, ids: Iterable[int]) -> dict[int, DataImportKey]:
    return DataImportKey.objects.filter(workspace=workspace).in_bulk({pk for pk in ids if pk})


def cohorts_by_id(workspace: Workspace, ids: Iterable[str]) -> dict[tuple[str, str], Cohort]:
    """By partner and the partner's id."""
    cohorts = Cohort.objects.filter(workspace=workspace, cohort_id__in=set(ids))
    return {(cohort.partner, cohort.cohort_id): cohort for cohort in cohorts}
