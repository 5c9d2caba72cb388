"""The rows below a step of the ledger that lead down to single events. Reads rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from currents.fates import Step
from currents.models import Current, DroppedRange, Hold

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Below:
    """Of one step: what was dropped since a moment, the latest first, or who is held back now."""

    dropped: Sequence[DroppedRange] = ()
    holds: Sequence[Hold] = ()


def below(current: Current, step: Step | None, since: datetime) -> Below:
    """At most one statement."""
    if step is Step.DROPPED:
        rows = DroppedRange.objects.filter(current=current, at__gte=since)
        return Below(dropped=list(rows.order_by("-pk")[:SHOWN]))
    if step is Step.WAITING:
        holds = Hold.objects.filter(current=current).order_by("-waiting", "since")
        return Below(holds=list(holds[:SHOWN]))
    return Below()
