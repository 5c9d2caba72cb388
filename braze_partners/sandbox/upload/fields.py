"""The fields of an event and what may stand in them. Pure.

Amplitude documents the types and not what it does with others. Own choice: a number is no error
where text is wanted (it is what JavaScript sends), text is one where a number is wanted.
"""

from __future__ import annotations

from typing import Any

REQUIRED = "event_type"
IDS = ("user_id", "device_id")
OBJECTS = (
    *("event_properties", "user_properties", "groups", "group_properties"),
    *("plan", "ingestion_metadata"),
)
TEXTS = (
    *("insert_id", "app_version", "platform", "os_name", "os_version", "device_brand"),
    *("device_manufacturer", "device_model", "carrier", "country", "region", "city", "dma"),
    *("language", "productId", "revenueType", "ip", "idfa", "idfv", "adid", "android_id"),
    *("android_app_set_id", "library", "partner_id"),
)
NUMBERS = ("price", "revenue", "location_lat", "location_lng")
INTEGERS = ("quantity", "event_id", "session_id")

_ALLOWED: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(OBJECTS, (dict,)),
    **dict.fromkeys(TEXTS, (str, int, float)),
    **dict.fromkeys(NUMBERS, (int, float)),
    **dict.fromkeys(INTEGERS, (int,)),
}

# Milliseconds since 1970 that a time may have (own choice): seconds are below (1973 would be the
# first year they could mean), microseconds above (the year 5138).
EARLIEST_MS = 100_000_000_000
LATEST_MS = 100_000_000_000_000

# Levels of objects and arrays in an event's properties (Amplitude's documentation: 40 layers).
DEEPEST = 40


def wrong_fields(event: dict[str, Any]) -> list[str]:
    """The fields whose value has the wrong kind; what is null counts as absent."""
    found = []
    for name, value in event.items():
        allowed = _ALLOWED.get(name)
        if allowed and value is not None and type(value) not in allowed:
            found.append(name)
    if not right_time(event.get("time")):
        found.append("time")
    return found


def right_time(value: Any) -> bool:
    """Whether it is absent or milliseconds since 1970."""
    if value is None:
        return True
    return type(value) is int and EARLIEST_MS <= value < LATEST_MS


def is_too_deep(value: Any) -> bool:
    """Whether objects and arrays lie deeper in each other than Amplitude keeps; no recursion."""
    level = [value]
    for _layer in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def cut(value: Any, length: int) -> Any:
    """The same value with every string in it at most so long; keys stay as they are."""
    if isinstance(value, str):
        return value[:length]
    if isinstance(value, dict):
        return {key: cut(inner, length) for key, inner in value.items()}
    if isinstance(value, list):
        return [cut(inner, length) for inner in value]
    return value
