"""Makes Amplitude events of Currents events, and requests of those, by
wire/amplitude-export-mapping.md. Pure: no database, no clock, no network.

What is not as the catalogue says (a price as text, custom properties that are no object) still
makes a well-formed event where it can, and else an `Unsendable`; nothing here raises for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from math import isfinite
from typing import Any

import orjson

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE, EventType
from braze_partners.events.records import EventRecord
from braze_partners.partners.amplitude.redaction import head
from currents.amplitude import straight
from currents.amplitude.limits import (
    MAX_EVENT_BYTES,
    MAX_EVENTS_PER_REQUEST,
    MAX_ID_CHARACTERS,
    MAX_KEPT_CHARACTERS,
    MAX_REQUEST_BYTES,
)
from currents.amplitude.straight import ADVERTISING, LIBRARY, LOCATION

# One space after a prefix (own reading; this is the one place to change).
PREFIXES = {
    "custom_properties": "[Custom event property] ",
    "purchase_properties": "[Purchase property] ",
}
# At top level and in event_properties: Amplitude has fields of its own for them.
TEXTS = ("platform", "os_version", "device_model")

# Amplitude never takes these (wire/amplitude-http-v2.md). They are compared as they are written
# there: filtering is final, while what Amplitude refuses besides can be replayed as a dead letter.
NEVER_VALID_IDS = frozenset(
    {
        *("anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", ""),
        *("00000000-0000-0000-0000-000000000000", "{}", "lmy47d", "0", "-1"),
    }
)

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_KEY_AT_HEAD = re.compile(rb'\{"api_key":("(?:[^"\\]|\\.)*")', re.DOTALL)
_OPTIONS = b'],"options":{"min_id_length":1}}'  # so that short external ids survive (own choice)


class Filtered(StrEnum):
    """Why nobody can be named to Amplitude for an event: a fate of the ledger, and final."""

    NO_IDENTITY = "no_identity"
    ANONYMOUS = "anonymous"
    INVALID_ID = "invalid_id"


class Unsendable(StrEnum):
    """Why no event can be made of a record: the cause of a dead letter."""

    UNREADABLE_PROPERTIES = "unreadable_properties"  # not a JSON object, or no JSON text
    NO_EVENT_NAME = "no_event_name"  # a custom event without a name
    TOO_LARGE = "too_large"


def is_valid_id(identifier: str) -> bool:
    return identifier not in NEVER_VALID_IDS and len(identifier) <= MAX_ID_CHARACTERS


def verdict(record: EventRecord, *, include_anonymous: bool) -> Filtered | None:
    """By the id that names the person: the external id, else the device's. None: it is sent."""
    named = record.external_user_id
    if not named:
        named = record.device_id
        if not named:
            return Filtered.NO_IDENTITY
        if not include_anonymous:
            return Filtered.ANONYMOUS
    return None if is_valid_id(named) else Filtered.INVALID_ID


# User and device, of which one may be missing.
SentIds = tuple[str | None, str | None]


def sent_ids(record: EventRecord) -> SentIds:
    """User id and device id as Amplitude gets them, which is what its limits count by.

    A device id that Amplitude never takes is left out beside a user id, since it would have the
    whole event refused (own choice; phones that hide their id send the zero UUID).
    """
    user, device = record.external_user_id or None, record.device_id
    if not device:
        return user, None
    return user, device if user is None or is_valid_id(device) else None


def event_body(
    record: EventRecord, event_type: EventType, ids: SentIds | None = None
) -> bytes | Unsendable:
    """One Amplitude event as JSON, of a record for which `verdict` was None. `ids`: as `sent_ids`
    gave them, where somebody asked before."""
    raw = bytes(record.properties)
    user, device = ids or sent_ids(record)
    body = straight.body(record, event_type.amplitude_name, user, device, raw)
    if body is None:
        event = _event(record, event_type, user, device, raw)
        if isinstance(event, Unsendable):
            return event
        try:
            body = orjson.dumps(event)
        except TypeError:  # no Unicode, a number beyond 64 bits, an abyss of nesting
            return Unsendable.UNREADABLE_PROPERTIES
    return body if len(body) <= MAX_EVENT_BYTES else Unsendable.TOO_LARGE


def _event(
    record: EventRecord, event_type: EventType, user: str | None, device: str | None, raw: bytes
) -> dict[str, Any] | Unsendable:
    try:
        properties = orjson.loads(raw)
    except ValueError:
        return Unsendable.UNREADABLE_PROPERTIES
    if type(properties) is not dict:
        return Unsendable.UNREADABLE_PROPERTIES
    name: str | None = event_type.amplitude_name
    if event_type.name == CUSTOM_EVENT and (name := _custom_name(event_type, properties)) is None:
        return Unsendable.NO_EVENT_NAME
    event = _envelope(record, name, user, device)
    _add_own_fields(event, properties)
    event["event_properties"] = _event_properties(event, event_type, properties, raw)
    return event


