"""What Prometheus is told of Currents: states, the ledger by fate, how long events have waited.

Reads the database when it is asked, so every process tells the same, however many there are; what
a worker counts of its own attempts is metrics.py's. Knows rows; knows no HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from currents.models import WAITS, Current, Hold, LedgerEntry
from currents.states import State

# Seconds for which the sums over the whole ledger stand: they read every row that it has.
LEDGER_FOR = 60.0

LABELS = ("workspace", "current")


class CurrentsCollector(Collector):
    """`now` and `clock` are for tests."""

    def __init__(
        self,
        now: Callable[[], datetime] = timezone.now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now, self._clock = now, clock
        self._lock = threading.Lock()
        self._sums: list[tuple[int, str, int]] = []
        self._summed_at: float | None = None

    def collect(self) -> Iterable[Metric]:
        currents = list(_currents())
        known = {row.pk: (row.workspace.slug, str(row.pk)) for row in currents}
        yield _info(currents)
        yield _states(currents)
        yield self._ledger(known)
        yield from _waiting(known, self._now())
        yield _holds(known)

    def _ledger(self, known: dict[int, tuple[str, str]]) -> Metric:
        family = GaugeMetricFamily(
            "currents_ledger_events",
            "Events received since the launch, by what has become of them",
            labels=(*LABELS, "fate"),
        )
        for pk, fate, count in self._ledger_sums():
            if pk in known:
                family.add_metric((*known[pk], fate), count)
        return family

    def _ledger_sums(self) -> list[tuple[int, str, int]]:
        with self._lock:
            now = self._clock()
            if self._summed_at is None or now - self._summed_at >= LEDGER_FOR:
                rows = LedgerEntry.objects.order_by().values_list("current_id", "fate")
                self._sums = list(rows.annotate(total=Sum("count")))
                self._summed_at = now
            return self._sums


def _currents() -> Any:
    return Current.objects.exclude(state=State.DELETED).select_related("workspace").order_by("pk")


def _info(currents: list[Current]) -> Metric:
    family = GaugeMetricFamily(
        "currents_info",
        "Always 1; the name and the region behind the number of a Current",
        labels=(*LABELS, "name", "region"),
    )
    for row in currents:
        family.add_metric((row.workspace.slug, str(row.pk), row.name, row.region), 1)
    return family


def _states(currents: list[Current]) -> Metric:
    family = GaugeMetricFamily(
        "currents_state", "1 for the state that the Current is in", labels=(*LABELS, "state")
    )
    for row in currents:
        for state in State.values:
            if state != State.DELETED:
                value = 1 if row.state == state else 0
                family.add_metric((row.workspace.slug, str(row.pk), state), value)
    return family


def _waiting(known: dict[int, tuple[str, str]], now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("currents_waiting_events", "Events that wait now", labels=LABELS)
    oldest = GaugeMetricFamily(
        "currents_oldest_waiting_seconds",
        "For how long the oldest event that waits has waited, to the minute; 0 where none waits",
        labels=LABELS,
    )
    rows = LedgerEntry.objects.filter(WAITS).order_by().values_list("current_id")
    found = {pk: (n, at) for pk, n, at in rows.annotate(n=Sum("count"), at=Min("minute"))}
    for pk, labels in known.items():
        count, since = found.get(pk, (0, now))
        waiting.add_metric(labels, count)
        oldest.add_metric(labels, max((now - since).total_seconds(), 0.0))
    yield waiting
    yield oldest


def _holds(known: dict[int, tuple[str, str]]) -> Metric:
    family = GaugeMetricFamily(
        "currents_held_identities", "Devices and users that are held back now", labels=LABELS
    )
    rows = Hold.objects.order_by().values_list("current_id")
    found = dict(rows.annotate(n=Count("pk")))
    for pk, labels in known.items():
        family.add_metric(labels, found.get(pk, 0))
    return family
