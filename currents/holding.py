"""Held identities: those that must wait while their lane goes on. Reads their events from the log
by identity when their time has come. Knows holds and the log; decides no event's fate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from braze_partners.events import event_log
from braze_partners.events.event_log import Found
from currents.limits import (
    EVENTS_PER_HOLD,
    HOLDS_PER_CLAIM,
    LONGEST_PAUSE,
    LONGEST_QUOTA_PAUSE,
)
from currents.models import Hold

if TYPE_CHECKING:
    from currents.claiming import Claimed
    from currents.reading import Verdict


@dataclass(slots=True)
class TakenUp:
    """A hold with its next events, and the verdicts on those that need no call. `caught_up`: there
    are no others before the lane's position. `left_at` is the first that found no room."""

    hold: Hold
    events: list[Found]
    caught_up: bool
    verdicts: list[Verdict] = field(default_factory=list)
    left_at: int | None = None


@dataclass(slots=True)
class HeldBack:
    """An identity whose events may not go now, from `sequence` on."""

    identity: str
    user_id: str
    device_id: str
    sequence: int
    reason: Hold.Reason
    due_at: datetime
    taken: TakenUp | None = None


def identity_hash(identity: str) -> str:
    """128 bits by which a hold is found: an identity may be longer than an index takes."""
    return hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest()


def is_decided(sequence: int, position: int, held_from: int | None) -> bool:
    """Whether an event has its fate: before its lane's position, and not behind a hold of its
    identity, which begins at `held_from`."""
    return sequence < position and (held_from is None or sequence < held_from)


def of_lanes(current_id: int, lanes: range) -> dict[str, Hold]:
    rows = Hold.objects.filter(current_id=current_id, lane__gte=lanes.start, lane__lt=lanes.stop)
    return {hold.identity: hold for hold in rows}


def due(holds: Iterable[Hold], now: datetime) -> list[Hold]:
    """The longest due first, as many as a claim takes up."""
    ready = [hold for hold in holds if is_due(hold, now)]
    return sorted(ready, key=lambda hold: hold.due_at)[:HOLDS_PER_CLAIM]


def is_due(hold: Hold, now: datetime) -> bool:
    """One that would be due later than any can be was set by a clock that was set back since."""
    quota = hold.reason == Hold.Reason.QUOTA
    longest = LONGEST_QUOTA_PAUSE if quota else LONGEST_PAUSE
    return not now < hold.due_at <= now + longest


def due_at(now: datetime) -> Q:
    """`is_due` for a query."""
    quota = Q(reason=Hold.Reason.QUOTA, due_at__gt=now + LONGEST_QUOTA_PAUSE)
    pause = Q(due_at__gt=now + LONGEST_PAUSE) & ~Q(reason=Hold.Reason.QUOTA)
    return Q(due_at__lte=now) | quota | pause


def longest_waiting(holds: Iterable[Hold]) -> list[Hold]:
    return sorted(holds, key=lambda hold: hold.next_sequence)[:HOLDS_PER_CLAIM]


def take_up(claimed: Claimed, hold: Hold) -> TakenUp:
    found = event_log.by_identity(
        claimed.plan.workspace_id,
        hold.identity,
        hold.next_sequence,
        claimed.positions[hold.lane],
        EVENTS_PER_HOLD,
    )
    return TakenUp(hold, found, caught_up=len(found) < EVENTS_PER_HOLD)