def _custom_name(event_type: EventType, properties: dict[str, Any]) -> str | None:
    name = _text(properties.get("name"))
    return event_type.amplitude_name.replace("{name}", name) if name else None


def _envelope(
    record: EventRecord, name: str | None, user: str | None, device: str | None
) -> dict[str, Any]:
    event: dict[str, Any] = {"event_type": name}
    if user:
        event["user_id"] = user
    if device:
        event["device_id"] = device
    event["time"] = record.time_ms
    event["insert_id"] = record.id
    event["library"] = LIBRARY
    return event


def _add_own_fields(event: dict[str, Any], properties: dict[str, Any]) -> None:
    for field in TEXTS:
        value = properties.get(field)
        if type(value) is str or (value is not None and (value := _text(value)) is not None):
            event[field] = value
    if "ad_id" in properties:
        kind, value = properties.get("ad_id_type"), _text(properties["ad_id"])
        field = ADVERTISING.get(kind, "") if isinstance(kind, str) else ""
        if field and value:
            event[field] = value


def _event_properties(
    event: dict[str, Any], event_type: EventType, properties: dict[str, Any], raw: bytes
) -> dict[str, Any] | orjson.Fragment:
    """Moves to the top level what has its place there, and returns the rest."""
    if event_type.name == LOCATION:
        _copy_number(event, "location_lat", properties.get("latitude"), within=90)
        _copy_number(event, "location_lng", properties.get("longitude"), within=180)
    elif event_type.name == PURCHASE:
        return _without_purchase_fields(event, _kept(properties))
    # As it came, when all of it is kept: writing it anew costs as much as reading it.
    if (
        b"null" in raw
        or "name" in properties
        or "custom_properties" in properties
        or "purchase_properties" in properties
    ):
        return _kept(properties)
    return orjson.Fragment(raw)


def _kept(properties: dict[str, Any]) -> dict[str, Any]:
    """Without nulls, the nested properties under their prefixes."""
    nested = [(prefix, properties.pop(key, None)) for key, prefix in PREFIXES.items()]
    properties.pop("name", None)
    if None in properties.values():
        properties = {key: value for key, value in properties.items() if value is not None}
    for prefix, inner in nested:
        if type(inner) is dict:
            for key, value in inner.items():
                if value is not None:
                    properties[prefix + key] = value
    return properties


def _without_purchase_fields(event: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """A product or price that Amplitude could not read stays where it can still be seen."""
    product = _text(kept.get("product_id"))
    if product is not None:
        event["productId"] = product
        del kept["product_id"]
    if _copy_number(event, "price", kept.get("price")):
        del kept["price"]
    return kept


def _text(value: Any) -> str | None:
    """A text, or a number as one; nothing else has a place in a field of texts."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if type(value) in (int, float) else None


def _copy_number(event: dict[str, Any], field: str, value: Any, within: float = 0) -> bool:
    """Takes a number, or one written as text; says whether it did."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if type(value) not in (int, float) or not isfinite(value) or (within and abs(value) > within):
        return False
    event[field] = value
    return True


def _key_part(api_key: str) -> bytes:
    return b'{"api_key":' + orjson.dumps(api_key) + b',"events":['


def request_body(api_key: str, bodies: Sequence[bytes]) -> bytes:
    """`bodies` are what `event_body` made."""
    return _key_part(api_key) + b",".join(bodies) + _OPTIONS


def body_size(api_key: str, events: int, event_bytes: int) -> int:
    """Bytes that `request_body` will have for so many events of so many bytes together."""
    return len(_key_part(api_key)) + event_bytes + max(events - 1, 0) + len(_OPTIONS)


def fitting(api_key: str, bodies: Iterable[bytes], max_bytes: int = MAX_REQUEST_BYTES) -> int:
    """How many from the beginning make one request; at least one, if there is any."""
    size, count = body_size(api_key, 0, 0), 0
    for body in bodies:
        size += len(body) + (1 if count else 0)
        if count and (size > max_bytes or count == MAX_EVENTS_PER_REQUEST):
            break
        count += 1
    return count


def masked(body: bytes, characters: int = MAX_KEPT_CHARACTERS) -> str:
    """The beginning of a request as text, its own API key masked wherever it stands."""
    key = _KEY_AT_HEAD.match(body)
    return head(body, orjson.loads(key[1]) if key else "", characters)
