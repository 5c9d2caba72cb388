"""What became of every event, reckoned from the log, the rows of exceptions and what arrived, by
code that shares nothing with the ledger's. For tests that compare event by event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from braze_partners.events import catalogue, event_log
from braze_partners.events.records import EventRecord
from currents.fates import Fate
from currents.models import Current, DeadLetter, DroppedRange, Hold, Lane, LedgerEntry

NEVER_VALID = {
    *("anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown"),
    *("00000000-0000-0000-0000-000000000000", "{}", "lmy47d", "0", "-1"),
}
Place = tuple[datetime, str, Fate]


@dataclass(frozen=True, slots=True)
class Logged:
    sequence: int
    received_at: datetime
    record: EventRecord

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def identity(self) -> str:
        return self.record.identity or ""


def logged(workspace_id: int, start: int = 0) -> Iterator[Logged]:
    """Everything in the log from `start` on, in order; it must be without gaps."""
    expected = start
    while batches := event_log.read(workspace_id, expected, limit_events=5_000):
        for batch in batches:
            for record in batch.records:
                assert batch.first_sequence + record.index == expected, "a gap in the log"
                yield Logged(expected, batch.received_at, record)
                expected += 1


def filtered_as(one: Logged, current: Current) -> Fate | None:
    """By the settings that the Current has now."""
    record = one.record
    if record.type not in current.event_types:
        return Fate.NOT_SELECTED if record.type in catalogue.event_types() else Fate.UNKNOWN_TYPE
    who = record.external_user_id or record.device_id
    if not who:
        return Fate.NO_IDENTITY
    if not record.external_user_id and not current.include_anonymous:
        return Fate.ANONYMOUS
    return Fate.INVALID_ID if who in NEVER_VALID or len(who) > 1_024 else None


class Rows:
    """The rows that a Current keeps of exceptions, and where its lanes stand."""

    def __init__(self, current: Current) -> None:
        self.dead = set(
            DeadLetter.objects.filter(current=current).values_list("sequence", flat=True)
        )
        self.dropped = list(DroppedRange.objects.filter(current=current))
        holds = Hold.objects.filter(current=current)
        self.held = dict(holds.values_list("identity", "next_sequence"))
        self.positions = dict(Lane.objects.filter(current=current).values_list("lane", "position"))

    def waits(self, one: Logged) -> bool:
        held_from = self.held.get(one.identity)
        behind = held_from is not None and one.sequence >= held_from
        return behind or one.sequence >= self.positions[one.record.lane]

    def dropped_as(self, one: Logged) -> Fate | None:
        for row in self.dropped:
            inside = row.first_sequence <= one.sequence <= row.last_sequence
            lanes = row.first_lane <= one.record.lane <= row.last_lane
            if inside and lanes and row.identity in ("", one.identity):
                return Fate(row.reason)
        return None


def fates(current: Current) -> dict[int, Fate]:
    """By sequence, of all that was received since launch; for settings that never changed. Both
    kinds of delivery are *delivered*."""
    rows = Rows(current)
    found: dict[int, Fate] = {}
    for one in logged(current.workspace_id, current.launch_sequence or 0):
        if rows.waits(one):
            fate: Fate | None = Fate.WAITING
        elif one.sequence in rows.dead:
            fate = Fate.DEAD
        else:
            fate = filtered_as(one, current) or rows.dropped_as(one)
        found[one.sequence] = fate or Fate.DELIVERED
    return found


def recomputed(current: Current) -> Counter[Place]:
    """The ledger as it must be."""
    found = fates(current)
    places: Counter[Place] = Counter()
    for one in logged(current.workspace_id, current.launch_sequence or 0):
        places[place_of(one, found[one.sequence])] += 1
    return places


def place_of(one: Logged, fate: Fate) -> Place:
    known = one.record.type in catalogue.event_types()
    minute = one.received_at.replace(second=0, microsecond=0)
    return minute, one.record.type if known else "unknown", fate


def ledger_table(current: Current) -> Counter[Place]:
    places: Counter[Place] = Counter()
    for row in LedgerEntry.objects.filter(current=current):
        assert row.count >= 0, f"{row} is below zero"
        fate = Fate.DELIVERED if row.fate == Fate.RETRIED else Fate(row.fate)
        places[row.minute, row.event_type, fate] += row.count
    return +places


def check_order(one_by_one: Iterable[tuple[str, int]]) -> None:
    """(identity, sequence) as they first arrived: of each identity, in the order of the log."""
    last: dict[str, int] = {}
    for identity, sequence in one_by_one:
        assert sequence > last.get(identity, -1), f"{identity}: {sequence} after {last[identity]}"
        last[identity] = sequence
