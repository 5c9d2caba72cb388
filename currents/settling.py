"""Writes what became of a claim: positions, ledger, dead letters, dropped ranges, holds, attempts
and the state of the Current, in one transaction, only while the lease still holds.

Decided is a beginning of the items, in the order in which they stand: what comes after the first
undecided one is read again, so its fate is not written either. The same goes for what stands
behind a hold: it is read again when the hold is due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from currents import ledger, outcomes
from currents.candidates import stamp
from currents.claiming import leased_until
from currents.delivery import Answered, kind_of
from currents.errors import LeaseLost
from currents.fates import Fate
from currents.hold_rows import write_holds
from currents.ledger import Place
from currents.limits import CLAIM_LASTS, SHOWN_ANSWER
from currents.models import Attempt, DeadLetter, DroppedRange
from currents.reading import Item, Verdict
from currents.states import State

DROPS = (Fate.DROPPED, Fate.RETENTION)

_MOVE_LANES = """
UPDATE currents_lane
   SET position = CASE WHEN position < %s THEN %s ELSE position END,
       tried = CASE WHEN tried < %s THEN %s ELSE tried END,
       delivered_at = CASE WHEN %s THEN %s ELSE delivered_at END,
       {lease}
 WHERE current_id = %s AND lease_token = %s
