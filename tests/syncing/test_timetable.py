"""When a pull is due next: clocks that go back or forward neither skip a run nor double one."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cohorts.syncing.timetable import next_daily, next_hourly

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# All that people may choose, and those that do the oddest things.
ZONES = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
zones = st.sampled_from(ZONES).map(ZoneInfo)
FIRST, LAST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), LAST - FIRST).map(FIRST.__add__)
minutes, hours = st.integers(0, 59), st.integers(0, 23)
PARIS, LORD_HOWE = ZoneInfo("Europe/Paris"), ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")


def dailies(hour: int, minute: int, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    found = [after]
    for _ in range(count):
        found.append(next_daily(hour, minute, zone, found[-1]))
    return found[1:]


def hourlies(minute: int, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    found = [after]
    for _ in range(count):
        found.append(next_hourly(minute, zone, found[-1]))
    return found[1:]


def dates_it_has(zone: ZoneInfo, first: date, last: date) -> set[date]:
    """Dates on which the zone's clock stands at some moment."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - 2 * DAY
    count = ((last - first).days + 5) * 24
    seen = {(start + n * HOUR).astimezone(zone).date() for n in range(count)}
    return {one for one in seen if first <= one <= last}


@settings(max_examples=200, deadline=None)
@given(hour=hours, minute=minutes, zone=zones, after=moments)
@example(2, 30, PARIS, datetime(2026, 3, 27, tzinfo=UTC))
@example(2, 30, PARIS, datetime(2026, 10, 23, tzinfo=UTC))
@example(9, 0, APIA, datetime(2011, 12, 28, tzinfo=UTC))
@example(23, 59, LORD_HOWE, datetime(2026, 4, 3, tzinfo=UTC))
def test_a_daily_pull_is_due_once_on_every_date_that_the_zone_has(
    hour: int, minute: int, zone: ZoneInfo, after: datetime
) -> None:
    found = dailies(hour, minute, zone, after, 8)
    assert all(later - earlier > timedelta(0) for earlier, later in pairwise(found))
    assert after < found[0] <= after + 2 * DAY
    local = [due.astimezone(zone) for due in found]
    days = [one.date() for one in local]
    moved = [due for due in local if (due.hour, due.minute) != (hour, minute)]
    if not moved:
        assert len(set(days)) == len(days)
        assert dates_it_has(zone, days[0], days[-1]) == set(days)
    assert len(moved) <= 1


@settings(max_examples=200, deadline=None)
@given(minute=minutes, zone=zones, after=moments)
@example(15, PARIS, datetime(2026, 3, 28, 22, tzinfo=UTC))
@example(15, PARIS, datetime(2026, 10, 24, 22, tzinfo=UTC))
@example(45, LORD_HOWE, datetime(2026, 4, 4, 12, tzinfo=UTC))
@example(15, LORD_HOWE, datetime(2026, 10, 3, 12, tzinfo=UTC))
def test_an_hourly_pull_is_due_at_its_minute_of_every_hour(
    minute: int, zone: ZoneInfo, after: datetime
) -> None:
    found = hourlies(minute, zone, after, 8)
    local = [due.astimezone(zone) for due in found]
    assert {one.minute for one in local} == {minute}
    gaps = {later - earlier for earlier, later in pairwise(found)}
    offsets = {one.utcoffset() for one in local}
    if all((offset or DAY) % HOUR == (local[0].utcoffset() or DAY) % HOUR for offset in offsets):
        assert gaps == {HOUR}
    # Where a clock moves by part of an hour, none comes twice and none is left out.
    names = [one.replace(tzinfo=None) for one in local]
    again = [b - a for a, b in pairwise(found) if b.astimezone(zone).fold]
    assert len(set(names)) == len(names) or all(gap >= HOUR for gap in again)
    assert all(gap < 2 * HOUR + timedelta(minutes=30) for gap in gaps)


def test_a_time_that_a_day_does_not_have_is_due_later_by_the_gap() -> None:
    due = next_daily(2, 30, PARIS, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert due.astimezone(PARIS).hour == 3


def test_a_time_that_a_day_has_twice_is_due_the_first_time_only() -> None:
    first = next_daily(2, 30, PARIS, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_daily(2, 30, PARIS, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_the_hour_that_comes_twice_has_two_hourly_pulls_an_hour_apart() -> None:
    found = hourlies(15, PARIS, datetime(2026, 10, 25, 0, tzinfo=UTC), 3)
    assert [due.astimezone(PARIS).hour for due in found] == [2, 2, 3]


def test_half_an_hour_that_comes_twice_has_one_hourly_pull() -> None:
    found = hourlies(45, LORD_HOWE, datetime(2026, 4, 4, 14, 30, tzinfo=UTC), 3)
    assert [due.astimezone(LORD_HOWE).hour for due in found] == [1, 2, 3]


@pytest.mark.parametrize("second", [0, 1, 59])
def test_who_asks_at_the_minute_itself_gets_the_next(second: int) -> None:
    now = datetime(2026, 5, 11, 3, 15, second, tzinfo=UTC)
    assert next_hourly(15, PARIS, now) == datetime(2026, 5, 11, 4, 15, tzinfo=UTC)
