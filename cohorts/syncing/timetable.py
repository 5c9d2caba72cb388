"""When a pull is due next, on a clock of some time zone. Pure.

Clocks that go back or forward neither skip a run nor double one. A daily time that a day does not
have is due as much later as the clock went forward; one that a day has twice is due the first time.
Hourly runs come at the chosen minute of each real hour; where a clock goes back by less than an
hour, the minute that comes again within the hour is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def next_daily(hour: int, minute: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment later than `after`, in UTC. Each date of the zone has one, except that
    two dates may share one where a zone has left a whole day out."""
    today = after.astimezone(zone).date()
    for days in range(-1, 4):
        date = today + days * DAY
        moment = datetime(date.year, date.month, date.day, hour, minute, tzinfo=zone)
        due = moment.astimezone(UTC)  # fold=0: the first of two; after a gap, later by the gap
        if due > after:
            return due
    raise AssertionError("four days hold a next one")


def next_hourly(minute: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment later than `after`, in UTC."""
    for due in _minutes(after):
        local = due.astimezone(zone)
        if local.minute == minute and not _came_within_the_hour(due, local, zone):
            return due
    raise AssertionError("three hours hold a next one")


def _minutes(after: datetime) -> Iterator[datetime]:
    first = after.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
    return (first + count * MINUTE for count in range(3 * 60))


def _came_within_the_hour(due: datetime, local: datetime, zone: ZoneInfo) -> bool:
    if not local.fold:
        return False
    return due - local.replace(fold=0, tzinfo=zone).astimezone(UTC) < HOUR
