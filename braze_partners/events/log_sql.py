"""The statements of the event log, for PostgreSQL and for SQLite. Knows rows and bytes; knows
nothing of what is in a frame.

PostgreSQL is asked for just the bytes of the frames that are wanted, through a binary cursor;
SQLite reads whole rows, one at a time as they are needed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from braze_partners.events import filters
from braze_partners.events.limits import (
    HEAD_WAIT_SECONDS,
    LANES,
    MAX_COUNTS_PER_READ,
    MAX_EVENTS_PER_BATCH,
)
from braze_partners.people import postgres

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_MOVED = """
ON CONFLICT (workspace_id) DO UPDATE SET next = events_loghead.next + excluded.next
RETURNING next
"""
_HEAD_SQLITE = f"INSERT INTO events_loghead (workspace_id, next) VALUES (%s, %s) {_MOVED}"
# A writer that has died in the middle of its transaction is not waited for for ever.
_HEAD = f"""
INSERT INTO events_loghead (workspace_id, next)
SELECT %s, %s FROM (SELECT set_config('lock_timeout', '{HEAD_WAIT_SECONDS}s', true)) AS patience
{_MOVED}
"""
_COLUMNS = (
    "workspace_id, end_sequence, count, received_at, type_counts,"
    " event_hashes, identity_hashes, frame_ends, frames"
)
# One statement, so one round trip, and one commit where there is no transaction around it.
_APPEND = f"""
WITH head AS ({_HEAD})
INSERT INTO events_batch ({_COLUMNS}, event_filter, identity_filter)
SELECT %s, head.next, %s, %s, %s, %s, %s, %s::integer[], %s, %s, %s FROM head
RETURNING end_sequence
"""
_APPEND_SQLITE = (
    f"INSERT INTO events_batch ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)

# Batches end at most MAX_EVENTS_PER_BATCH after they begin: that bounds the walk along the index.
_PLACE = (
    "workspace_id = %s AND end_sequence > %s AND end_sequence < %s AND end_sequence - count < %s"
)
_HEADER = "end_sequence, count, received_at, frame_ends"
# The bytes from the first wanted lane's frame to the last one's.
_BEGIN = "coalesce(frame_ends[%s * cardinality(frame_ends) / {lanes}], 0)"
_STOP = "frame_ends[%s * cardinality(frame_ends) / {lanes} + 1]"
_PART = f"substring(frames FROM {_BEGIN} + 1 FOR {_STOP} - {_BEGIN})".format(lanes=LANES)

_READ = f"""
SELECT {_HEADER}, {_PART} FROM events_batch WHERE {_PLACE} ORDER BY end_sequence LIMIT %s
"""
_READ_SQLITE = f"""
SELECT {_HEADER}, frames FROM events_batch WHERE {_PLACE} ORDER BY end_sequence LIMIT %s
"""
# The filter in the row first; the hashes, which are stored beside it, only where it says maybe.
_HOLDS = (
    "CASE WHEN get_bit({0}_filter, %s & (octet_length({0}_filter) * 8 - 1)) = 1"
    " AND get_bit({0}_filter, %s & (octet_length({0}_filter) * 8 - 1)) = 1"
    " THEN {0}_hashes @> %s ELSE false END"
)
_OF_IDENTITY = f"""
SELECT {_HEADER}, {_PART} FROM events_batch
 WHERE {_PLACE} AND {_HOLDS.format("identity")} ORDER BY end_sequence LIMIT %s
"""
_OF_IDENTITY_SQLITE = f"""
SELECT {_HEADER}, frames FROM events_batch
 WHERE {_PLACE} AND instr(identity_hashes, %s) > 0 ORDER BY end_sequence LIMIT %s
"""
_OF_ANY = """
SELECT {header}, frames FROM events_batch
 WHERE workspace_id = %s AND end_sequence < %s AND ({any}) ORDER BY end_sequence DESC LIMIT %s
"""
_HOLDING = f"""
SELECT end_sequence FROM events_batch
 WHERE {_PLACE} AND identity_hashes && %s ORDER BY end_sequence
"""
_HOLDING_SQLITE = f"""
SELECT end_sequence FROM events_batch WHERE {_PLACE} AND ({{any}}) ORDER BY end_sequence
"""
_ONE = f"""
SELECT {_HEADER}, frames FROM events_batch WHERE workspace_id = %s AND end_sequence = %s
"""
_REPLACE = """
UPDATE events_batch SET frame_ends = %s, frames = %s WHERE workspace_id = %s AND end_sequence = %s
"""
_OF_EVENT = """
SELECT {header}, frames FROM events_batch
 WHERE workspace_id = %s AND end_sequence < %s AND {holds} ORDER BY end_sequence DESC LIMIT %s
