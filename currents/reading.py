"""From a claim to what could be sent: reads on in the log, gives the final verdicts that need no
call, sets aside what is held. Sends nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import tee

import msgspec

from braze_partners.events import catalogue, deletion, event_log
from braze_partners.events.catalogue import EventType
from braze_partners.events.event_log import LogBatch
from braze_partners.events.records import EventRecord
from currents import holding
from currents.amplitude import payload
from currents.amplitude.limits import MAX_EVENTS_PER_REQUEST
from currents.claiming import Claimed
from currents.fates import Fate
from currents.ledger import UNKNOWN_TYPES, minute_of
from currents.limits import EVENTS_PER_CLAIM
from currents.models import Hold


class Item(msgspec.Struct, gc=False):
    """An event that could be sent, with its body. `taken` is the hold that it was read for."""

    sequence: int
    minute: datetime
    kind: str
    identity: str
    user_id: str
    device_id: str
    event_id: str
    received_at: datetime
    body: bytes
    tried: bool
    taken: holding.TakenUp | None


class Verdict(msgspec.Struct, gc=False):
    """A fate that needs no call. `cause` is a dead letter's."""

    sequence: int
    minute: datetime
    kind: str
    fate: Fate
    record: EventRecord
    received_at: datetime
    cause: str = ""

    @property
    def identity(self) -> str:
        return self.record.identity or ""


@dataclass(slots=True)
class Prepared:
    """What a claim has read. Items stand in the order in which they go out: the held identities'
    first, then the lanes' own by sequence. `end` is the position after what was scanned.
    `passed` are events of held identities that the lane goes past. With `only_verdicts` the first
    event that could be sent ends the scan."""

    claimed: Claimed
    items: list[Item] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    passed: list[tuple[int, Hold]] = field(default_factory=list)
    end: int = 0
    bytes: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)
    taken_up: list[holding.TakenUp] = field(default_factory=list)
    only_verdicts: bool = False
    room: int = 0

    def __post_init__(self) -> None:
        self.room = self.claimed.plan.room


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides over an event without a call. Events that could be sent and were received
    before `dropped_before` get the fate `drop_as`."""

    types: Mapping[str, EventType]
    selected: frozenset[str]
    include_anonymous: bool
    deleted: Mapping[str, int]
    dropped_before: datetime | None = None
    drop_as: Fate = Fate.DROPPED


def prepare(claimed: Claimed, now: datetime) -> Prepared:
    """For sending: due holds first, then on from the lanes' positions, up to one request."""
    prepared = Prepared(claimed)
    if not claimed.no_holds:
        prepared.holds = holding.of_lanes(claimed.plan.current_id, claimed.lanes)
    _judge_all(prepared, holding.due(prepared.holds.values(), now))
    return prepared


def prepare_drop(claimed: Claimed, received_before: datetime, drop_as: Fate) -> Prepared:
    """What has waited too long, of the lanes and of every hold, due or not; nothing is sent."""
    prepared = Prepared(claimed, only_verdicts=True)
    prepared.holds = holding.of_lanes(claimed.plan.current_id, claimed.lanes)
    holds = holding.longest_waiting(prepared.holds.values())
    _judge_all(prepared, holds, received_before, drop_as)
    return prepared


def _judge_all(
    prepared: Prepared,
    holds: Sequence[Hold],
    dropped_before: datetime | None = None,
    drop_as: Fate = Fate.DROPPED,
) -> None:
    """Deleted people are asked for once. Only where there are any is everything read before."""
    claimed, plan = prepared.claimed, prepared.claimed.plan
    prepared.taken_up = [holding.take_up(claimed, hold) for hold in holds]
    batches, looked_through = tee(
        event_log.read_on(
            plan.workspace_id,
            claimed.start,
            claimed.lanes,
            end=plan.counted,
            limit_events=EVENTS_PER_CLAIM,
        )
    )
    earliest = min([claimed.start, *(hold.next_sequence for hold in holds)])
    identities = _identities(prepared.taken_up, looked_through)
    rules = Rules(
        catalogue.event_types(),
        plan.selected & catalogue.event_types().keys(),
        plan.include_anonymous,
        deletion.tombstones(plan.workspace_id, identities, since=earliest),
        dropped_before,
        drop_as,
    )
    for taken in prepared.taken_up:
        _judge_held(prepared, taken, rules)
    _scan(prepared, batches, rules)


