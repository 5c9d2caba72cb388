"""Which ids of an event count, and which are removed from it. Pure."""

from __future__ import annotations

from typing import Any

from braze_partners.sandbox.limits import STRING_LENGTH

# Ids that Amplitude never takes, from its documentation; capitals make no difference (own choice).
NEVER_VALID = frozenset(
    {
        *("anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", ""),
        *("00000000-0000-0000-0000-000000000000", "{}", "lmy47d", "0", "-1"),
    }
)


class InvalidId(Exception):
    """The id does not count."""


class IdTooShort(InvalidId):
    """It has fewer characters than the request's `min_id_length`."""


def counted_id(value: Any, min_length: int) -> str | None:
    """The id as it is kept; None when there is none. Whole numbers are read as text."""
    if value is None:
        return None
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str):
        raise InvalidId
    if len(value) < max(min_length, 1):
        raise IdTooShort
    if value.strip().lower() in NEVER_VALID:
        raise InvalidId
    return value[:STRING_LENGTH]
