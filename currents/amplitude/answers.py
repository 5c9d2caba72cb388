"""Reads what Amplitude answered into what to do next (wire/amplitude-http-v2.md). Pure.

Knows statuses, bodies and network failures; knows no events, no retrying and no database. What is
kept of an answer is its beginning, with the API key masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from braze_partners.partners.amplitude.redaction import head, without
from currents.amplitude.limits import MAX_CAUSE_CHARACTERS, MAX_KEPT_CHARACTERS

SILENCED = "Events silenced for device_id"
INVALID_KEY_BEGINS = "Invalid API key"
MISSING_FIELD = "Request missing required field"
# Not about any event: splitting the batch would make a dead letter of each.
ABOUT_THE_REQUEST = ("Invalid request path", "Missing request body")
NAMING_MAPS = (
    "events_with_invalid_fields",
    "events_with_missing_fields",
    "events_with_invalid_id_lengths",
)


class Refused(StrEnum):
    INVALID_KEY = "invalid_key"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"


class Unreached(StrEnum):
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    DNS = "dns"
    SERVER_ERROR = "server_error"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Said:
    """What every outcome keeps: the status, the beginning of the body, and in a few words what
    was said."""

    status: int | None
    body: str
    words: str


@dataclass(frozen=True, slots=True)
class Delivered(Said):
    ingested: int | None
    warning: str | None


@dataclass(frozen=True, slots=True)
class Throttled(Said):
    """Wait for these; nothing was ingested. Devices and users with their rate, those over the
    daily quota with their count; `indexes` are events, named beside the ids or instead of them."""

    devices: Mapping[str, int]
    users: Mapping[str, int]
    indexes: frozenset[int]
    quota_devices: Mapping[str, int]
    quota_users: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProjectThrottled(Said):
    """A 429 that names nobody: the project's own rate. Wait with everything."""


@dataclass(frozen=True, slots=True)
class Rejected(Said):
    """Take the named events out and send the rest: nothing was ingested. Causes are Amplitude's
    own words, by index and, for silenced devices, by device id. `throttled` are those to wait for
    that the same answer names. Where nothing is named the batch is split, as for a 413, until one
    event stands alone with `words`."""

    named: Mapping[int, str]
    devices: Mapping[str, str]
    throttled: Throttled | None

    @property
    def nothing_named(self) -> bool:
        return not self.named and not self.devices and self.throttled is None


@dataclass(frozen=True, slots=True)
class TooLarge(Said):
    """Split; a single event is a dead letter."""


@dataclass(frozen=True, slots=True)
class CredentialsRefused(Said):
    kind: Refused


@dataclass(frozen=True, slots=True)
class Unreachable(Said):
    """Try again later; the same insert ids keep Amplitude from counting twice what it did take."""

    kind: Unreached
    maybe_ingested: bool


@dataclass(frozen=True, slots=True)
class Unexpected(Said):
    """A failing destination: an answer that the API does not give, 3xx, 404 and other 4xx."""


Outcome = (
    Delivered
    | Throttled
    | ProjectThrottled
    | Rejected
    | TooLarge
    | CredentialsRefused
    | Unreachable
    | Unexpected
)


@dataclass(frozen=True, slots=True)
class _Read:
    """An answer with its body read, if it is a JSON object."""

    answer: Answer
    sent: int
    api_key: str
    content: Mapping[str, Any] | None = field(repr=False)

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def error(self) -> str:
        said = (self.content or {}).get("error")
        return said if isinstance(said, str) else ""

    def kept(self, words: str = "") -> tuple[int, str, str]:
        """The three fields of `Said`."""
        body = head(self.answer.body, self.api_key, MAX_KEPT_CHARACTERS)
        return self.status, body, self.cause(words or self.error or f"HTTP {self.status}")

    def cause(self, text: str) -> str:
        return without(self.api_key, text).replace("\0", " ")[:MAX_CAUSE_CHARACTERS]


def read(came_back: Answer | NetworkFailure, *, sent: int, api_key: str) -> Outcome:
    """`sent`: how many events the request had."""
    if isinstance(came_back, NetworkFailure):
        kind = Unreached(came_back.kind.value)
        words = came_back.words[:MAX_CAUSE_CHARACTERS]
        return Unreachable(came_back.status, "", words, kind, came_back.may_have_arrived)
    got = _Read(came_back, sent, api_key, _json_object(came_back))
    if 500 <= got.status < 600:
        return _server_error(got)
    return READERS.get(got.status, _unexpected)(got)


