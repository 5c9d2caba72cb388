"""Writes holds as a claim leaves them: new ones, those that go on, those that have caught up.

Called by settling within its transaction; a hold changes only under its lane's lease.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from braze_partners.events.records import lane_of
from currents.delivery import Answered
from currents.holding import HeldBack, TakenUp, identity_hash
from currents.limits import PACED_PAUSE
from currents.models import Hold
from currents.reading import Item, Verdict

CHANGED = ["next_sequence", "due_at", "reason", "waiting"]


def write_holds(answered: Answered, end: int, undecided: set[int], now: datetime) -> None:
    """`end` is the lanes' new position; `undecided` the sequences of items without a fate."""
    prepared = answered.prepared
    if not (prepared.taken_up or prepared.passed or answered.held):
        return
    passed = Counter(hold.pk for sequence, hold in prepared.passed if sequence < end)
    changed: dict[int, Hold] = {}
    closed: list[int] = []
    for taken in prepared.taken_up:
        hold = taken.hold
        if _go_on(taken, answered, undecided, now) or passed[hold.pk]:
            changed[hold.pk] = hold
        else:
            closed.append(hold.pk)
    for _sequence, hold in prepared.passed:
        if passed[hold.pk]:
            changed[hold.pk] = hold
    for pk, hold in changed.items():
        hold.waiting += passed[pk]
    if changed:
        Hold.objects.bulk_update(changed.values(), CHANGED)
    if closed:
        Hold.objects.filter(pk__in=closed).delete()
    Hold.objects.bulk_create(_new(answered, end, now))


def _go_on(taken: TakenUp, answered: Answered, undecided: set[int], now: datetime) -> bool:
    """Moves the hold on to its next event; False where it has caught up."""
    hold, position = taken.hold, answered.prepared.claimed.positions[taken.hold.lane]
    back = answered.held.get(hold.identity)
    stops = [sequence for sequence, _, _ in taken.events if sequence in undecided]
    if taken.left_at is not None:
        stops.append(taken.left_at)
    if back is not None:
        stops.append(back.sequence)
    last = taken.events[-1][0] + 1 if taken.events else position
    stop = min([last, *stops])
    decided = sum(1 for sequence, _, _ in taken.events if sequence < stop)
    hold.waiting = max(0, hold.waiting - decided)
    hold.next_sequence = max(hold.next_sequence, stop)
    if stop == last and taken.caught_up and back is None:
        hold.next_sequence, hold.due_at = max(hold.next_sequence, position), now
        return False
    if back is not None and back.sequence == stop:
        hold.due_at, hold.reason = back.due_at, back.reason
    elif answered.stop is None and not answered.prepared.only_verdicts:
        hold.due_at = now + PACED_PAUSE if decided else now
    return True


def _new(answered: Answered, end: int, now: datetime) -> Iterator[Hold]:
    current_id = answered.prepared.claimed.plan.current_id
    waiting = _waiting(answered, end)
    for back in answered.held.values():
        if back.taken is None and back.sequence < end:
            yield _row(current_id, back, waiting[back.identity], now)


def _waiting(answered: Answered, end: int) -> Counter[str]:
    """Held events that the lane has gone past; those behind `end` are read again."""
    if not answered.held:
        return Counter()
    read: list[Item | Verdict] = [*answered.prepared.items, *answered.prepared.verdicts]
    return Counter(
        one.identity
        for one in read
        if one.sequence < end and answered.is_held(one.identity, one.sequence)
    )


def _row(current_id: int, back: HeldBack, waiting: int, now: datetime) -> Hold:
    return Hold(
        current_id=current_id,
        lane=lane_of(back.identity),
        identity=back.identity,
        identity_hash=identity_hash(back.identity),
        user_id=back.user_id,
        device_id=back.device_id,
        next_sequence=back.sequence,
        due_at=back.due_at,
        reason=back.reason,
        waiting=waiting,
        since=now,
    )
