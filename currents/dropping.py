"""Drops what has waited too long: behind refused credentials longer than the window, or longer
than the log can keep it. Each is counted, listed with its reason, and final. Sends nothing.
"""

from __future__ import annotations

import time
from datetime import datetime

import structlog

from braze_partners.events import event_log
from currents import ledger
from currents.claiming import lease, release
from currents.delivery import Answered
from currents.errors import LeaseLost
from currents.fates import Fate
from currents.limits import LANES
from currents.models import Current
from currents.plan import Plan, read_plan
from currents.reading import prepare_drop
from currents.settling import settle
from currents.states import State

log = structlog.get_logger(__name__)

# Seconds that one call may take; the next sweep goes on.
PATIENCE = 20.0


def sweep(now: datetime) -> int:
    """Drops what every Current in *dropping* no longer keeps; how many events that were."""
    dropped = 0
    for current in Current.objects.filter(state=State.DROPPING):
        try:
            dropped += _sweep(current, now)
        except Exception:  # the others' time has come all the same
            log.exception("dropping_failed", current=current.pk)
    return dropped


def _sweep(current: Current, now: datetime) -> int:
    plan = read_plan(current)
    received_before = plan.dropped_before(now) if plan else None
    return drop(current, received_before, Fate.DROPPED, now) if received_before else 0


def drop(current: Current, received_before: datetime, fate: Fate, now: datetime) -> int:
    """All undecided events received before; filtered ones get their own fate on the way. It ends
    when the reason does: somebody paused the Current, or gave it another key to try."""
    ledger.count(current, event_log.head(current.workspace_id))
    deadline = time.monotonic() + PATIENCE
    dropped = 0
    while time.monotonic() < deadline:
        plan = _plan(current, fate)
        step = _step(plan, received_before, fate, now) if plan else None
        if step is None:
            break
        dropped += step.dropped
        if not step.moved:
            break
    if dropped:
        log.info("events_dropped", current=current.pk, count=dropped, reason=fate)
    return dropped


def _plan(current: Current, fate: Fate) -> Plan | None:
    rows = Current.objects.filter(pk=current.pk)
    if fate == Fate.DROPPED:
        rows = rows.filter(state=State.DROPPING, project=current.project)
    fresh = rows.first()
    return read_plan(fresh, any_state=True) if fresh else None


class _Step:
    """What one claim dropped, and whether it moved anything."""

    __slots__ = ("dropped", "moved")

    def __init__(self, dropped: int, moved: bool) -> None:
        self.dropped, self.moved = dropped, moved


def _step(plan: Plan, received_before: datetime, fate: Fate, now: datetime) -> _Step | None:
    """None where somebody sends from these lanes just now."""
    claimed = lease(plan, range(LANES), now)
    if claimed is None:
        return None
    prepared = prepare_drop(claimed, received_before, fate)
    moved = prepared.end > claimed.start or any(taken.verdicts for taken in prepared.taken_up)
    if not moved:
        release(claimed)
        return _Step(0, False)
    try:
        made = settle(Answered(prepared), now)
    except LeaseLost:
        return None
    return _Step(sum(one.fate == fate for one in made.verdicts), True)
