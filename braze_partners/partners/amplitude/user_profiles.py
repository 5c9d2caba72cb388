"""Calls Amplitude's User Profile API (wire/amplitude-user-profile.md) and reads its answer. Knows
hosts, the path and the header; keeps nothing and logs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from braze_partners.partners.amplitude import calling
from braze_partners.partners.amplitude.cohort_answers import Kind, NotAnswered, ok_body
from braze_partners.partners.amplitude.hosts import NoHost, profile_url
from braze_partners.partners.amplitude.limits import MAX_PROFILE_BYTES

PATH = "/v1/userprofile"
WANTED = {"get_amp_props": "true", "get_cohort_ids": "true", "get_computations": "true"}
# Levels of nesting of a property's value that are kept.
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class UserProfile:
    """What Amplitude knows of a user. Computations stand among the properties."""

    user_id: str
    device_id: str
    properties: dict[str, Any]
    cohort_ids: list[str]


def ask(
    region: str, secret_key: str, *, user_id: str = "", device_id: str = "", seconds: float
) -> UserProfile | None:
    """None for a user and device that Amplitude has not seen. Raises NotAnswered; `seconds` bound
    the whole call."""
    try:
        address = profile_url(region) + PATH
    except NoHost as error:
        raise NotAnswered(Kind.NO_HOST, str(error)) from error
    who = {"user_id": user_id} if user_id else {"device_id": device_id}
    came_back = calling.get(
        f"{address}?{urlencode(who | WANTED)}",
        headers={"Authorization": f"Api-Key {secret_key}", "Accept": "application/json"},
        seconds=seconds,
        max_answer_bytes=MAX_PROFILE_BYTES,
    )
    try:
        body = ok_body(came_back, (secret_key,))
    except NotAnswered as refused:
        if refused.status == 400 and "not seen before" in refused.words:
            return None
        raise
    return _read(body)


def _read(body: bytes) -> UserProfile:
    try:
        found = orjson.loads(body)
    except ValueError:
        found = None
    user = found.get("userData") if isinstance(found, dict) else None
    if not isinstance(user, dict):
        raise NotAnswered(Kind.UNEXPECTED, "No userData in the answer", 200)
    properties, cohorts = user.get("amp_props"), user.get("cohort_ids")
    return UserProfile(
        user_id=_text(user.get("user_id")),
        device_id=_text(user.get("device_id")),
        properties=_storable(properties) if isinstance(properties, dict) else {},
        cohort_ids=[_text(one) for one in cohorts] if isinstance(cohorts, list) else [],
    )


def _text(found: object) -> str:
    """Without what PostgreSQL keeps in no text."""
    text = found if isinstance(found, str) else ""
    return "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff")


def _storable(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {_text(name): _storable(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_storable(one, depth + 1) for one in value]
    return _text(value) if isinstance(value, str) else value
