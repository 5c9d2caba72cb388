"""From the bytes of a request to its key and events; judges the envelope, not the events. Pure."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from braze_partners.sandbox.upload import wire

# Characters an id needs unless the request says otherwise (wire/amplitude-http-v2.md).
MIN_ID_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Upload:
    api_key: str
    events: list[dict[str, Any]]
    min_id_length: int
    payload_bytes: int


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body itself; one that is larger than the limit once unpacked is refused."""
    if encoding.strip().lower() in ("gzip", "x-gzip"):
        body = _inflated(body, limit)
    if len(body) > limit:
        raise wire.Refused(wire.too_large())
    return body


def _inflated(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, limit + 1)
    except (zlib.error, gzip.BadGzipFile) as broken:
        raise wire.Refused(wire.bad_request(wire.INVALID_JSON)) from broken
    if not inflater.eof and len(plain) <= limit:
        raise wire.Refused(wire.bad_request(wire.INVALID_JSON))  # it ends in the middle
    return plain


def read(body: bytes) -> tuple[str, dict[str, Any]]:
    """The key and the whole envelope, so that a wrong key is answered before anything else is."""
    if not body.strip():
        raise wire.Refused(wire.bad_request(wire.MISSING_BODY))
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise wire.Refused(wire.bad_request(wire.INVALID_JSON)) from broken
    if not isinstance(envelope, dict):
        raise wire.Refused(wire.bad_request(wire.INVALID_JSON))
    key = envelope.get("api_key")
    if key is None or key == "":
        raise wire.Refused(wire.missing("api_key"))
    return str(key), envelope


def upload_of(key: str, envelope: dict[str, Any], payload_bytes: int, most_events: int) -> Upload:
    events = envelope.get("events")
    if events is None or events == []:
        raise wire.Refused(wire.missing("events"))
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise wire.Refused(wire.bad_request(wire.INVALID_EVENT))
    if len(events) > most_events:
        raise wire.Refused(wire.too_large())
    return Upload(key, events, _min_id_length(envelope.get("options")), payload_bytes)


def _min_id_length(options: Any) -> int:
    """What `options` asks for; Segment sends the word `undefined` instead of an object."""
    wanted = options.get("min_id_length") if isinstance(options, dict) else None
    return wanted if type(wanted) is int and wanted >= 0 else MIN_ID_LENGTH
