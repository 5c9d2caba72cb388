"""The one way into the log, for both endpoints: encodes events, then appends them.

Knows no HTTP; knows not which endpoint calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import InterfaceError, InternalError, OperationalError, connection

from braze_partners.events import event_log, frames, metrics
from braze_partners.events.coalescing import together
from braze_partners.events.errors import LogUnavailable
from braze_partners.events.event_log import NewBatch
from braze_partners.events.limits import SMALL_REQUEST
from braze_partners.events.records import EventRecord, digest, identity_of, lane_of_digest

# No space, no connection, a lock that was not got, a server that only reads after a failover.
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)


class IncomingEvent(msgspec.Struct, gc=False):
    """An event that was checked. `properties` is a JSON object; `time_ms` since the epoch."""

    type: str
    id: str
    time_ms: int
    external_user_id: str | None
    device_id: str | None
    user_id: str | None
    properties: bytes | msgspec.Raw


@dataclass(frozen=True, slots=True)
class Accepted:
    first_sequence: int
    count: int


def accept(workspace_id: int, events: Sequence[IncomingEvent], now: datetime) -> Accepted:
    """Stores all of them, in order, or none. When it returns outside a transaction they are on
    disk; inside one it must be the last thing done (event_log.append). Raises LogUnavailable."""
    if not events:
        return Accepted(event_log.head(workspace_id), 0)
    if len(events) > SMALL_REQUEST or connection.in_atomic_block:
        first = _store(workspace_id, events, now)
    else:
        first = together(workspace_id, events, now, _store)
    return Accepted(first, len(events))


def _store(workspace_id: int, events: Sequence[IncomingEvent], now: datetime) -> int:
    batch = encode(events)
    try:
        first = event_log.append(workspace_id, batch, now)
    except UNAVAILABLE as error:
        metrics.note_unavailable()
        raise LogUnavailable from error
    metrics.note_stored(len(events))
    return first


def encode(events: Sequence[IncomingEvent]) -> NewBatch:
    records: list[EventRecord] = []
    event_hashes: list[bytes] = []
    identity_hashes: set[bytes] = set()
    for index, event in enumerate(events):
        hashed = digest(event.id)
        event_hashes.append(hashed)
        who = identity_of(event.external_user_id, event.device_id, event.user_id)
        if who is not None:
            hashed = digest(who)
            identity_hashes.add(hashed)
        records.append(_record(index, lane_of_digest(hashed), event))
    packed, ends = frames.pack(records, frames.frames_for(len(records)))
    return NewBatch(
        count=len(records),
        type_counts=Counter(event.type for event in events),
        event_hashes=event_hashes,
        identity_hashes=identity_hashes,
        frame_ends=ends,
        frames=packed,
    )


def _record(index: int, lane: int, event: IncomingEvent) -> EventRecord:
    properties = event.properties
    return EventRecord(
        index,
        lane,
        event.type,
        event.id,
        event.time_ms,
        event.external_user_id,
        event.device_id,
        event.user_id,
        properties if isinstance(properties, msgspec.Raw) else msgspec.Raw(properties),
    )
