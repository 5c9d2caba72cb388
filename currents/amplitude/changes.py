"""What was changed in an event on its way to Amplitude: the raw event beside the one that is sent,
field by field. Pure; how an event is made is payload.py's alone, this only compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from braze_partners.events.catalogue import CUSTOM_EVENT
from braze_partners.events.records import EventRecord
from currents.amplitude.payload import PREFIXES
from currents.amplitude.straight import ADVERTISING

USER = "user."
PROPERTIES = "properties."
SENT_PROPERTIES = "event_properties"

# Fields of the raw event that have another name at Amplitude.
RENAMED = {"id": "insert_id", "external_user_id": "user_id", "device_id": "device_id"}
# Properties that Amplitude has a field of its own for.
TOP_LEVEL = {
    "product_id": "productId",
    "price": "price",
    "platform": "platform",
    "os_version": "os_version",
    "device_model": "device_model",
    "latitude": "location_lat",
    "longitude": "location_lng",
}


class How(StrEnum):
    RENAMED = "renamed"
    MOVED = "moved"
    COPIED = "copied"
    PREFIXED = "prefixed"
    CHANGED = "changed"
    ADDED = "added"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Change:
    """`before` is the field's place in the raw event, `after` in what is sent; one is empty where
    it has no place there."""

    how: How
    before: str
    after: str


def raw_event(record: EventRecord) -> dict[str, Any]:
    """As it came, in the form of /currents/events; properties that nobody can read as text."""
    user = {
        "user_id": record.user_id,
        "external_user_id": record.external_user_id,
        "device_id": record.device_id,
    }
    seconds, rest = divmod(record.time_ms, 1_000)
    return {
        "id": record.id,
        "event_type": record.type,
        "time": record.time_ms / 1_000 if rest else seconds,
        "user": {name: value for name, value in user.items() if value is not None},
        "properties": _properties(record),
    }


def _properties(record: EventRecord) -> Any:
    raw = bytes(record.properties)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")


def changes(raw: Mapping[str, Any], sent: Mapping[str, Any]) -> list[Change]:
    """In the raw event's order; what went as it came is not told."""
    found = list(_of_envelope(raw, sent))
    if isinstance(raw["properties"], dict):
        found += _of_properties(raw, sent)
    return found


def _of_envelope(raw: Mapping[str, Any], sent: Mapping[str, Any]) -> Iterator[Change]:
    yield Change(How.RENAMED, "id", RENAMED["id"])
    yield Change(How.CHANGED, "event_type", "event_type")
    yield Change(How.CHANGED, "time", "time")
    for name in raw["user"]:
        after = RENAMED.get(name, "")
        if after not in sent:
            yield Change(How.LEFT_OUT, USER + name, "")
        else:
            how = How.RENAMED if after != name else How.MOVED
            yield Change(how, USER + name, after)
    yield Change(How.ADDED, "", "library")


def _of_properties(raw: Mapping[str, Any], sent: Mapping[str, Any]) -> Iterator[Change]:
    kept = sent.get(SENT_PROPERTIES) or {}
    for name, value in raw["properties"].items():
        if name in PREFIXES and isinstance(value, dict):
            yield from _of_nested(name, value, kept)
            continue
        top = _top_level(name, raw)
        if top in sent:
            how = How.COPIED if name in kept else How.MOVED
            yield Change(how, PROPERTIES + name, top)
        elif name not in kept:
            yield Change(How.LEFT_OUT, PROPERTIES + name, "")
        elif kept[name] != value:
            yield Change(How.CHANGED, PROPERTIES + name, f"{SENT_PROPERTIES}.{name}")


def _top_level(name: str, raw: Mapping[str, Any]) -> str:
    """The name of a custom event is a part of Amplitude's event type."""
    if name == "name" and raw["event_type"] == CUSTOM_EVENT:
        return "event_type"
    if name == "ad_id":
        kind = raw["properties"].get("ad_id_type")
        return ADVERTISING.get(kind, "") if isinstance(kind, str) else ""
    return TOP_LEVEL.get(name, "")


def _of_nested(place: str, values: Mapping[str, Any], kept: Mapping[str, Any]) -> Iterator[Change]:
    for name, value in values.items():
        before, after = f"{PROPERTIES}{place}.{name}", PREFIXES[place] + name
        if after not in kept:
            yield Change(How.LEFT_OUT, before, "")
        else:
            how = How.PREFIXED if kept[after] == value else How.CHANGED
            yield Change(how, before, f"{SENT_PROPERTIES}.{after}")
