"""The append-only log of events: what is written, and every way to read it. With log_sql.py the
only one that knows its rows; knows nothing of who sends events or who reads them.

A row is a batch: some requests' events that were committed together. Sequences of a workspace
begin at 0, have no gaps and stand in the order of commits, so that a reader that has seen up to
a sequence has missed nothing before it. Why: the head's row is moved by the transaction that
inserts the batch and stays locked until it commits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from django.db import transaction

from braze_partners.events import frames, log_sql
from braze_partners.events.limits import (
    LANES,
    LOOKUP_CHUNK,
    MAX_BATCHES_PER_READ,
    MAX_EVENTS_PER_BATCH,
)
from braze_partners.events.log_sql import Row
from braze_partners.events.models import LogHead
from braze_partners.events.records import EventRecord, digest, lane_of_digest

Found = tuple[int, datetime, EventRecord]
Change = Callable[[int, EventRecord], EventRecord]

_counts = msgspec.json.Decoder(dict[str, int])
ALL_LANES = range(LANES)
_FOREVER = 2**62  # no sequence comes here


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Events encoded and ready to be appended. Hashes are of `records.digest`; those of events
    stand in the order of the batch, those of identities each once."""

    count: int
    type_counts: dict[str, int]
    event_hashes: list[bytes]
    identity_hashes: Collection[bytes]
    frame_ends: list[int]
    frames: bytes


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Some records of one batch; `count` is how many events the whole batch has."""

    first_sequence: int
    count: int
    received_at: datetime
    records: list[EventRecord]

    @property
    def end(self) -> int:
        return self.first_sequence + self.count


@dataclass(frozen=True, slots=True)
class BatchCounts:
    first_sequence: int
    count: int
    received_at: datetime
    by_type: dict[str, int]

    @property
    def end(self) -> int:
        return self.first_sequence + self.count


def head(workspace_id: int) -> int:
    """The next sequence to be given; 0 for an empty log."""
    return heads([workspace_id])[workspace_id]


def heads(workspace_ids: Iterable[int]) -> dict[int, int]:
    found = dict.fromkeys(workspace_ids, 0)
    kept = LogHead.objects.filter(workspace_id__in=list(found))
    return found | dict(kept.values_list("workspace_id", "next"))


def oldest(workspace_id: int) -> int | None:
    """The first sequence still held; None for an empty log."""
    return log_sql.oldest(workspace_id)


def append(workspace_id: int, batch: NewBatch, now: datetime) -> int:
    """Stores the batch and gives its first sequence; in autocommit it is on disk then. Within a
    transaction it must be the last statement: the workspace's other writers wait for its end.

    Raises Django's database errors."""
    if not 0 < batch.count <= MAX_EVENTS_PER_BATCH:
        raise ValueError(f"a batch has 1 to {MAX_EVENTS_PER_BATCH} events, not {batch.count}")
    end = log_sql.append(
        workspace_id,
        batch.count,
        now,
        msgspec.json.encode(batch.type_counts).decode(),
        batch.event_hashes,
        batch.identity_hashes,
        batch.frame_ends,
        batch.frames,
    )
    return end - batch.count


def read(
    workspace_id: int,
    start: int,
    lanes: Container[int] = ALL_LANES,
    *,
    end: int | None = None,
    limit_events: int,
) -> list[LogBatch]:
    """The batches that hold sequences from `start` on (before `end`), in order, with their records
    of these neighbouring lanes. A batch without any is given too, so that a reader's position
    moves. Stops after the batch that brings `limit_events` records, or after some rows."""
    return list(read_on(workspace_id, start, lanes, end=end, limit_events=limit_events))


def read_on(
    workspace_id: int,
    start: int,
    lanes: Container[int] = ALL_LANES,
    *,
    end: int | None = None,
    limit_events: int,
) -> Iterator[LogBatch]:
    """As `read`, one batch after the other: what the caller does not come to is not decoded."""
    span = _Span(start, _FOREVER if end is None else end, _as_range(lanes))
    # Sequences have no gaps: so far on, these lanes have brought enough, if evenly used.
    reach = limit_events * LANES // len(span.lanes)
    found = False
    for batch in _read(workspace_id, span, reach, limit_events):
        found = True
        yield batch
    if not found and start + reach < span.end:
        first = oldest(workspace_id) or 0
        if first >= start + reach:  # retention has taken what stood there
            yield from _read(workspace_id, replace(span, start=first), reach, limit_events)


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    lanes: range


def _read(workspace_id: int, span: _Span, reach: int, limit_events: int) -> Iterator[LogBatch]:
    """Of batches that begin before `start` + `reach`, whole."""
    brought = 0
    begin_before = min(span.start + reach, span.end)
    if begin_before <= span.start:
        return
    for row in log_sql.rows(
        workspace_id, span.start, begin_before, span.lanes, MAX_BATCHES_PER_READ
    ):
        records = _between(row, _records(row, span.lanes), span.start, span.end)
        yield LogBatch(row.first_sequence, row.count, row.received_at, records)
        brought += len(records)
        if brought >= limit_events:
            return


def counts(workspace_id: int, start: int, end: int) -> list[BatchCounts]:
    """Events by type of the batches that lie wholly in [start, end), in order, and not more than
    limits.MAX_COUNTS_PER_READ of them: a caller goes on from the last one's `end`."""
    return [
        BatchCounts(last - count, count, received_at, _counts.decode(by_type))
        for last, count, received_at, by_type in log_sql.counts(workspace_id, start, end)
    ]


