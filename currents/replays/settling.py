"""Writes what became of a replay's request: its counts and place, the fates of what had been dead
or dropped, the attempts; in one transaction, only while the lease still holds.

An exception that is delivered now moves in the ledger, from its old fate to *delivered after a
retry*. What had been delivered before, and what came before the launch, counts in the replay's own
totals only (product.md 5.5).
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, QuerySet

from currents import dropped, ledger, retrying
from currents.delivery import Answered
from currents.errors import LeaseLost
from currents.fates import Fate
from currents.ledger import Place
from currents.models import Attempt, DeadLetter, DroppedRange, Hold
from currents.replays.models import Replay
from currents.settling import write_attempts

if TYPE_CHECKING:
    from currents.replays.finding import Again
    from currents.replays.sending import Ready

# What the next request goes by.
MOVED = ("state", "position", "done_ahead", "failures")
DROPS = (Fate.DROPPED, Fate.RETENTION)


@dataclass(slots=True)
class Settled:
    """`fates` are what the events have from now on; `left` stay as they were, and `undecided` are
    tried again. `waits` until `due_at`, for which `words` give the reason."""

    fates: dict[int, Fate] = field(default_factory=dict)
    causes: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)
    position: int = 0
    due_at: datetime | None = None
    words: str = ""
    failed: bool = False
    completed: bool = False

    @property
    def waits(self) -> bool:
        return self.due_at is not None

    def count(self, *fates: Fate) -> int:
        return sum(fate in fates for fate in self.fates.values())

    @property
    def delivered(self) -> int:
        return self.count(Fate.RETRIED)

    @property
    def dead(self) -> int:
        return self.count(Fate.DEAD)

    @property
    def filtered(self) -> int:
        return len(self.fates) - self.delivered - self.dead


def held(replay: Replay) -> QuerySet[Replay]:
    """The replay's row, as long as it is ours to move."""
    return Replay.objects.filter(
        pk=replay.pk, state=Replay.State.RUNNING, lease_token=replay.lease_token
    )


def wait(replay: Replay, due_at: datetime) -> None:
    held(replay).update(due_at=due_at)


def settle(replay: Replay, ready: Ready, answered: Answered, now: datetime) -> Settled:
    """Raises LeaseLost, with nothing written."""
    made = decide(replay, ready, answered, now)
    with transaction.atomic():
        _move(replay, ready, made, now)
        _write_letters(replay, ready, made, now)
        if replay.kind == Replay.Kind.DROPPED:
            _write_dropped(replay, ready, made, now)
        ledger.move(replay.current_id, _changes(ready, made))
        write_attempts(answered, Attempt.Kind.REPLAY)
    replay.refresh_from_db(fields=MOVED)
    return made


def decide(replay: Replay, ready: Ready, answered: Answered, now: datetime) -> Settled:
    made = Settled()
    for verdict in ready.prepared.verdicts:
        _verdict(made, ready.fates[verdict.sequence], verdict.fate, verdict.cause)
    for item in ready.prepared.items:
        if item.sequence in answered.delivered:
            made.fates[item.sequence] = Fate.RETRIED
        elif item.sequence in answered.dead:
            _, cause, status = answered.dead[item.sequence]
            made.fates[item.sequence] = Fate.DEAD
            made.causes[item.sequence] = (cause, status)
        elif _is_over_quota(answered, item.identity, item.sequence):
            made.left.append(item.sequence)
        else:
            made.undecided.append(item.sequence)
    if made.undecided:  # who is over a quota is left with the last of the others
        made.undecided = sorted([*made.undecided, *made.left])
        made.left = []
    made.position = min([ready.end, *made.undecided])
    made.completed = not made.undecided and ready.end >= replay.end_sequence
    _say_why_it_waits(replay, made, answered, now)
    return made


def _verdict(made: Settled, event: Again, fate: Fate, cause: str) -> None:
    """An event that was no exception and is not to be sent now stays what it was, uncounted."""
    if event.fate is None and fate != Fate.DEAD:
        return
    made.fates[event.sequence] = fate
    if fate == Fate.DEAD:
        made.causes[event.sequence] = (cause, None)


def _is_over_quota(answered: Answered, identity: str, sequence: int) -> bool:
    """A day is too long to wait for one id: it stays as it was, and may be replayed tomorrow."""
    back = answered.held.get(identity)
    return back is not None and sequence >= back.sequence and back.reason == Hold.Reason.QUOTA