def _json_object(answer: Answer) -> Mapping[str, Any] | None:
    if answer.cut:
        return None
    try:
        content = orjson.loads(answer.body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _accepted(got: _Read) -> Outcome:
    """200. What is no answer of Amplitude's, a captive portal's page perhaps, delivered nothing
    for certain."""
    ingested = _count(got.content.get("events_ingested")) if got.content else None
    code = got.content.get("code") if got.content else None
    if code != 200 and (code is not None or ingested is None):
        return _garbage(got)
    warning = None
    if ingested is None:
        warning = "Amplitude does not say how many events it ingested"
    elif ingested != got.sent:
        warning = f"Amplitude ingested {ingested} of {got.sent} events"
    return Delivered(*got.kept("Success"), ingested, warning)


def _garbage(got: _Read) -> Unreachable:
    kept = got.kept("The answer is not one that Amplitude gives")
    return Unreachable(*kept, Unreached.GARBAGE, maybe_ingested=True)


def _bad_request(got: _Read) -> Outcome:
    if got.content is None or got.error in ABOUT_THE_REQUEST:
        return _unexpected(got)  # a proxy's page, or a wrong address: no event is to blame
    missing = got.content.get("missing_field") if got.error == MISSING_FIELD else None
    if got.error.startswith(INVALID_KEY_BEGINS) or missing == "api_key":
        return CredentialsRefused(*got.kept(), Refused.INVALID_KEY)
    return _unexpected(got) if missing == "events" else _rejected(got, got.content)


def _rejected(got: _Read, content: Mapping[str, Any]) -> Rejected:
    named: dict[int, str] = {}
    for map_name in NAMING_MAPS:
        for name, indexes in _entries(content.get(map_name)):
            for index in _indexes(indexes, got.sent):
                named.setdefault(index, got.cause(f"{map_name}: {name}" if name else map_name))
    for index in _indexes(content.get("silenced_events"), got.sent):
        named.setdefault(index, SILENCED)
    silenced = dict.fromkeys(_ids(content.get("silenced_devices")), SILENCED)
    words = got.error
    if words == MISSING_FIELD and isinstance(content.get("missing_field"), str):
        words = f"{words}: {content['missing_field']}"
    return Rejected(*got.kept(words), named, silenced, _throttled(got, content))


def _too_many(got: _Read) -> Outcome:
    return _throttled(got, got.content or {}) or ProjectThrottled(*got.kept())


def _throttled(got: _Read, content: Mapping[str, Any]) -> Throttled | None:
    """None where nobody is named."""
    devices, users, quota_devices, quota_users = (
        _ids(content.get(name))
        for name in (
            "throttled_devices",
            "throttled_users",
            "exceeded_daily_quota_devices",
            "exceeded_daily_quota_users",
        )
    )
    indexes = frozenset(_indexes(content.get("throttled_events"), got.sent))
    if not (devices or users or quota_devices or quota_users or indexes):
        return None
    return Throttled(*got.kept(), devices, users, indexes, quota_devices, quota_users)


def _too_large(got: _Read) -> Outcome:
    return TooLarge(*got.kept())


def _unauthorized(got: _Read) -> Outcome:
    return CredentialsRefused(*got.kept(), Refused.UNAUTHORIZED)


def _forbidden(got: _Read) -> Outcome:
    return CredentialsRefused(*got.kept(), Refused.FORBIDDEN)


def _server_error(got: _Read) -> Outcome:
    """Only a 503 says that nothing was ingested."""
    return Unreachable(*got.kept(), Unreached.SERVER_ERROR, maybe_ingested=got.status != 503)


def _unexpected(got: _Read) -> Outcome:
    """Another 2xx is no answer of Amplitude's either, but may hide one that took the events."""
    return _garbage(got) if 200 <= got.status < 300 else Unexpected(*got.kept())


READERS: dict[int, Callable[[_Read], Outcome]] = {
    200: _accepted,
    400: _bad_request,
    401: _unauthorized,
    403: _forbidden,
    413: _too_large,
    429: _too_many,
}


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _indexes(value: Any, sent: int) -> Iterator[int]:
    """Those that are places in the request that was sent; anything else names nobody."""
    if isinstance(value, list):
        yield from (index for index in value if type(index) is int and 0 <= index < sent)


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """A map of names to indexes; a bare list of indexes has no name."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield "", value


def _ids(value: Any) -> dict[str, int]:
    """A map of ids to rates or counts, or a bare list of ids."""
    if isinstance(value, dict):
        return {name: _count(amount) or 0 for name, amount in value.items()}
    return {name: 0 for name in value if isinstance(name, str)} if isinstance(value, list) else {}
