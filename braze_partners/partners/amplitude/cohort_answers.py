"""Reads what the Behavioral Cohorts API answers (wire/amplitude-cohorts.md). Pure.

Knows statuses, bodies and network failures; knows no path and no database. What is kept of an
answer that is not as documented is its beginning, with the keys masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from braze_partners.partners.amplitude.redaction import head, without

WORDS_KEPT = 300  # characters of an answer's own words


class Kind(StrEnum):
    """Why a call did not answer what was asked."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    THROTTLED = "throttled"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    DNS = "dns"
    GARBAGE = "garbage"
    SERVER_ERROR = "server_error"
    UNEXPECTED = "unexpected"
    NO_HOST = "no_host"
    REDIRECT = "redirect"


# What may be otherwise in a minute; the rest is so until somebody changes something.
PASSING = frozenset(
    {
        Kind.THROTTLED,
        Kind.TIMEOUT,
        Kind.CONNECTION,
        Kind.DNS,
        Kind.GARBAGE,
        Kind.SERVER_ERROR,
        Kind.UNEXPECTED,
        Kind.NO_HOST,
    }
)


class NotAnswered(Exception):
    """`words` are Amplitude's or the system's own, without secrets; `retry_after` is in seconds."""

    def __init__(
        self, kind: Kind, words: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind, self.words, self.status = kind, words, status
        self.retry_after = retry_after


class JobState(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RemoteCohort:
    """A cohort as Amplitude lists it; `size` is as of `last_computed`."""

    id: str
    name: str
    description: str
    size: int | None
    archived: bool
    hidden: bool
    last_computed: datetime | None


def ok_body(came_back: Answer | NetworkFailure, secrets: Sequence[str]) -> bytes:
    """The body of a 200 or 202. Raises NotAnswered for all else."""
    if isinstance(came_back, NetworkFailure):
        raise NotAnswered(Kind(came_back.kind.value), came_back.words, came_back.status)
    if came_back.status not in (200, 202):
        raise refusal(came_back, secrets)
    if came_back.cut:
        raise NotAnswered(Kind.TOO_LARGE, f"More than {len(came_back.body):,} bytes", 200)
    return came_back.body


def refusal(answer: Answer, secrets: Sequence[str]) -> NotAnswered:
    """What another status than the documented ones means."""
    kinds = {401: Kind.UNAUTHORIZED, 403: Kind.FORBIDDEN, 429: Kind.THROTTLED}
    kinds |= {404: Kind.NOT_FOUND, 400: Kind.NOT_FOUND, 413: Kind.TOO_LARGE}
    other = Kind.SERVER_ERROR if answer.status >= 500 else Kind.UNEXPECTED
    kind = kinds.get(answer.status, other)
    return NotAnswered(kind, words(answer, secrets), answer.status, _seconds(answer.retry_after))


def words(answer: Answer, secrets: Sequence[str]) -> str:
    """The error's own sentence where the body is JSON with one, else the body's beginning."""
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        found = None
    if isinstance(found, dict):
        for name in ("error", "message", "description"):
            inner = found.get(name)
            if isinstance(inner, dict):
                inner = inner.get("message")
            if isinstance(inner, str) and inner.strip():
                return _masked(inner, secrets)
    return _head(answer.body, secrets)


def cohorts(body: bytes, secrets: Sequence[str]) -> list[RemoteCohort]:
    """Those that can be named and asked for. Raises NotAnswered for another shape."""
    found = _object(body, secrets).get("cohorts")
    if not isinstance(found, list):
        raise _unexpected(body, secrets)
    return [_cohort(one) for one in found if isinstance(one, dict) and _is_id(one.get("id"))]


def request_id(body: bytes, secrets: Sequence[str]) -> str:
    found = _object(body, secrets).get("request_id")
    if not _is_id(found):
        raise _unexpected(body, secrets)
    return str(found)


def job_state(body: bytes, secrets: Sequence[str]) -> JobState:
    """`JOB INPROGRESS`, `JOB COMPLETED`, and `JOB FAILED` in our own reading."""
    said = str(_object(body, secrets).get("async_status", "")).upper()
    for mark, state in (
        ("COMPLETED", JobState.COMPLETED),
        ("FAILED", JobState.FAILED),
        ("PROGRESS", JobState.RUNNING),
    ):
        if mark in said:
            return state
    raise _unexpected(body, secrets)


def _cohort(one: dict[str, Any]) -> RemoteCohort:
    size, computed = one.get("size"), one.get("lastComputed")
    return RemoteCohort(
        id=str(one["id"]),
        name=_line(one.get("name"), 255) or str(one["id"]),
        description=_line(one.get("description"), 1_000),
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        archived=bool(one.get("archived")),
        hidden=bool(one.get("hidden")),
        last_computed=_moment(computed),
    )


def _is_id(found: object) -> bool:
    """What can stand in an address and in a column."""
    return isinstance(found, str) and 0 < len(found) <= 255 and found.isprintable()


def _line(found: object, at_most: int) -> str:
    """Without what PostgreSQL keeps in no text."""
    text = found if isinstance(found, str) else ""
    kept = "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff")
    return kept[:at_most]


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(header: str) -> float | None:
    """The form in seconds; a date is not read."""
    text = header.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _object(body: bytes, secrets: Sequence[str]) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _unexpected(body, secrets)
    return found


def _unexpected(body: bytes, secrets: Sequence[str]) -> NotAnswered:
    return NotAnswered(Kind.UNEXPECTED, _head(body, secrets), 200)


def _head(body: bytes, secrets: Sequence[str]) -> str:
    longest = max(secrets, key=len, default="")
    return _masked(" ".join(head(body, longest, WORDS_KEPT).split()), secrets)


def _masked(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = without(secret, text)
    return text.replace("\0", "")[:WORDS_KEPT]
