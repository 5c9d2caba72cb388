"""Numbers, shares and times as docs/components.md, "Words", has them, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from braze_partners import formatting

EN, FR = "en_GB", "fr_FR"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 5, 12, 12, 32, 8, tzinfo=UTC)  # 14:32 in Paris
THIN, NBSP = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (1_284_930, "1,284,930", f"1{THIN}284{THIN}930"),
        (0, "0", "0"),
        (-5, "−5", "−5"),
        (None, "—", "—"),
    ],
)
def test_thousands_are_grouped(value: int | None, english: str, french: str) -> None:
    assert formatting.number(value, EN) == english
    assert formatting.number(value, FR) == french


@pytest.mark.parametrize(
    ("value", "written"), [(312, "+312"), (-54_206, "−54,206"), (0, "0"), (None, "—")]
)
def test_changes_carry_their_sign(value: int | None, written: str) -> None:
    assert formatting.signed(value, EN) == written


@pytest.mark.parametrize(
    ("share", "english", "french"),
    [
        (0.381, "38.1%", f"38,1{NBSP}%"),
        (0.02, "2.0%", f"2,0{NBSP}%"),
        (0, "0%", f"0{NBSP}%"),
        (1, "100%", f"100{NBSP}%"),
        (0.0004, "<0.1%", f"<0,1{NBSP}%"),
        (0.99999, ">99.9%", f">99,9{NBSP}%"),
        (None, "—", "—"),
    ],
)
def test_shares_have_one_decimal(share: float | None, english: str, french: str) -> None:
    assert formatting.percent(share, EN) == english
    assert formatting.percent(share, FR) == french


@pytest.mark.parametrize(
    ("milliseconds", "english", "french"),
    [
        (0, f"<1{NBSP}ms", f"<1{NBSP}ms"),
        (0.4, f"<1{NBSP}ms", f"<1{NBSP}ms"),
        (1, f"1{NBSP}ms", f"1{NBSP}ms"),
        (184, f"184{NBSP}ms", f"184{NBSP}ms"),
        (3_800, f"3.8{NBSP}s", f"3,8{NBSP}s"),
        (59_999, f"60.0{NBSP}s", f"60,0{NBSP}s"),
        (60_000, f"1{NBSP}min", f"1{NBSP}min"),
        (252_000, f"4{NBSP}min 12{NBSP}s", f"4{NBSP}min 12{NBSP}s"),
        (45_960_000, f"12{NBSP}h 46{NBSP}min", f"12{NBSP}h 46{NBSP}min"),
        (273_600_000, f"3{NBSP}d 4{NBSP}h", f"3{NBSP}j 4{NBSP}h"),
        (None, "—", "—"),
    ],
)
def test_durations_take_the_two_largest_units(
    milliseconds: float | None, english: str, french: str
) -> None:
    assert formatting.duration(milliseconds, EN) == english
    assert formatting.duration(milliseconds, FR) == french


@pytest.mark.parametrize(
    ("length", "english", "french"),
    [
        (timedelta(seconds=-3), f"0{NBSP}s", f"0{NBSP}s"),
        (timedelta(seconds=41.9), f"41{NBSP}s", f"41{NBSP}s"),
        (timedelta(seconds=100), f"1{NBSP}min 40{NBSP}s", f"1{NBSP}min 40{NBSP}s"),
        (timedelta(minutes=4), f"4{NBSP}min", f"4{NBSP}min"),
        (timedelta(hours=12, minutes=46), f"12{NBSP}h 46{NBSP}min", f"12{NBSP}h 46{NBSP}min"),
        (timedelta(hours=35, minutes=14), f"35{NBSP}h 14{NBSP}min", f"35{NBSP}h 14{NBSP}min"),
        (timedelta(days=5, hours=3), f"5{NBSP}d 3{NBSP}h", f"5{NBSP}j 3{NBSP}h"),
        (None, "—", "—"),
    ],
)
def test_spans_are_in_whole_steps_and_in_hours_for_four_days(
    length: timedelta | None, english: str, french: str
) -> None:
    assert formatting.span(length, EN) == english
    assert formatting.span(length, FR) == french


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [
        (694_000, f"694{NBSP}kB", f"694{NBSP}ko"),
        (1_240_000, f"1.2{NBSP}MB", f"1,2{NBSP}Mo"),
        (512, f"512{NBSP}B", f"512{NBSP}o"),
        (2_000_000_000, f"2{NBSP}GB", f"2{NBSP}Go"),
        (None, "—", "—"),
    ],
)
def test_sizes_are_decimal(count: int | None, english: str, french: str) -> None:
    assert formatting.size(count, EN) == english
    assert formatting.size(count, FR) == french


def test_times_of_today_and_yesterday_are_words_in_the_zone_of_the_workspace() -> None:
    with translation.override("en"):
        assert formatting.when(NOW, NOW, PARIS, EN) == "today 14:32"
        assert formatting.when(NOW, NOW, PARIS, EN, start=True) == "Today 14:32"
        assert formatting.when(NOW - timedelta(days=1), NOW, PARIS, EN) == "yesterday 14:32"
    late = datetime(2026, 5, 11, 22, 30, tzinfo=UTC)  # already the 12th in Paris
    assert formatting.when(late, NOW, PARIS, EN) == "today 00:30"


def test_other_days_are_named_with_the_year_only_when_it_is_another() -> None:
    earlier = datetime(2026, 5, 3, 1, 18, tzinfo=UTC)
    last_year = datetime(2025, 11, 3, 8, 12, tzinfo=UTC)
    assert formatting.when(earlier, NOW, PARIS, EN) == "3 May, 03:18"
    assert formatting.when(earlier, NOW, PARIS, FR) == "3 mai, 03:18"
    assert formatting.when(last_year, NOW, PARIS, EN) == "3 Nov 2025, 09:12"


def test_what_never_happened_is_never() -> None:
    with translation.override("en"):
        assert formatting.when(None, NOW, PARIS, EN) == "Never"
        assert formatting.ago(None, NOW, PARIS, EN) == "Never"
    assert formatting.clock(None, NOW, PARIS, EN) == "—"


def test_only_less_than_a_minute_is_relative() -> None:
    with translation.override("en"):
        four = formatting.ago(NOW - timedelta(seconds=4), NOW, PARIS, EN)
        minute = formatting.ago(NOW - timedelta(seconds=60), NOW, PARIS, EN)
    assert four == f"4{NBSP}s ago"
    assert minute == "today 14:31"


def test_where_there_is_little_room_today_is_not_said() -> None:
    assert formatting.hour(NOW, NOW, PARIS, EN) == "14:32"
    assert formatting.hour(NOW - timedelta(hours=36), NOW, PARIS, FR) == "11 mai, 02:32"


def test_logs_have_seconds() -> None:
    assert formatting.clock(NOW, NOW, PARIS, EN) == "14:32:08"
    assert formatting.clock(NOW - timedelta(days=2), NOW, PARIS, FR) == "10 mai, 14:32:08"


def test_the_exact_time_names_its_zone() -> None:
    exact = formatting.exact(NOW, PARIS, EN)
    assert exact == "Tuesday 12 May 2026, 14:32:08 Central European Summer Time"


def test_the_day_in_words_begins_with_a_capital_in_french_too() -> None:
    assert formatting.today_in_words(NOW, PARIS, FR) == "Mardi 12 mai 2026, 14:32"


@pytest.mark.parametrize(
    ("name", "letters"), [("Amélie Roy", "AR"), ("Jonas", "JO"), ("", "?"), ("a.b@c.d", "AD")]
)
def test_initials_are_two_letters(name: str, letters: str) -> None:
    assert formatting.initials(name) == letters
