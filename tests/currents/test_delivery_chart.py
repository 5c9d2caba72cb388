"""What the delivery chart shows in each state, and its steps of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from currents.condition import condition, found
from currents.delivery_chart import DeliveryChart, delivery_chart
from currents.fates import Fate
from currents.ledger import Balance, Point
from currents.spans import DAY, SPANS, WEEK
from currents.states import State
from tests.currents.factories import CredentialFailureFactory, CurrentFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 12, 12, 32, 8, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def chart(state: State, fates: dict[Fate, int], **columns: Any) -> DeliveryChart:
    current = CurrentFactory.create(state=state, **columns)
    if state == State.STOPPED:
        CredentialFailureFactory.create(current=current, began_at=NOW - timedelta(hours=1))
        CredentialFailureFactory.create(
            current=current,
            began_at=NOW - timedelta(days=3),
            ended_at=NOW - timedelta(days=2),
        )
    shown = condition(found(current.workspace).get(pk=current.pk), NOW)
    points = [Point(NOW - timedelta(days=1), Balance(fates))]
    return delivery_chart(DAY, points, shown)


def bars(made: DeliveryChart) -> dict[str, int]:
    return {one.label: one.total for one in made.bars}


def test_what_was_sent_at_once_stands_apart_from_what_needed_a_retry() -> None:
    made = chart(State.ACTIVE, {Fate.DELIVERED: 8, Fate.RETRIED: 2, Fate.WAITING: 1})
    assert bars(made) == {
        "Delivered at the first attempt": 8,
        "Delivered after a retry": 2,
        "Waiting": 1,
    }


def test_what_is_nothing_stands_not_in_the_legend() -> None:
    assert bars(chart(State.ACTIVE, {})) == {"Delivered at the first attempt": 0}


def test_a_stopped_current_shows_what_waits_and_what_was_dropped() -> None:
    made = chart(State.STOPPED, {Fate.DELIVERED: 8, Fate.RETRIED: 2, Fate.WAITING: 5})
    assert bars(made) == {"Delivered": 10, "Received, waiting": 5}
    dropped = chart(State.STOPPED, {Fate.DROPPED: 3, Fate.RETENTION: 1})
    assert bars(dropped)["Dropped"] == 4


def test_refusals_within_the_span_are_marked() -> None:
    made = chart(State.STOPPED, {})
    assert [mark.at for mark in made.marks] == [NOW - timedelta(hours=1)]
    assert "key refused" in made.summary


def test_an_outage_that_goes_on_is_marked() -> None:
    since = NOW - timedelta(minutes=20)
    (mark,) = chart(State.FAILING, {}, failing_since=since).marks
    assert (mark.at, mark.words) == (since, "no answer")


def test_the_steps_begin_at_whole_ones_of_the_local_day() -> None:
    since = DAY.chart_since(NOW, PARIS)
    assert since.astimezone(PARIS) == datetime(2026, 5, 11, 14, 30, tzinfo=PARIS)
    since = WEEK.chart_since(NOW, PARIS)
    assert since.astimezone(PARIS) == datetime(2026, 5, 5, 12, 0, tzinfo=PARIS)


def test_the_steps_follow_the_day_on_which_the_clock_changes() -> None:
    noon = datetime(2026, 3, 29, 10, 10, tzinfo=UTC)  # in Paris the day of summer time
    since = DAY.chart_since(noon, PARIS)
    assert (noon - timedelta(days=1)) - since < DAY.step


@pytest.mark.parametrize("span", SPANS.values(), ids=str)
def test_a_chart_has_a_few_dozen_steps_at_most(span: Any) -> None:
    begin = span.chart_since(NOW, timezone.get_default_timezone())
    assert 10 <= (NOW - begin) / span.step <= 58
