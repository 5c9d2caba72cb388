"""A cohort's size over time, read from its runs. Knows counts and times; opens no bitmap."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.db.models.functions import TruncDay, TruncHour, TruncMinute

from cohorts.limits import HISTORY_POINTS
from cohorts.models import Cohort, ImportRun

# From the span of a curve to the interval of which only the last size is drawn.
INTERVALS = (
    (timedelta(hours=6), TruncMinute),
    (timedelta(days=16), TruncHour),
)


def size_history(cohort: Cohort, since: datetime, now: datetime) -> list[tuple[datetime, int]]:
    """The size at `since` (nobody, before the first run), after each change, and now; nothing for
    a cohort that never changed. Where there were more changes than points, each interval shows
    the last of them."""
    changing = ImportRun.objects.filter(cohort=cohort, sequence__isnull=False)
    within = changing.filter(at__gt=since, at__lte=now)
    before = changing.filter(at__lte=since).order_by("-sequence")
    first = before.values_list("size_after", flat=True).first()
    columns = "at", "size_after"
    changes = list(within.order_by("sequence").values_list(*columns)[: HISTORY_POINTS + 1])
    if len(changes) > HISTORY_POINTS:
        changes = list(_thinned(within, now - since).values_list(*columns))
    if first is None and not changes:
        return []
    points = [(since, first), *changes]
    if points[-1][0] < now:
        points.append((now, points[-1][1]))
    return [(at, size or 0) for at, size in points]


def _thinned(runs: QuerySet[ImportRun], span: timedelta) -> QuerySet[ImportRun]:
    truncate = next((by for limit, by in INTERVALS if span <= limit), TruncDay)
    grouped = runs.annotate(interval=truncate("at")).values("interval")
    kept = [row["last"] for row in grouped.annotate(last=Max("sequence"))]
    return runs.filter(sequence__in=kept).order_by("sequence")
