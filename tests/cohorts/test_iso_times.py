"""Every form of ISO 8601 that names a day is the moment that it names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts import iso_times

# Without a zone, as hypothesis wants them; the test writes one behind.
EARLIEST = datetime.fromisoformat("0002-01-01")
LATEST = datetime.fromisoformat("9998-01-01")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-01-21T19:20:30+05:00", "2021-01-21T14:20:30"),
        ("2021-01-21T19:20:30-03:30", "2021-01-21T22:50:30"),
        ("20210121T192030.25Z", "2021-01-21T19:20:30.250000"),
        ("2021-021T19,5", "2021-01-21T19:30:00"),
        ("2021-W03-4T19:20.5Z", "2021-01-21T19:20:30"),
        ("2020-366", "2020-12-31T00:00:00"),
        ("2021-01", "2021-01-01T00:00:00"),
        ("2021", "2021-01-01T00:00:00"),
        ("2021-01-21T24:00", "2021-01-22T00:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
    ],
)
def test_it_reads_the_moment(text: str, moment: str) -> None:
    assert iso_times.read(text).isoformat() == f"{moment}+00:00"


@given(
    st.datetimes(EARLIEST, LATEST),
    st.integers(-23 * 60, 23 * 60),
)
def test_what_python_writes_is_read_as_it_was(moment: datetime, minutes: int) -> None:
    away = timedelta(minutes=abs(minutes))
    sign = "-" if minutes < 0 else "+"
    text = f"{moment.isoformat()}{sign}{away.seconds // 3600:02}:{away.seconds // 60 % 60:02}"
    assert iso_times.read(text) == datetime.fromisoformat(text).astimezone(UTC)


@given(st.text(max_size=40))
def test_anything_else_is_refused_and_never_fails_otherwise(text: str) -> None:
    try:
        iso_times.read(text)
    except ValueError:
        pass
