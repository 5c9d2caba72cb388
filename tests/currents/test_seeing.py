"""Small readings of a Current's page: its condition, hot ids, causes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from currents import hot, pacing
from currents.attempts import lanes
from currents.causes import OTHER_HINT, causes, hint
from currents.condition import Condition, condition, found
from currents.facts import facts
from currents.fates import Fate
from currents.models import Attempt, Current
from currents.pacing import HotId
from currents.states import State
from tests.currents.factories import (
    AttemptFactory,
    CurrentFactory,
    DeadLetterFactory,
    HoldFactory,
    LedgerEntryFactory,
    now,
)

pytestmark = pytest.mark.django_db

NBSP = "\u00a0"


@pytest.fixture
def current(db: None) -> Current:
    made: Current = CurrentFactory.create()
    return made


def seen(current: Current) -> Condition:
    return condition(found(current.workspace).get(pk=current.pk), now())


def waits(current: Current, minutes: int, count: int) -> None:
    at = (now() - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    LedgerEntryFactory.create(current=current, minute=at, fate=Fate.WAITING, count=count)


def test_what_came_just_now_is_under_way_not_behind(current: Current) -> None:
    waits(current, 0, 300)
    assert (seen(current).waiting, seen(current).behind) == (300, 0)
    waits(current, 10, 1_000)
    assert seen(current).behind == 1_300


def test_what_waits_for_a_held_id_is_not_behind(current: Current) -> None:
    waits(current, 5, 1_000)
    HoldFactory.create(current=current, waiting=1_000, since=now() - timedelta(minutes=5))
    assert seen(current).behind == 0
    waits(current, 30, 40)
    assert seen(current).behind == 40


def test_the_rate_is_of_what_was_delivered_within_ten_seconds(current: Current) -> None:
    AttemptFactory.create(current=current, events=9_000, at=now() - timedelta(seconds=30))
    AttemptFactory.create(current=current, events=500)
    AttemptFactory.create(current=current, events=700, outcome=Attempt.Outcome.THROTTLED)
    assert seen(current).rate == 50.0
    assert "50 events/s in the last 10 s" in facts(seen(current))


def test_an_idle_current_says_when_it_last_delivered(current: Current) -> None:
    assert facts(seen(current)) == ["No event has been delivered yet"]
    current.lanes.filter(lane=2).update(delivered_at=now() - timedelta(seconds=2))
    assert facts(seen(current))[0].startswith(f"Last delivery 2{NBSP}s ago")


def test_a_failing_current_says_since_when_and_that_none_is_dropped(current: Current) -> None:
    Current.objects.filter(pk=current.pk).update(
        state=State.FAILING, failing_since=now() - timedelta(minutes=5)
    )
    waits(current, 4, 1)
    said = facts(seen(current))
    assert said[0].startswith("Failing since")
    assert said[1:] == ["1 event waits", "an outage drops none"]


def test_a_hold_and_its_rate_are_one_row(current: Current, monkeypatch: Any) -> None:
    HoldFactory.create(current=current, identity="d1", device_id="d1", waiting=1_204)
    HoldFactory.create(current=current, identity="u1", user_id="u1", waiting=88)
    fast = [
        HotId("device", "d1", 30.0, 41_290),
        HotId("user", "u9", 14.2, 2_077),
        HotId("user", "quiet", 0.1, 3),
    ]
    monkeypatch.setattr(pacing, "hot", lambda project, limit, now: fast)
    rows = hot.hot_rows(current, now())
    assert [(row.kind, row.identifier, row.held, row.per_second) for row in rows] == [
        ("device", "d1", 1_204, 30.0),
        ("user", "u1", 88, None),
        ("user", "u9", 0, 14.2),
    ]
    assert rows[0].share == 1.0


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("events_with_invalid_fields: time", "time"),
        ("events_with_missing_fields: user_id", "user ID"),
        ("events_with_missing_fields: device_id", "device ID"),
        ("events_with_invalid_id_lengths: user_id", "never accepts"),
        ("events_with_invalid_fields: price", "of a kind that"),
        ("Request missing required field: event_type", "requires"),
        ("Events silenced for device_id", "silenced"),
        ("Payload too large", "above 1 MB"),
        ("too_large", "above 1 MB"),
        ("unreadable_properties", "no JSON object"),
        ("no_event_name", "without a name"),
    ],
)
def test_each_cause_has_a_hint_that_says_what_to_do(cause: str, told: str) -> None:
    assert told in hint(cause)


def test_what_nobody_foresaw_has_a_hint_too() -> None:
    assert hint("Teapot") == str(OTHER_HINT)


def test_causes_are_grouped_in_one_query(current: Current, django_assert_num_queries: Any) -> None:
    late = now() + timedelta(hours=1)
    for kind in ("users.messages.email.Open", "users.messages.email.Click"):
        DeadLetterFactory.create_batch(2, current=current, cause="A", event_type=kind)
    DeadLetterFactory.create(current=current, cause="A", at=late)
    DeadLetterFactory.create(current=current, cause="B", status=None)
    with django_assert_num_queries(1):
        first, second = causes(current)
    assert (first.cause, first.count, first.last_at) == ("A", 5, late)
    assert first.kinds == ["Email Open", "Email Click"]
    assert (second.cause, second.status) == ("B", None)


def test_lanes_are_told_as_one_or_as_a_range() -> None:
    assert lanes(Attempt(first_lane=9, last_lane=9)) == "9"
    assert lanes(Attempt(first_lane=4, last_lane=7)) == "4–7"
