"""Reads a moment written as ISO 8601, in each of the forms that clients send. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

# A date alone, or with a time to the minute, the second or any fraction of it; `12:30:00:123` is
# the form that Braze's documentation names besides ISO 8601.
_FORM = re.compile(
    r"(?P<day>[0-9]{4}-?[0-9]{2}-?[0-9]{2})"
    r"(?:[Tt ](?P<clock>[0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)(?:[.,:](?P<fraction>[0-9]{1,12}))?"
    r" ?(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


def read(text: str) -> datetime:
    """The moment in UTC, to the microsecond; without an offset it is UTC. Raises ValueError."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, clock, fraction, offset = found.groups()
    if clock is None:
        born = date.fromisoformat(day)
        return datetime(born.year, born.month, born.day, tzinfo=UTC)
    part = f".{fraction[:6]:0<6}" if fraction else ""
    try:
        moment = datetime.fromisoformat(f"{day}T{_whole(clock)}{part}{(offset or 'Z').upper()}")
        return moment.astimezone(UTC)
    except OverflowError as error:  # an offset that leads out of the calendar
        raise ValueError(text) from error


def _whole(clock: str) -> str:
    """With colons and seconds, so that a fraction has something to stand behind."""
    digits = clock.replace(":", "")
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:] or '00'}"