"""
_OF_EVENT_POSTGRES = _OF_EVENT.format(header=_HEADER, holds=_HOLDS.format("event"))
_OF_EVENT_SQLITE = _OF_EVENT.format(header=_HEADER, holds="instr(event_hashes, %s) > 0")
_COUNTS = """
SELECT end_sequence, count, received_at, type_counts FROM events_batch
 WHERE workspace_id = %s AND end_sequence > %s AND end_sequence <= %s AND end_sequence - count >= %s
 ORDER BY end_sequence LIMIT %s
"""
_OLDEST = """
SELECT end_sequence - count FROM events_batch
 WHERE workspace_id = %s ORDER BY end_sequence LIMIT 1
"""
_SPAN = """
SELECT min(end_sequence - count), max(end_sequence) FROM events_batch
 WHERE workspace_id = %s AND received_at >= %s AND received_at < %s
"""
# How many events, and whether the log still holds all that the question is about.
_RECEIVED = """
SELECT (SELECT coalesce(sum(count), 0) FROM events_batch
         WHERE workspace_id = %s AND end_sequence > %s AND end_sequence <= %s
           AND received_at >= %s),
       (SELECT end_sequence - count <= %s OR received_at < %s FROM events_batch
         WHERE workspace_id = %s ORDER BY end_sequence LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A batch as stored. `part` is all of its frames where `whole`, else those asked for."""

    end_sequence: int
    count: int
    received_at: datetime
    frame_ends: Sequence[int]
    part: bytes | memoryview
    whole: bool

    @property
    def first_sequence(self) -> int:
        return self.end_sequence - self.count


def append(
    workspace_id: int,
    count: int,
    now: datetime,
    type_counts: str,
    event_hashes: list[bytes],
    identity_hashes: Collection[bytes],
    frame_ends: list[int],
    packed: bytes,
) -> int:
    """Gives the sequence after the batch's last event."""
    if postgres.is_postgres():
        hashes = [postgres.Int8Array(list(some)) for some in (event_hashes, identity_hashes)]
        head: list[Any] = [workspace_id, count]
        filtered = [filters.made(some) for some in (event_hashes, identity_hashes)]
        values = [*head, now, type_counts, *hashes, frame_ends, packed, *filtered]
        ((end,),) = postgres.ask(_APPEND, [*head, *values])
        return int(end)
    joined = [b"".join(some) for some in (event_hashes, identity_hashes)]
    values = [count, _micros(now), type_counts, *joined, json.dumps(frame_ends), packed]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_HEAD_SQLITE, [workspace_id, count])
        (end,) = cursor.fetchone()
        cursor.execute(_APPEND_SQLITE, [workspace_id, end, *values])
    return int(end)


def rows(workspace_id: int, start: int, end: int, lanes: range, most: int) -> Iterator[Row]:
    """At most `most` batches that hold sequences in [start, end), in order; SQLite reads no
    further than the caller does."""
    place = _place(workspace_id, start, end)
    if postgres.is_postgres():
        yield from _rows(postgres.ask(_READ, [*_part(lanes), *place, most]))
        return
    with connection.cursor() as cursor:
        cursor.execute(_READ_SQLITE, [*place, most])
        yield from _rows_sqlite(cursor)


def rows_of_identity(
    workspace_id: int, digested: bytes, start: int, end: int, lanes: range, most: int
) -> list[Row]:
    """The first batches that may hold events of an identity with this hash."""
    place = _place(workspace_id, start, end)
    if postgres.is_postgres():
        values = [*_part(lanes), *place, *_holds(digested), most]
        return list(_rows(postgres.ask(_OF_IDENTITY, values)))
    with connection.cursor() as cursor:
        cursor.execute(_OF_IDENTITY_SQLITE, [*place, digested, most])
        return list(_rows_sqlite(cursor))


def rows_of_any(workspace_id: int, digests: Sequence[bytes], before: int, most: int) -> list[Row]:
    """The last batches, ending before a sequence, that may hold events of identities with these
    hashes; the newest first, whole."""
    one = _HOLDS.format("identity") if postgres.is_postgres() else "instr(identity_hashes, %s) > 0"
    statement = _OF_ANY.format(header=_HEADER, any=" OR ".join([one] * len(digests)))
    if postgres.is_postgres():
        held = [value for digested in digests for value in _holds(digested)]
        found = postgres.ask(statement, [workspace_id, before, *held, most])
        return list(_rows(found, whole=True))
    with connection.cursor() as cursor:
        cursor.execute(statement, [workspace_id, before, *digests, most])
        return list(_rows_sqlite(cursor))


