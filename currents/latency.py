"""How long Amplitude takes to answer, and events from their receipt to their delivery: percentiles
of the latest attempts. Reads rows; knows no words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from currents.models import Attempt

# Attempts that percentiles are taken of: a p99 of them stands on ten (own choice).
ATTEMPTS_READ = 1_000


@dataclass(frozen=True, slots=True)
class Percentiles:
    """In milliseconds, of `count` attempts; by nearest rank, so each is one that was measured."""

    count: int
    p50: int
    p95: int
    p99: int


@dataclass(frozen=True, slots=True)
class Latency:
    """`answers` are those of any kind; `delivery` is of the oldest event in each delivered request.
    None where there was none."""

    answers: Percentiles | None
    delivery: Percentiles | None


def latency(current_id: int, since: datetime | None) -> Latency:
    """Of the latest attempts at or after a moment, in one statement."""
    rows = Attempt.objects.filter(current_id=current_id, kind=Attempt.Kind.DELIVERY)
    columns = rows.order_by("-id").values_list("at", "status", "outcome", "took_ms", "delay_ms")
    answers, delivery = [], []
    for at, status, outcome, took_ms, delay_ms in columns[:ATTEMPTS_READ]:
        if since is not None and at < since:
            break
        if status is not None:
            answers.append(took_ms)
        if outcome == Attempt.Outcome.DELIVERED and delay_ms is not None:
            delivery.append(delay_ms)
    return Latency(percentiles(answers), percentiles(delivery))


def percentiles(measured: Sequence[int]) -> Percentiles | None:
    if not measured:
        return None
    ordered = sorted(measured)
    p50, p95, p99 = (ordered[ceil(len(ordered) * share / 100) - 1] for share in (50, 95, 99))
    return Percentiles(len(ordered), p50, p95, p99)