def _identities(taken_up: Iterable[holding.TakenUp], batches: Iterable[LogBatch]) -> Iterator[str]:
    for taken in taken_up:
        yield taken.hold.identity
    for batch in batches:
        for record in batch.records:
            yield record.identity or ""


def _judge_held(prepared: Prepared, taken: holding.TakenUp, rules: Rules) -> None:
    for sequence, received_at, record in taken.events:
        minute = minute_of(received_at)
        verdict = judge(record, sequence, minute, received_at, rules)
        if verdict is not None:
            taken.verdicts.append(verdict)
        elif not add(prepared, record, sequence, minute, received_at, taken):
            taken.left_at = sequence
            return


def _scan(prepared: Prepared, batches: Iterable[LogBatch], rules: Rules) -> None:
    """On from the lanes' positions until a request is full, the claim's bound or the end."""
    prepared.end = prepared.claimed.start
    for batch in batches:
        if not _scan_batch(prepared, batch, rules):
            return
        prepared.end = min(batch.end, prepared.claimed.plan.counted)


def _scan_batch(prepared: Prepared, batch: LogBatch, rules: Rules) -> bool:
    """False where the request is full before an event: then `end` is that event's sequence."""
    first, received_at = batch.first_sequence, batch.received_at
    minute = minute_of(received_at)
    positions, holds = prepared.claimed.positions, prepared.holds
    for record in batch.records:
        sequence = first + record.index
        if sequence < positions[record.lane]:
            continue
        hold = holds.get(record.identity or "") if holds else None
        if hold is not None:  # judged when the hold is taken up, and only then
            prepared.passed.append((sequence, hold))
            continue
        verdict = judge(record, sequence, minute, received_at, rules)
        if verdict is not None:
            prepared.verdicts.append(verdict)
        elif not add(prepared, record, sequence, minute, received_at, None):
            prepared.end = sequence
            return False
    return True


def judge(
    record: EventRecord, sequence: int, minute: datetime, received_at: datetime, rules: Rules
) -> Verdict | None:
    """The fate that needs no call, or None for what can be sent."""
    kind = record.type
    if kind not in rules.selected:
        known = kind in rules.types
        fate = Fate.NOT_SELECTED if known else Fate.UNKNOWN_TYPE
        kind = kind if known else UNKNOWN_TYPES
        return Verdict(sequence, minute, kind, fate, record, received_at)
    filtered = payload.verdict(record, include_anonymous=rules.include_anonymous)
    if filtered is not None:
        return Verdict(sequence, minute, kind, Fate(filtered.value), record, received_at)
    if rules.deleted and sequence < rules.deleted.get(record.identity or "", 0):
        return Verdict(sequence, minute, kind, Fate.DELETED, record, received_at)
    if rules.dropped_before is not None and received_at < rules.dropped_before:
        return Verdict(sequence, minute, kind, rules.drop_as, record, received_at)
    return None


def _holds_have_their_share(prepared: Prepared) -> bool:
    """Half of a request while the lanes have events too: who is held delays nobody else."""
    claimed = prepared.claimed
    if claimed.start >= claimed.plan.counted:
        return False
    many = len(prepared.items) >= MAX_EVENTS_PER_REQUEST // 2
    return many or prepared.bytes >= prepared.room // 2


def add(
    prepared: Prepared,
    record: EventRecord,
    sequence: int,
    minute: datetime,
    received_at: datetime,
    taken: holding.TakenUp | None,
) -> bool:
    """Makes an item of what can be sent; False where the request is full without it, or nothing is
    to be sent."""
    items = prepared.items
    if len(items) == MAX_EVENTS_PER_REQUEST or prepared.only_verdicts:
        return False
    if taken is not None and _holds_have_their_share(prepared):
        return False
    kind = record.type
    ids = payload.sent_ids(record)
    body = payload.event_body(record, catalogue.event_types()[kind], ids)
    if isinstance(body, payload.Unsendable):
        verdicts = prepared.verdicts if taken is None else taken.verdicts
        dead = Verdict(sequence, minute, kind, Fate.DEAD, record, received_at, body.value)
        verdicts.append(dead)
        return True
    size = prepared.bytes + len(body) + 1
    if size > prepared.room and items:
        return False
    prepared.bytes = size
    again = sequence < prepared.claimed.tried[record.lane]
    items.append(
        Item(
            sequence,
            minute,
            kind,
            record.identity or "",
            ids[0] or "",
            ids[1] or "",
            record.id,
            received_at,
            body,
            again or (taken is not None and taken.hold.reason != Hold.Reason.PACED),
            taken,
        )
    )
    return True
