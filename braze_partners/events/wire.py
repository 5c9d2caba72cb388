"""The shape of an event as wire/braze-currents-http.md gives it, and the words of refusals. Knows
fields; knows nothing of HTTP or the database."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from braze_partners.events import catalogue
from braze_partners.events.intake import IncomingEvent
from braze_partners.events.limits import (
    MAX_EVENT_BYTES,
    MAX_EVENTS_PER_REQUEST,
    MAX_SHOWN_ID,
    MAX_TIME_SECONDS,
)
from braze_partners.rest.limits import MAX_JSON_DEPTH

NO_EVENTS = "The request body must be a JSON object with an array `events`"
EMPTY = "The request body is empty; it must be JSON"
TOO_MANY = f"A request has at most {MAX_EVENTS_PER_REQUEST:,} events"
TOO_LARGE = f"An event has at most {MAX_EVENT_BYTES // 1024} KB"
TOO_DEEP = f"The event nests deeper than {MAX_JSON_DEPTH} levels"
NO_OBJECT = "An event must be an object"
NO_ID = "`id` must be a text that is not empty"
NO_TYPE = "`event_type` must be a text that is not empty"
NO_USER = "`user` must be an object whose ids are texts"
NO_PROPERTIES = "`properties` must be an object"
NO_TIME = "`time` must be a number of seconds since 1970"
MILLISECONDS = "`time` is in milliseconds, but seconds since 1970 are meant"
NO_UNICODE = "The event holds text that is not Unicode, such as half of a surrogate pair"
NUL = "The event holds a NUL character"
NO_NUMBER = "The event holds NaN or Infinity, which JSON does not have"
UNREADABLE = "The event cannot be read"
UNKNOWN_TYPE = "Unknown `event_type`: the event is stored, but no Current exports it"


class WireUser(msgspec.Struct, gc=False):
    user_id: str | None = None
    external_user_id: str | None = None
    device_id: str | None = None


class WireEvent(msgspec.Struct, gc=False):
    event_type: str = ""
    id: str = ""
    time: int | float = -1
    user: WireUser | None = None
    properties: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """What the answer lists of an event. One of an unknown type is stored all the same."""

    index: int
    id: str | None
    error: str


@dataclass(frozen=True, slots=True)
class Batch:
    """`events` are to be stored, in their order."""

    events: list[IncomingEvent]
    rejected: list[Rejected]


_OBJECT, _NULL = ord("{"), ord("n")
_NOTHING = msgspec.Raw(b"{}")
_NOBODY = WireUser()


def is_good(event: WireEvent) -> bool:
    return bool(
        event.id
        and event.event_type
        and 0 <= event.time <= MAX_TIME_SECONDS
        and memoryview(event.properties)[0] in (_OBJECT, _NULL)
    )


def incoming(event: WireEvent) -> IncomingEvent:
    """Of a good event."""
    user, properties = event.user or _NOBODY, event.properties
    if memoryview(properties)[0] == _NULL:
        properties = _NOTHING
    return IncomingEvent(
        event.event_type,
        event.id,
        round(event.time * 1000),
        user.external_user_id,
        user.device_id,
        user.user_id,
        properties,
    )


def is_unknown(event: IncomingEvent) -> bool:
    return event.type not in catalogue.event_types()


def rejected(index: int, id: object, error: str) -> Rejected:
    """With as much of the id as fits into an answer."""
    if not isinstance(id, str) or not id:
        return Rejected(index, None, error)
    return Rejected(index, id[:MAX_SHOWN_ID].encode("utf-8", "replace").decode(), error)
