"""What the list of Currents shows beside each: delivered within a day, waiting, latest delivery.

A page of them costs the same few queries however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from currents import ledger
from currents.models import Current, Lane
from currents.spans import DAY

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ListedCurrent:
    """`delivered` are those received within 24 hours, `by_hour` the same an hour each."""

    current: Current
    delivered: int
    by_hour: list[int]
    waiting: int
    delivered_at: datetime | None


def listed(currents: Sequence[Current], now: datetime) -> list[ListedCurrent]:
    keys = [current.pk for current in currents]
    if not keys:
        return []
    series = ledger.series(keys, DAY.since(now), now, HOUR)
    waits = ledger.waiting(keys)
    latest = _latest_deliveries(keys)
    rows = []
    for current in currents:
        by_hour = [point.balance.delivered for point in series[current.pk]]
        waiting, delivered_at = waits[current.pk], latest.get(current.pk)
        rows.append(ListedCurrent(current, sum(by_hour), by_hour, waiting, delivered_at))
    return rows


def _latest_deliveries(keys: list[int]) -> dict[int, datetime | None]:
    rows = Lane.objects.filter(current_id__in=keys).values("current_id")
    return dict(rows.annotate(latest=Max("delivered_at")).values_list("current_id", "latest"))
