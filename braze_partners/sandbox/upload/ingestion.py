"""One request from its bytes to its answer: read, checked, admitted, stored, or refused whole.

Faults that are switched on have their say at the place where Amplitude would decide the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from braze_partners.sandbox import project_keys
from braze_partners.sandbox.faults.active import Active
from braze_partners.sandbox.faults.refusals import refuse_events, refuse_key, refuse_size
from braze_partners.sandbox.upload import checking, limits, reading, storing, wire
from braze_partners.sandbox.upload.admission import admission
from braze_partners.sandbox.upload.wire import Answer, Endpoint, Refused


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request as it came: its body still packed when `encoding` says so."""

    endpoint: Endpoint
    body: bytes
    encoding: str
    size: int  # of the whole body; the end of one that is too large is left out of `body`


def receive(arrived: Arrived, active: Active, now: datetime) -> Answer:
    try:
        return _received(arrived, active, now)
    except Refused as refused:
        return refused.answer


def _received(arrived: Arrived, active: Active, now: datetime) -> Answer:
    allowed = limits.of(arrived.endpoint)
    refuse_size(active, arrived.size)
    if arrived.size > len(arrived.body):
        raise Refused(wire.too_large())
    body = reading.unpacked(arrived.body, arrived.encoding, allowed.request_bytes)
    key, envelope = reading.read(body)
    refuse_key(active, key)
    if not project_keys.accepts(key):
        raise Refused(wire.invalid_key(key))
    upload = reading.upload_of(key, envelope, len(body), allowed.events)
    events = checking.check(upload.events, upload.min_id_length)
    refuse_events(active, events, round(allowed.eps))
    admission.admit(events, arrived.endpoint, now)
    storing.store(events, now)
    return wire.accepted(len(events), upload.payload_bytes, int(now.timestamp() * 1_000))


def events_in(arrived: Arrived) -> int:
    """How many events a request holds that was refused; 0 when that cannot be read."""
    try:
        most = limits.of(arrived.endpoint).request_bytes
        body = reading.unpacked(arrived.body, arrived.encoding, most)
        events = orjson.loads(body).get("events")
    except (Refused, ValueError, AttributeError):
        return 0
    return len(events) if isinstance(events, list) else 0
