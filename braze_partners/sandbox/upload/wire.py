"""The words of Amplitude's upload API: endpoints, error texts, answer bodies. Pure.

Facts are from Amplitude's public documentation; what it does not say is marked as our own choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

INVALID_PATH = "Invalid request path"
MISSING_BODY = "Missing request body"
INVALID_JSON = "Invalid JSON request body"
MISSING_FIELD = "Request missing required field"
INVALID_EVENT = "Invalid event JSON"
INVALID_KEY = "Invalid API key"
INVALID_VALUES = "Invalid field values on some events"
SILENCED = "Events silenced for device_id"
TOO_LARGE = "Payload too large"
TOO_MANY = "Too many requests for some devices and users"
FORBIDDEN = "Forbidden"


class Endpoint(Enum):
    """The two ways in; they take the same bodies and differ in their limits."""

    HTTP_V2 = "httpapi"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and its JSON; `code` in the body always equals the status."""

    status: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.status, **self.facts}

    @property
    def error(self) -> str:
        return str(self.facts.get("error", ""))


class Refused(Exception):
    """Nothing of the request is ingested; the answer says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.error)
        self.answer = answer


Indexes = Mapping[str, Sequence[int]]


def accepted(events: int, payload_bytes: int, now_ms: int) -> Answer:
    facts = {
        "events_ingested": events,
        "payload_size_bytes": payload_bytes,
        "server_upload_time": now_ms,
    }
    return Answer(200, facts)


def bad_request(text: str, **more: Any) -> Answer:
    return Answer(400, {"error": text, **more})


def missing(field_name: str) -> Answer:
    return bad_request(MISSING_FIELD, missing_field=field_name)


def invalid_key(key: str) -> Answer:
    """The real one repeats the key it was given, which is why callers mask what they keep."""
    return bad_request(f"{INVALID_KEY}: {key}")


def invalid_events(*, missing: Indexes, invalid: Indexes, lengths: Indexes) -> Answer:
    """Names events by index; an empty map is left out, as it is in the documented examples."""
    text = MISSING_FIELD if missing and not (invalid or lengths) else INVALID_VALUES
    maps = {
        "events_with_missing_fields": missing,
        "events_with_invalid_fields": invalid,
        "events_with_invalid_id_lengths": lengths,
    }
    named = {
        name: {key: list(indexes) for key, indexes in map_.items()} for name, map_ in maps.items()
    }
    return bad_request(text, **{name: found for name, found in named.items() if found})


def silenced(devices: Sequence[str], events: Sequence[int], threshold: int) -> Answer:
    return bad_request(
        SILENCED,
        eps_threshold=threshold,
        silenced_devices=list(devices),
        silenced_events=list(events),
        throttled_devices={},
        throttled_events=[],
        exceeded_daily_quota_devices={},
    )


def too_large() -> Answer:
    return Answer(413, {"error": TOO_LARGE})


@dataclass(frozen=True, slots=True)
class Excess:
    """Who is above the rate (events a second) or the daily quota (events), and their events."""

    devices: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, int] = field(default_factory=dict)
    quota_devices: Mapping[str, int] = field(default_factory=dict)
    quota_users: Mapping[str, int] = field(default_factory=dict)
    events: Sequence[int] = ()


def too_many(excess: Excess, threshold: int) -> Answer:
    """An excess that names nobody is the project's own rate."""
    facts = {
        "error": TOO_MANY,
        "eps_threshold": threshold,
        "throttled_devices": dict(excess.devices),
        "throttled_users": dict(excess.users),
        "throttled_events": list(excess.events),
        "exceeded_daily_quota_devices": dict(excess.quota_devices),
        "exceeded_daily_quota_users": dict(excess.quota_users),
    }
    return Answer(429, facts)
