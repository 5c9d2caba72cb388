"""When dropping starts and when the contact is told, with every moment passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from currents.clock import clock

BEGAN = datetime(2026, 5, 11, 1, 18, tzinfo=UTC)
WINDOW = timedelta(hours=48)


def at(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


def test_dropping_starts_a_window_after_the_failure_for_what_waited_before_it() -> None:
    shown = clock(BEGAN, WINDOW, at(35), at(-3))
    assert shown.dropping_at == at(48)
    assert shown.remaining == timedelta(hours=13)
    assert not shown.is_over


def test_what_came_later_has_the_whole_window_from_its_own_arrival() -> None:
    shown = clock(BEGAN, WINDOW, at(35), at(10))
    assert shown.dropping_at == at(58)
    assert shown.remaining == timedelta(hours=23)


def test_with_nothing_waiting_an_event_of_this_moment_would_be_the_first_to_go() -> None:
    shown = clock(BEGAN, WINDOW, at(47), None)
    assert shown.remaining == WINDOW


def test_the_contact_is_told_at_shares_of_the_window_that_stand_on_the_bar() -> None:
    marks = clock(BEGAN, WINDOW, at(35), at(0)).marks
    assert [(mark.stage, mark.at) for mark in marks] == [
        ("first", BEGAN),
        ("half", at(24)),
        ("three_quarters", at(36)),
        ("nine_tenths", BEGAN + WINDOW * 0.9),
    ]
    assert [mark.place for mark in marks] == [0.0, 0.5, 0.75, 0.9]


def test_the_marks_stay_at_their_times_where_the_bar_is_longer() -> None:
    shown = clock(BEGAN, WINDOW, at(20), at(16))
    assert [mark.place for mark in shown.marks] == [0.0, 0.375, 0.5625, 0.675]
    assert shown.passed == 20 / 64


def test_it_is_over_when_the_oldest_waiting_event_is_due_to_be_dropped() -> None:
    assert not clock(BEGAN, WINDOW, at(48) - timedelta(seconds=1), at(0)).is_over
    shown = clock(BEGAN, WINDOW, at(50), at(0))
    assert shown.is_over
    assert (shown.remaining, shown.passed) == (timedelta(), 1.0)


def test_a_clock_that_was_set_back_shows_an_empty_bar() -> None:
    assert clock(BEGAN, WINDOW, at(-1), at(-2)).passed == 0.0
