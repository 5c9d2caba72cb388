"""The figures of the home page: imported members, runs of the day, starred segments.

Puts other rooms' answers together; decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Subquery, Sum
from django.utils import timezone

from braze_partners.keys.models import DataImportKey
from braze_partners.workspaces.models import Workspace
from cohorts.models import Cohort, ImportRun
from cohorts.segments import listing, sizing
from cohorts.segments.models import Segment

Row = Mapping[str, Any]

DAY = timedelta(days=1)
RUNS_SHOWN = 5
STARRED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """Members in imported cohorts with today's change; the runs of the last 24 h by hour."""

    members: int
    cohorts: int
    change: int
    data_points: int
    runs: int
    with_skips: int
    refused: int
    runs_by_hour: list[int]
    points_by_hour: list[int]
    members_by_hour: list[int]


def import_figures(workspace: Workspace, now: datetime) -> ImportFigures:
    totals = Cohort.objects.filter(workspace=workspace, archived_at=None).aggregate(
        members=Sum("size", default=0), cohorts=Count("id")
    )
    rows = list(
        ImportRun.objects.filter(workspace=workspace, at__gt=now - DAY)
        .values("at__date", "at__hour", "state")
        .annotate(runs=Count("id"), added=Sum("added"), removed=Sum("removed"))
        .order_by()
    )
    states: Counter[str] = Counter()
    for row in rows:
        states[row["state"]] += row["runs"]
    changes = _by_hour(rows, now, lambda row: row["added"] - row["removed"])
    return ImportFigures(
        members=totals["members"],
        cohorts=totals["cohorts"],
        change=sum(row["added"] - row["removed"] for row in rows),
        data_points=sum(row["added"] + row["removed"] for row in rows),
        runs=sum(states.values()),
        with_skips=states[ImportRun.State.WITH_SKIPS],
        refused=states[ImportRun.State.FAILED],
        runs_by_hour=_by_hour(rows, now, lambda row: row["runs"]),
        points_by_hour=_by_hour(rows, now, lambda row: row["added"] + row["removed"]),
        members_by_hour=_sizes(totals["members"], changes),
    )


def _sizes(last: int, changes: Sequence[int]) -> list[int]:
    """The size after each hour, reckoned back from the last."""
    sizes = [last]
    for change in reversed(changes[1:]):
        sizes.append(sizes[-1] - change)
    return sizes[::-1]


def _by_hour(rows: Sequence[Row], now: datetime, value: Callable[[Row], int]) -> list[int]:
    """24 sums, the oldest hour first; hours are those of the active time zone."""
    local = timezone.localtime(now)
    counts: Counter[tuple[object, object]] = Counter()
    for row in rows:
        counts[(row["at__date"], row["at__hour"])] += value(row)
    hours = [local - timedelta(hours=back) for back in range(23, -1, -1)]
    return [counts[(hour.date(), hour.hour)] for hour in hours]


def latest_runs(workspace: Workspace) -> list[ImportRun]:
    return list(
        ImportRun.objects.filter(workspace=workspace)
        .select_related("cohort", "key")
        .defer("added_bits", "removed_bits", "skipped_list", "absent_bits")
        .order_by("-id")[:RUNS_SHOWN]
    )


@dataclass(frozen=True, slots=True)
class StarredSegment:
    """A row of the list with its sizes of the last days, today's exact one at the end."""

    listed: listing.ListedSegment
    sizes: list[int]

    @property
    def change(self) -> int | None:
        """Gained or lost since the first of the sizes; unknown with one size alone."""
        return self.sizes[-1] - self.sizes[0] if len(self.sizes) > 1 else None


def starred_segments(
    workspace: Workspace, segments: Sequence[Segment], now: datetime
) -> list[StarredSegment]:
    kept = sizing.recent(segments, now)
    rows = listing.listed(workspace, segments)
    return [
        StarredSegment(row, [*kept[row.segment.pk], *([] if row.size is None else [row.size])])
        for row in rows
    ]


def set_up(workspace: Workspace) -> dict[str, datetime | None]:
    """When each of the four steps of connecting a partner first happened, whoever did it; in one
    query."""
    keys = DataImportKey.objects.filter(workspace=OuterRef("pk"))
    used = keys.filter(first_used_at__isnull=False).order_by("first_used_at")
    cohorts = Cohort.objects.filter(workspace=OuterRef("pk")).order_by("first_received_at")
    runs = ImportRun.objects.filter(workspace=OuterRef("pk"), added__gt=0).order_by("id")
    firsts: dict[str, Any] = {
        "first_key": keys.order_by("created_at").values("created_at"),
        "first_request": used.values("first_used_at"),
        "first_cohort": cohorts.values("first_received_at"),
        "first_members": runs.values("at"),
    }
    columns = {name: Subquery(rows[:1]) for name, rows in firsts.items()}
    found = Workspace.objects.filter(pk=workspace.pk).annotate(**columns).values(*columns).get()
    return {name.removeprefix("first_"): at for name, at in found.items()}
