"""Asks the pacer for what is prepared, and holds back what may not go yet. Writes no row."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from currents import pacing
from currents.amplitude.limits import THROTTLE_PAUSE
from currents.holding import HeldBack
from currents.limits import PACED_PAUSE, QUOTA_PAUSE
from currents.models import Hold
from currents.reading import Item, Prepared


def pace(prepared: Prepared, now: datetime) -> tuple[list[Item], dict[str, HeldBack]]:
    """The items that may go now, and by identity those that may not: from the first that may not
    on all of its identity, so that order holds."""
    asked = Counter([(item.user_id, item.device_id) for item in prepared.items])
    if not asked:
        return [], {}
    short = pacing.take(prepared.claimed.plan.project, asked, now)
    if not short:
        return prepared.items, {}
    left = {pair: grant.events for pair, grant in short.items()}
    over = {pair for pair, grant in short.items() if grant.quota}
    kept: list[Item] = []
    held: dict[str, HeldBack] = {}
    for item in prepared.items:
        pair = (item.user_id, item.device_id)
        if item.identity not in held and left.get(pair, 1) > 0:
            if pair in left:
                left[pair] -= 1
            kept.append(item)
        else:
            hold_back(held, item, _reason(pair in over), now)
    return kept, held


def _reason(over_quota: bool) -> Hold.Reason:
    return Hold.Reason.QUOTA if over_quota else Hold.Reason.PACED


PAUSES = {
    Hold.Reason.PACED: PACED_PAUSE,
    Hold.Reason.THROTTLED: THROTTLE_PAUSE,
    Hold.Reason.QUOTA: QUOTA_PAUSE,
}


def hold_back(held: dict[str, HeldBack], item: Item, reason: Hold.Reason, now: datetime) -> None:
    """Its identity waits from here on; of several reasons the longest counts."""
    due_at = now + PAUSES[reason]
    known = held.get(item.identity)
    if known is None:
        held[item.identity] = HeldBack(
            item.identity,
            item.user_id,
            item.device_id,
            item.sequence,
            reason,
            due_at,
            taken=item.taken,
        )
        return
    known.sequence = min(known.sequence, item.sequence)
    if due_at > known.due_at:
        known.reason, known.due_at = reason, due_at
