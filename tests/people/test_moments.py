"""Every form of ISO 8601 that clients send is read; what is none of them is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from braze_partners.people import moments

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
FIRST, LAST = (
    moment.replace(tzinfo=None)
    for moment in (datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC))
)
MOMENTS = st.datetimes(FIRST, LAST, timezones=ZONES)


@given(MOMENTS, st.sampled_from(["auto", "milliseconds", "microseconds"]), st.sampled_from("Tt "))
def test_what_python_writes_is_read_back(moment: datetime, spec: str, separator: str) -> None:
    text = moment.isoformat(timespec=spec).replace("T", separator)
    assert moments.read(text) == datetime.fromisoformat(text.upper())
    assert moments.read(text).tzinfo is UTC


@given(st.text())
def test_any_other_text_is_refused_by_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        moments.read(text + "?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-11", "2026-05-11T00:00:00+00:00"),
        ("20260511", "2026-05-11T00:00:00+00:00"),
        ("2026-05-11T03:18", "2026-05-11T03:18:00+00:00"),
        ("2026-05-11 03:18:00", "2026-05-11T03:18:00+00:00"),
        ("20260511T0318Z", "2026-05-11T03:18:00+00:00"),
        ("2026-05-11T03:18:00,25-0130", "2026-05-11T04:48:00.250000+00:00"),
        ("2026-05-11T03:18:00:007+0000", "2026-05-11T03:18:00.007000+00:00"),
        ("2026-05-11T03:18:00.1234567891Z", "2026-05-11T03:18:00.123456+00:00"),
    ],
)
def test_short_basic_and_long_forms_are_read(text: str, expected: str) -> None:
    assert moments.read(text).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "now", "2026", "2026-05", "2026-W19-1", "2026-13-01", "2026-02-29", "26-05-11"),
        *("2026-05-11T", "2026-05-11T03", "2026-05-11T24:00:00Z", "2026-05-11T03:18:60Z"),
        *("2026-05-11T03:18:00+25:00", "2026-05-11T03:18:00 CET", "2026-05-11X03:18:00Z"),
        *("0000-01-01", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"),
        *("2026-05-11T03:18:00Z\n", " 2026-05-11", "1778469480", "٢٠٢٦-05-11"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        moments.read(text)