RETURNING lease_token
"""
_RELEASE = _MOVE_LANES.format(lease="lease_token = '', lease_until = NULL")
# Only while the Current is as it was when its plan was read: a pause or an edit takes at once.
_AS_PLANNED = """EXISTS (
  SELECT 1 FROM currents_current c
   WHERE c.id = currents_lane.current_id AND c.state = %s AND c.changed_at = %s)"""
_KEEP = _MOVE_LANES.format(
    lease=f"lease_token = CASE WHEN {_AS_PLANNED} THEN lease_token ELSE '' END,"
    f" lease_until = CASE WHEN {_AS_PLANNED} THEN %s ELSE NULL END"
)


@dataclass(slots=True)
class Settlement:
    """What is decided. `end` is the lanes' new position; `undecided` are the items behind it.
    `kept`: the lease goes on, for the next request."""

    delivered: list[Item] = field(default_factory=list)
    dead: list[tuple[Item, str, int | None]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    undecided: list[Item] = field(default_factory=list)
    end: int = 0
    tried: int = 0
    kept: bool = False


def settle(answered: Answered, now: datetime) -> Settlement:
    """Raises LeaseLost, with nothing written, where another worker holds the lanes by now."""
    made = decide(answered)
    changes = ledger_changes(made, len(answered.sent) > 1)
    claimed = answered.prepared.claimed
    with transaction.atomic():
        made.kept = _move_lanes(answered, made, now)
        outcomes.note(answered, now)  # before the ledger, as counting does: no circle of locks
        ledger.move(claimed.plan.current_id, changes)
        _write_dead(claimed.plan.current_id, made, now)
        _write_dropped(answered, made, now)
        write_holds(answered, made.end, {item.sequence for item in made.undecided}, now)
        write_attempts(answered)
    return made


def decide(answered: Answered) -> Settlement:
    prepared = answered.prepared
    made = Settlement(end=prepared.end)
    items = iter(prepared.items)
    for item in items:
        if item.sequence in answered.delivered:
            made.delivered.append(item)
        elif answered.is_held(item.identity, item.sequence):
            continue
        elif item.sequence in answered.dead:
            made.dead.append(answered.dead[item.sequence])
        else:
            made.undecided = [item, *items]
    fresh = next((item for item in made.undecided if item.taken is None), None)
    if fresh is not None:
        made.end = fresh.sequence
    verdicts = [one for one in prepared.verdicts if one.sequence < made.end]
    left = {id(item.taken): item.sequence for item in reversed(made.undecided) if item.taken}
    for taken in prepared.taken_up:
        stop = left.get(id(taken))
        verdicts += [one for one in taken.verdicts if stop is None or one.sequence < stop]
    made.verdicts = [one for one in verdicts if not answered.is_held(one.identity, one.sequence)]
    if made.undecided and answered.sent:
        made.tried = made.undecided[-1].sequence + 1
    return made


def ledger_changes(made: Settlement, resent: bool) -> Counter[Place]:
    """Each decided event moves from waiting to its fate."""
    changes: Counter[Place] = Counter()
    for minute, kind, fate in _fates(made, resent):
        changes[minute, kind, fate] += 1
    for (minute, kind, _), count in list(changes.items()):
        changes[minute, kind, Fate.WAITING] -= count
    return changes


def _fates(made: Settlement, resent: bool) -> Iterator[Place]:
    for item in made.delivered:
        again = resent or item.tried
        yield item.minute, item.kind, Fate.RETRIED if again else Fate.DELIVERED
    for item, _cause, _status in made.dead:
        yield item.minute, item.kind, Fate.DEAD
    for verdict in made.verdicts:
        yield verdict.minute, verdict.kind, verdict.fate


def _move_lanes(answered: Answered, made: Settlement, now: datetime) -> bool:
    """Whether the lanes are still leased."""
    claimed = answered.prepared.claimed
    plan = claimed.plan
    moved: list[Any] = [
        made.end,
        made.end,
        made.tried,
        made.tried,
        bool(made.delivered),
        stamp(now),
    ]
    lanes: list[Any] = [plan.current_id, claimed.token]
    with connection.cursor() as cursor:
        if _goes_on(answered, made, now):
            same: list[Any] = [State.ACTIVE, stamp(plan.changed_at)]
            until = stamp(leased_until(now))
            cursor.execute(_KEEP, [*moved, *same, *same, until, *lanes])
        else:
            cursor.execute(_RELEASE, [*moved, *lanes])
        tokens = [token for (token,) in cursor.fetchall()]
    if len(tokens) != len(claimed.lanes):
        raise LeaseLost
    return bool(tokens[0])


def _goes_on(answered: Answered, made: Settlement, now: datetime) -> bool:
    """Whether the next request may follow at once: all went as it should, more is waiting, and
    the time of the claim is not over."""
    prepared, claimed = answered.prepared, answered.prepared.claimed
    smooth = not (made.undecided or made.dead or answered.stop or answered.held or prepared.holds)
    well = not (claimed.plan.probing or claimed.plan.failures or claimed.plan.slow)
    more = claimed.start < made.end < claimed.plan.counted
    in_time = claimed.since <= now < claimed.since + CLAIM_LASTS
    return smooth and well and more and in_time and not prepared.only_verdicts


def _write_dead(current_id: int, made: Settlement, now: datetime) -> None:
    rows = [
        DeadLetter(
            current_id=current_id,
            sequence=item.sequence,
            event_id=item.event_id,
            event_type=item.kind,
            identity=item.identity,
            received_at=item.received_at,
            at=now,
            cause=cause,
            status=status,
        )
        for item, cause, status in made.dead
    ]
    rows += [_dead(current_id, one, now) for one in made.verdicts if one.fate == Fate.DEAD]
    if rows:
        DeadLetter.objects.bulk_create(rows, ignore_conflicts=True)


def _dead(current_id: int, verdict: Verdict, now: datetime) -> DeadLetter:
    return DeadLetter(
        current_id=current_id,
        sequence=verdict.sequence,
        event_id=verdict.record.id,
        event_type=verdict.kind,
        identity=verdict.identity,
        received_at=verdict.received_at,
        at=now,
        cause=verdict.cause,
    )


def _write_dropped(answered: Answered, made: Settlement, now: datetime) -> None:
    prepared = answered.prepared
    own = [one for one in prepared.verdicts if one.sequence < made.end and one.fate in DROPS]
    ranges = list(_ranges(answered, own, "", now))
    for taken in prepared.taken_up:
        dropped = [one for one in taken.verdicts if one.fate in DROPS]
        ranges += _ranges(answered, dropped, taken.hold.identity, now)
    if ranges:
        DroppedRange.objects.bulk_create(ranges)


def _ranges(
    answered: Answered, dropped: list[Verdict], identity: str, now: datetime
) -> Iterable[DroppedRange]:
    if not dropped:
        return
    claimed = answered.prepared.claimed
    yield DroppedRange(
        current_id=claimed.plan.current_id,
        first_lane=claimed.lanes.start,
        last_lane=claimed.lanes.stop - 1,
        identity=identity,
        first_sequence=dropped[0].sequence,
        last_sequence=dropped[-1].sequence,
        count=len(dropped),
        reason=dropped[0].fate,
        at=now,
    )


def write_attempts(answered: Answered, kind: Attempt.Kind | None = None) -> None:
    """`kind`: of another than the engine's own."""
    claimed = answered.prepared.claimed
    if kind is None:
        kind = Attempt.Kind.PROBE if claimed.plan.probing else Attempt.Kind.DELIVERY
    Attempt.objects.bulk_create(
        Attempt(
            current_id=claimed.plan.current_id,
            at=sent.at,
            kind=kind,
            first_lane=claimed.lanes.start,
            last_lane=claimed.lanes.stop - 1,
            first_sequence=min(item.sequence for item in sent.items),
            last_sequence=max(item.sequence for item in sent.items),
            events=len(sent.items),
            bytes=sent.bytes,
            status=sent.outcome.status,
            outcome=kind_of(sent.outcome),
            named=sent.named,
            took_ms=sent.took_ms,
            delay_ms=sent.delay_ms,
            warning=(getattr(sent.outcome, "warning", None) or "")[:200],
            words=sent.outcome.words[:400],
            request=sent.request.replace("\0", " "),
            answer=sent.outcome.body[:SHOWN_ANSWER].replace("\0", " "),
        )
        for sent in answered.sent
    )