def received(workspace_id: int, start: int, end: int, since: datetime) -> int | None:
    """How many events of [start, end) were received from `since` on; None where the log no longer
    holds all of them. Both ends are those of batches."""
    count, whole = log_sql.received(workspace_id, start, end, since)
    return count if whole else None


def by_identity(workspace_id: int, identity: str, start: int, end: int, limit: int) -> list[Found]:
    """(sequence, received at, record) of this identity's events in [start, end), in order."""
    digested = digest(identity)
    lane = lane_of_digest(digested)
    found: list[Found] = []
    while len(found) < limit:
        rows = log_sql.rows_of_identity(
            workspace_id, digested, start, end, range(lane, lane + 1), LOOKUP_CHUNK
        )
        for row in rows:
            records = _between(row, _records(row, range(lane, lane + 1)), start, end)
            found += _found(row, (one for one in records if one.identity == identity))
            start = row.end_sequence
        if len(rows) < LOOKUP_CHUNK:
            break
    return found[:limit]


def by_event_id(workspace_id: int, event_id: str, limit: int = 50) -> list[Found]:
    """(sequence, received at, record) of the events with this id, newest first."""
    digested = digest(event_id)
    found: list[Found] = []
    before = head(workspace_id) + 1
    while len(found) < limit:
        rows = log_sql.rows_of_event(workspace_id, digested, before, LOOKUP_CHUNK)
        for row in rows:
            same = (one for one in _records(row, ALL_LANES) if one.id == event_id)
            found += reversed(list(_found(row, same)))
            before = row.end_sequence
        if len(rows) < LOOKUP_CHUNK:
            break
    return found[:limit]


def latest_of(
    workspace_id: int, identities: Collection[str], before: int | None, limit: int
) -> list[Found]:
    """(sequence, received at, record) of the last events of any of these identities, of those
    before a sequence if it is given; the newest first."""
    digests = {identity: digest(identity) for identity in identities}
    lanes = {lane_of_digest(digested) for digested in digests.values()}
    end = head(workspace_id) if before is None else before
    found: list[Found] = []
    below = end + MAX_EVENTS_PER_BATCH
    while digests and len(found) < limit:
        rows = log_sql.rows_of_any(workspace_id, list(digests.values()), below, LOOKUP_CHUNK)
        for row in rows:
            theirs = [one for one in _of_lanes(row, lanes) if one.identity in digests]
            found += reversed(list(_found(row, _between(row, theirs, 0, end))))
            below = row.end_sequence
        if len(rows) < LOOKUP_CHUNK:
            break
    return found[:limit]


def at(workspace_id: int, sequences: Sequence[int]) -> list[Found]:
    """(sequence, received at, record) of the events in these places, which ascend; those that have
    left the log are absent. A statement for each batch that has any."""
    found: list[Found] = []
    wanted = deque(sequences)
    while wanted:
        first = wanted[0]
        row = next(log_sql.rows(workspace_id, first, first + 1, ALL_LANES, 1), None)
        if row is None:  # retention takes from the beginning, and nobody has written the head
            held = range(oldest(workspace_id) or 0, head(workspace_id))
            wanted = deque(one for one in wanted if one in held and one > first)
            continue
        here = set()
        while wanted and wanted[0] < row.end_sequence:
            here.add(wanted.popleft() - row.first_sequence)
        found += _found(row, (one for one in _records(row, ALL_LANES) if one.index in here))
    return found


def span(workspace_id: int, since: datetime | None, until: datetime | None) -> range:
    """The sequences received in [since, until), whole batches of them; empty where the log holds
    none of that time."""
    return log_sql.span(workspace_id, since, until)


def rewrite(workspace_id: int, end_sequence: int, change: Change) -> bool:
    """Writes a batch anew with other records in place of some; whether anything was to change.
    `change` gives the record to keep for a sequence. Counts and hashes stay as they are."""
    with transaction.atomic():
        row = log_sql.take(workspace_id, end_sequence)
        if row is None:
            return False
        first = row.first_sequence
        before = _records(row, ALL_LANES)
        after = [change(first + record.index, record) for record in before]
        if all(new is old for new, old in zip(after, before, strict=True)):
            return False
        packed, ends = frames.pack(after, len(row.frame_ends))
        log_sql.replace(workspace_id, end_sequence, ends, packed)
        return True


def _as_range(lanes: Container[int]) -> range:
    if isinstance(lanes, range):
        inside = lanes
    else:
        chosen = [lane for lane in ALL_LANES if lane in lanes]
        inside = range(chosen[0], chosen[-1] + 1) if chosen else range(0)
    if not inside or inside.step != 1 or inside[0] < 0 or inside[-1] >= LANES:
        raise ValueError(f"no neighbouring lanes: {lanes}")
    return inside


def _records(row: Row, lanes: range) -> list[EventRecord]:
    return frames.unpack(row.part, row.frame_ends, lanes, row.whole)


def _of_lanes(row: Row, lanes: Iterable[int]) -> list[EventRecord]:
    """In their order."""
    records = [one for lane in lanes for one in _records(row, range(lane, lane + 1))]
    return sorted(records, key=lambda record: record.index)


def _between(row: Row, records: list[EventRecord], start: int, end: int) -> list[EventRecord]:
    if row.first_sequence < start:
        least = start - row.first_sequence
        records = [record for record in records if record.index >= least]
    if end < row.end_sequence:
        below = end - row.first_sequence
        records = [record for record in records if record.index < below]
    return records


def _found(row: Row, records: Iterable[EventRecord]) -> Iterator[Found]:
    for record in records:
        yield row.first_sequence + record.index, row.received_at, record