def rows_of_event(workspace_id: int, digested: bytes, before: int, most: int) -> list[Row]:
    """The last batches, ending before a sequence, that may hold an event with this hash."""
    if postgres.is_postgres():
        values = [workspace_id, before, *_holds(digested), most]
        return list(_rows(postgres.ask(_OF_EVENT_POSTGRES, values), whole=True))
    with connection.cursor() as cursor:
        cursor.execute(_OF_EVENT_SQLITE, [workspace_id, before, digested, most])
        return list(_rows_sqlite(cursor))


def holding(workspace_id: int, digests: Sequence[bytes], start: int, end: int) -> list[int]:
    """The end sequences of batches that may hold events of any identity with these hashes."""
    place = _place(workspace_id, start, end)
    if postgres.is_postgres():
        found = postgres.ask(_HOLDING, [*place, postgres.Int8Array(digests)])
        return [end_sequence for (end_sequence,) in found]
    any_of = " OR ".join(["instr(identity_hashes, %s) > 0"] * len(digests))
    with connection.cursor() as cursor:
        cursor.execute(_HOLDING_SQLITE.format(any=any_of), [*place, *digests])
        return [end_sequence for (end_sequence,) in cursor.fetchall()]


def take(workspace_id: int, end_sequence: int) -> Row | None:
    """The batch, held until the transaction ends; None when it has left the log."""
    if postgres.is_postgres():
        found = list(_rows(postgres.ask(_ONE + " FOR UPDATE", [workspace_id, end_sequence]), True))
    else:
        with connection.cursor() as cursor:
            cursor.execute(_ONE, [workspace_id, end_sequence])
            found = list(_rows_sqlite(cursor))
    return found[0] if found else None


def replace(workspace_id: int, end_sequence: int, frame_ends: list[int], packed: bytes) -> None:
    if postgres.is_postgres():
        with connection.wrap_database_errors, postgres.binary_cursor() as binary:
            binary.execute(_REPLACE, [frame_ends, packed, workspace_id, end_sequence])
        return
    with connection.cursor() as cursor:
        cursor.execute(_REPLACE, [json.dumps(frame_ends), packed, workspace_id, end_sequence])


def counts(workspace_id: int, start: int, end: int) -> list[tuple[int, int, datetime, str]]:
    values = [workspace_id, start, end, start, MAX_COUNTS_PER_READ]
    if postgres.is_postgres():
        return [(row[0], row[1], row[2], row[3]) for row in postgres.ask(_COUNTS, values)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        return [(row[0], row[1], _moment(row[2]), row[3]) for row in cursor.fetchall()]


def oldest(workspace_id: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [workspace_id])
        row = cursor.fetchone()
    return row[0] if row else None


def span(workspace_id: int, since: datetime | None, until: datetime | None) -> range:
    values = [moment_value(since or _EPOCH), moment_value(until or _FAR)]
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, [workspace_id, *values])
        first, end = cursor.fetchone()
    return range(0) if first is None else range(first, end)


def received(workspace_id: int, start: int, end: int, since: datetime) -> tuple[int, bool]:
    moment = since if postgres.is_postgres() else _micros(since)
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [workspace_id, start, end, moment, start, moment, workspace_id])
        count, whole = cursor.fetchone()
    return int(count), start >= end or bool(whole)


def _place(workspace_id: int, start: int, end: int) -> list[int]:
    return [workspace_id, start, end + MAX_EVENTS_PER_BATCH, end]


def _part(lanes: range) -> list[int]:
    return [lanes.start, lanes.stop - 1, lanes.start]


def _holds(digested: bytes) -> list[Any]:
    return [*filters.places(digested), postgres.Int8Array([digested])]


def _rows(found: Iterable[tuple[Any, ...]], whole: bool = False) -> Iterator[Row]:
    for end_sequence, count, received_at, frame_ends, part in found:
        yield Row(end_sequence, count, received_at, frame_ends, part, whole)


def _rows_sqlite(found: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    for end_sequence, count, received_at, frame_ends, packed in found:
        moment, ends = _moment(received_at), json.loads(frame_ends)
        yield Row(end_sequence, count, moment, ends, packed, True)


def moment_value(moment: datetime) -> datetime | int:
    """A moment as `received_at` has it."""
    return moment if postgres.is_postgres() else _micros(moment)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
