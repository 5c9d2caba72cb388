"""The sizes of segments over time: one row a day, measured on save and by a periodic job.

Knows when a size was measured; knows nothing of Celery or of how it is drawn.
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter

from django.db.models import F, PositiveBigIntegerField, QuerySet, Value, Window
from django.db.models.functions import Cast, Lag

from braze_partners.workspaces.models import Workspace
from cohorts.segments import evaluation, limits
from cohorts.segments.models import Segment, SegmentSize, SegmentVersion


@dataclass(frozen=True, slots=True)
class History:
    """Sizes by moment, oldest first, and when the filters changed between them."""

    points: list[tuple[datetime, int]]
    changes: list[datetime]


def measure(workspace: Workspace, segments: Sequence[Segment], now: datetime) -> None:
    """Writes today's size of each, in the workspace's own day; a later one takes its place."""
    if not segments:
        return
    today = now.astimezone(zoneinfo.ZoneInfo(workspace.time_zone)).date()
    sizes = evaluation.sizes(workspace.pk, segments)
    SegmentSize.objects.bulk_create(
        [
            SegmentSize(segment_id=pk, day=today, at=now, size=size)
            for pk, size in sizes.items()
            if size is not None
        ],
        update_conflicts=True,
        unique_fields=["segment", "day"],
        update_fields=["at", "size"],
    )


def measure_all(now: datetime) -> int:
    """Every active segment of every workspace; how many were measured."""
    count = 0
    for workspace in Workspace.objects.order_by("pk"):
        for portion in _portions(workspace):
            measure(workspace, portion, now)
            count += len(portion)
    return count


def _portions(workspace: Workspace) -> Iterator[list[Segment]]:
    """A few at a time, so that one load of bitmaps stays small."""
    active = Segment.objects.filter(workspace=workspace, archived_at=None).order_by("pk")
    at = 0
    while portion := list(active[at : at + limits.MEASURED_AT_ONCE]):
        yield portion
        at += limits.MEASURED_AT_ONCE


def forget_old(now: datetime) -> int:
    """Sizes older than what is kept go."""
    oldest = (now - timedelta(days=limits.SIZES_KEPT_DAYS)).date()
    return SegmentSize.objects.filter(day__lt=oldest).delete()[0]


def history(segment: Segment, size: int, now: datetime) -> History:
    """The days that the chart shows, ending with the size of this moment; in one query."""
    since = now - timedelta(days=limits.HISTORY_DAYS)
    kept = SegmentSize.objects.filter(segment=segment, at__gt=since, at__lt=now)
    rows = kept.values_list("at", "size").union(_filter_changes(segment), all=True)
    found = History([], [])
    for at, counted in sorted(rows, key=itemgetter(0)):
        if counted is not None:
            found.points.append((at, counted))
        elif at > since:
            found.changes.append(at)
    found.points.append((now, size))
    return found


def _filter_changes(segment: Segment) -> QuerySet[SegmentVersion, tuple[datetime, None]]:
    """When a save left other filters than the one before it, as rows without a size."""
    before = Window(Lag("definition"), order_by=F("version").asc())
    versions = SegmentVersion.objects.filter(segment=segment).annotate(before=before)
    changed = versions.filter(before__isnull=False).exclude(definition=F("before"))
    return changed.values_list("at", Cast(Value(None), PositiveBigIntegerField()))


def daily(segment: Segment, ending: datetime, days: int) -> list[tuple[date, int]]:
    """The sizes of the last days, up to the day of `ending` in the workspace's time zone."""
    try:
        last = ending.astimezone(zoneinfo.ZoneInfo(segment.workspace.time_zone)).date()
        before = last - timedelta(days=days)
    except OverflowError:  # at an edge of the calendar, where no size is kept
        return []
    kept = SegmentSize.objects.filter(segment=segment, day__gt=before, day__lte=last)
    return list(kept.order_by("day").values_list("day", "size"))


def spans_days(points: Sequence[tuple[datetime, int]]) -> bool:
    """Whether a line between them says something: sizes of one day alone are a dot."""
    return bool(points) and points[-1][0] - points[0][0] >= timedelta(days=1)


def recent(segments: Sequence[Segment], now: datetime) -> dict[uuid.UUID, list[int]]:
    """The sizes kept before today per segment, oldest first, in one query."""
    since = now - timedelta(days=limits.SPARKLINE_DAYS)
    kept = SegmentSize.objects.filter(segment__in=segments, at__gt=since, day__lt=now.date())
    kept = kept.order_by("at")
    sizes: dict[uuid.UUID, list[int]] = {segment.pk: [] for segment in segments}
    for segment_id, size in kept.values_list("segment_id", "size"):
        sizes[segment_id].append(size)
    return sizes