def _say_why_it_waits(replay: Replay, made: Settled, answered: Answered, now: datetime) -> None:
    if answered.stop is not None:
        made.failed = True
        made.words = answered.stop.words[:400]
        made.due_at = now + retrying.delay(replay.failures + 1, random.random())
        return
    if made.undecided:
        waits = [back.due_at for back in answered.held.values() if back.reason != Hold.Reason.QUOTA]
        made.due_at = min(waits, default=None)  # none waits where a request was only halved


def _move(replay: Replay, ready: Ready, made: Settled, now: datetime) -> None:
    state = Replay.State
    first = sum(
        replay.kind == Replay.Kind.BACKFILL or ready.fates[sequence].fate is not None
        for sequence, fate in made.fates.items()
        if fate == Fate.RETRIED
    )
    ahead = {*replay.done_ahead, *made.fates, *ready.missing}
    moved = held(replay).update(
        position=made.position,
        done_ahead=sorted(one for one in ahead if one >= made.position),
        delivered=F("delivered") + made.delivered,
        first_delivered=F("first_delivered") + first,
        dead=F("dead") + made.dead,
        filtered=F("filtered") + made.filtered,
        left=F("left") + len(made.left),
        gone=F("gone") + len(ready.missing),
        failures=F("failures") + 1 if made.failed else 0,
        words=made.words,
        due_at=made.due_at,
        state=state.COMPLETED if made.completed else state.RUNNING,
        finished_at=now if made.completed else None,
    )
    if not moved:
        raise LeaseLost


def _write_letters(replay: Replay, ready: Ready, made: Settled, now: datetime) -> None:
    of_current = DeadLetter.objects.filter(current_id=replay.current_id)
    ended = [
        sequence
        for sequence, fate in made.fates.items()
        if fate != Fate.DEAD and ready.fates[sequence].fate == Fate.DEAD
    ]
    if ended:
        of_current.filter(sequence__in=ended).delete()
    again = [pair for pair in made.causes.items() if ready.fates[pair[0]].fate == Fate.DEAD]
    for sequence, (cause, status) in again:
        of_current.filter(sequence=sequence).update(cause=cause, status=status, at=now)
    DeadLetter.objects.bulk_create(
        _letter(replay, ready.fates[sequence], cause, status, now)
        for sequence, (cause, status) in made.causes.items()
        if ready.fates[sequence].fate in DROPS
    )


def _letter(
    replay: Replay, event: Again, cause: str, status: int | None, now: datetime
) -> DeadLetter:
    return DeadLetter(
        current_id=replay.current_id,
        sequence=event.sequence,
        event_id=event.record.id,
        event_type=ledger.type_of(event.record.type),
        identity=event.record.identity or "",
        received_at=event.received_at,
        at=now,
        cause=cause,
        status=status,
    )


def _write_dropped(replay: Replay, ready: Ready, made: Settled, now: datetime) -> None:
    """What lies behind the replay is dropped no longer, but for what was left as it was."""
    before = replay.position
    last = max([made.position - 1, *ready.fates])
    ranges = list(dropped.between([replay.current_id], before, last))
    handled: Counter[int] = Counter()
    for sequence in (*made.fates, *made.left):
        event = ready.fates[sequence]
        found = dropped.covering(ranges, (sequence, event.received_at, event.record))
        if found is not None:
            handled[found.pk] += 1
    for one in ranges:
        if one.last_sequence < made.position:
            one.delete()
            continue
        one.first_sequence = max(one.first_sequence, made.position)
        one.count = max(0, one.count - handled[one.pk])
        one.save(update_fields=["first_sequence", "count"])
    DroppedRange.objects.bulk_create(_alone(replay, ready.fates[one], now) for one in made.left)


def _alone(replay: Replay, event: Again, now: datetime) -> DroppedRange:
    return DroppedRange(
        current_id=replay.current_id,
        first_lane=event.record.lane,
        last_lane=event.record.lane,
        identity=event.record.identity or "",
        first_sequence=event.sequence,
        last_sequence=event.sequence,
        count=1,
        reason=event.fate or Fate.DROPPED,
        at=now,
    )


def _changes(ready: Ready, made: Settled) -> Counter[Place]:
    changes: Counter[Place] = Counter()
    for sequence, fate in made.fates.items():
        event = ready.fates[sequence]
        if event.fate is not None and event.fate != fate:
            minute = ledger.minute_of(event.received_at)
            kind = ledger.type_of(event.record.type)
            changes[minute, kind, event.fate] -= 1
            changes[minute, kind, fate] += 1
    return changes
