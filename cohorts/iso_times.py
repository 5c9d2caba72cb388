"""Reads `created_at` in every form of ISO 8601 that names a day: calendar, week and ordinal dates,
months and years, times to the hour or any fraction, offsets, midnight as 24:00. Pure.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

_ORDINAL = re.compile(r"([0-9]{4})-?([0-9]{3})")
_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_CLOCK = re.compile(
    r"([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2}))?)?(?:[.,]([0-9]{1,12}))?"
    r"(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def read(text: str) -> datetime:
    """The moment in UTC; without an offset it is UTC, without a time the beginning of the day.
    Raises ValueError."""
    if not text.isascii():
        raise ValueError(text)
    day, mark, clock = text.upper().replace(" ", "T", 1).partition("T")
    midnight = datetime.combine(_day(day), datetime.min.time(), UTC)
    try:
        return midnight + _clock(clock) if mark else midnight
    except OverflowError as error:  # an offset that leads out of the calendar
        raise ValueError(text) from error


def _day(text: str) -> date:
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal:
        year, day = int(ordinal[1]), int(ordinal[2])
        found = date(year, 1, 1) + timedelta(days=day - 1)
        if found.year != year:
            raise ValueError(text)
        return found
    month = _MONTH.fullmatch(text)
    if month:
        return date(int(month[1]), int(month[2] or 1), 1)
    return date.fromisoformat(text)


def _clock(text: str) -> timedelta:
    """From the day's midnight in UTC. A fraction is of the last unit that is there."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds, fraction, _, sign, east, beyond = found.groups()
    passed = int(hours) * HOUR + int(minutes or 0) * MINUTE + int(seconds or 0) * SECOND
    if fraction:
        unit = SECOND if seconds else MINUTE if minutes else HOUR
        passed += unit * int(fraction) / 10 ** len(fraction)
    # 23:59:60 is a second that was put in.
    if int(minutes or 0) > 59 or int(seconds or 0) > 60 or passed > 24 * HOUR:
        raise ValueError(text)
    return passed - _offset(sign, east, beyond)


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timedelta:
    if sign is None:
        return timedelta()
    away = int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
    if int(minutes or 0) > 59:
        raise ValueError(minutes)
    timezone(away)  # it refuses a day and more
    return away if sign == "+" else -away
