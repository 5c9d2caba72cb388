"""Takes a body of /currents/events apart, event by event, when something in it is amiss: what is
good is kept, the rest is refused with its index and words. Knows bytes and fields; knows nothing
of HTTP or the database.

Where the body is JSON its events are cut out as bytes. Where it is not, parsers that forgive more
(nesting, NaN, halves of surrogate pairs) tell the good events from the bad.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import orjson

from braze_partners.errors import BadRequest, BodyTooLarge
from braze_partners.events import wire
from braze_partners.events.intake import IncomingEvent
from braze_partners.events.limits import (
    MAX_EVENT_BYTES,
    MAX_EVENTS_PER_REQUEST,
    MILLISECONDS_FROM,
)
from braze_partners.events.wire import Batch, WireEvent, WireUser
from braze_partners.rest.bodies import deeper_than
from braze_partners.rest.limits import MAX_JSON_DEPTH

Some = TypeVar("Some")


class RawBody(msgspec.Struct, gc=False):
    events: list[msgspec.Raw]


class _Refused(Exception):
    """An event is not taken; the message says why."""


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_body = msgspec.json.Decoder(RawBody)
_event = msgspec.json.Decoder(WireEvent)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def check_count(events: Sequence[object]) -> None:
    if len(events) > MAX_EVENTS_PER_REQUEST:
        raise BodyTooLarge(wire.TOO_MANY)


def raw_events(body: bytes) -> list[msgspec.Raw]:
    """Raises one of UNREADABLE where the body is not JSON, or has no events."""
    return _body.decode(body).events


def has_nul(raw: bytes) -> bool:
    return b"\\" in raw and b"\\u0000" in raw and _NUL.search(raw) is not None


def is_deep(raw: bytes) -> bool:
    if raw.count(b"{") + raw.count(b"[") <= MAX_JSON_DEPTH:
        return False
    depth = 0
    for found in _BRACKETS.finditer(raw):
        bracket = found.group()
        depth += (bracket in b"[{") - (bracket in b"]}")
        if depth > MAX_JSON_DEPTH:
            return True
    return False


def take_apart(body: bytes) -> Batch:
    """Raises BadRequest where nothing can be read, BodyTooLarge for too many events."""
    try:
        raws = [bytes(raw) for raw in raw_events(body)]
    except msgspec.ValidationError as error:
        raise BadRequest(wire.NO_EVENTS) from error
    except UNREADABLE as error:
        return _each(_forgiving(body, str(error)), _read_value, _id_of)
    return _each(raws, _read, lambda raw: _id_of(_loads(raw)))


def _each(
    found: Sequence[Some], read: Callable[[Some], IncomingEvent], id_of: Callable[[Some], object]
) -> Batch:
    check_count(found)
    batch = Batch([], [])
    for index, one in enumerate(found):
        try:
            event = read(one)
        except _Refused as why:
            batch.rejected.append(wire.rejected(index, id_of(one), str(why)))
            continue
        batch.events.append(event)
        if wire.is_unknown(event):
            batch.rejected.append(wire.rejected(index, event.id, wire.UNKNOWN_TYPE))
    return batch


def _read(raw: bytes) -> IncomingEvent:
    if len(raw) > MAX_EVENT_BYTES:
        raise _Refused(wire.TOO_LARGE)
    if is_deep(raw):
        raise _Refused(wire.TOO_DEEP)
    if has_nul(raw):
        raise _Refused(wire.NUL)
    try:
        raw.decode()
        event = _event.decode(raw)
    except UnicodeDecodeError as error:
        raise _Refused(wire.NO_UNICODE) from error
    except UNREADABLE as error:
        raise _Refused(_why(_loads(raw))) from error
    if not wire.is_good(event):
        raise _Refused(_why(_loads(raw)))
    return wire.incoming(event)


def _why(value: Any) -> str:
    """The first thing that is wrong with an event, in the order of the wire document."""
    if not isinstance(value, dict):
        return wire.NO_OBJECT
    for name, sentence in (("event_type", wire.NO_TYPE), ("id", wire.NO_ID)):
        if not isinstance(value.get(name), str) or not value[name]:
            return sentence
    try:
        time = msgspec.convert(value.get("time"), int | float)
        if not 0 <= time <= wire.MAX_TIME_SECONDS:
            return wire.MILLISECONDS if time >= MILLISECONDS_FROM else wire.NO_TIME
    except msgspec.ValidationError:
        return wire.NO_TIME
    try:
        msgspec.convert(value.get("user"), WireUser | None)
    except msgspec.ValidationError:
        return wire.NO_USER
    if not isinstance(value.get("properties", {}), dict | None):
        return wire.NO_PROPERTIES
    return wire.UNREADABLE


def _forgiving(body: bytes, why: str) -> list[Any]:
    """The events of a body that msgspec does not read, as values."""
    parsed = _loads(body)
    if parsed is None:
        raise BadRequest(f"The request body is not valid JSON: {why}")
    events = parsed.get("events") if isinstance(parsed, dict) else None
    if not isinstance(events, list):
        raise BadRequest(wire.NO_EVENTS)
    return events


def _loads(raw: bytes) -> Any:
    """By parsers that forgive more: orjson a deep nesting, Python's own NaN and surrogates."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _read_value(value: Any) -> IncomingEvent:
    if deeper_than([value], MAX_JSON_DEPTH):
        raise _Refused(wire.TOO_DEEP)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return _read(text.encode())
    except UnicodeEncodeError as error:
        raise _Refused(wire.NO_UNICODE) from error
    except ValueError as error:
        raise _Refused(wire.NO_NUMBER) from error


def _id_of(value: Any) -> object:
    return value.get("id") if isinstance(value, dict) else None
