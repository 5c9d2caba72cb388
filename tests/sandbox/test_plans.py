"""What a sync sends and when it tries again, without database, clock or network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from braze_partners.sandbox.charts import size_chart
from braze_partners.sandbox.limits import IDS_PER_REQUEST, RETRY_DELAYS
from braze_partners.sandbox.planning import Delta, cohort_changes, delta, requests_of
from braze_partners.sandbox.retrying import Answer, Verdict, next_attempt, verdict

NOW = datetime(2026, 5, 12, 9, 40, tzinfo=UTC)
identifiers = st.sets(st.sampled_from("abcdefgh"))


@given(identifiers, identifiers, identifiers, st.booleans())
def test_a_delta_leads_to_the_members_whatever_became_of_the_uncertain(
    current: set[str], certain: set[str], uncertain: set[str], full: bool
) -> None:
    uncertain -= certain
    plan = delta(current, certain, uncertain, full=full)

    for held in (certain, certain | uncertain):
        assert (held | set(plan.adds)) - set(plan.removes) == current
    assert not set(plan.adds) & set(plan.removes)


def test_a_delta_without_doubts_names_nobody_needlessly() -> None:
    assert delta({"a", "b"}, {"b", "c"}, []) == Delta(["a"], ["c"])


def test_requests_hold_at_most_1000_identifiers_of_both_kinds() -> None:
    plan = Delta([f"a{n}" for n in range(1_702)], [f"r{n}" for n in range(1_490)])

    parts = list(requests_of(plan))

    assert [len(part.adds) + len(part.removes) for part in parts] == [1_000, 1_000, 1_000, 192]
    assert len(parts) == plan.request_count
    assert [one for part in parts for one in part.adds] == plan.adds
    assert [one for part in parts for one in part.removes] == plan.removes
    assert IDS_PER_REQUEST == 1_000


def test_additions_and_removals_are_two_objects() -> None:
    assert cohort_changes(Delta(["a"], ["b"]), "user_id") == [
        {"user_ids": ["a"], "device_ids": [], "aliases": []},
        {"user_ids": ["b"], "device_ids": [], "aliases": [], "should_remove": True},
    ]
    assert cohort_changes(Delta([], []), "device_id") == []


def test_there_are_eight_retries_from_one_second_to_over_two_minutes() -> None:
    assert (len(RETRY_DELAYS), RETRY_DELAYS[0]) == (8, 1)
    assert RETRY_DELAYS[-1] > 120
    assert next_attempt(1, RETRY_DELAYS, NOW) == NOW + timedelta(seconds=1)
    assert next_attempt(8, RETRY_DELAYS, NOW) == NOW + timedelta(seconds=128)
    assert next_attempt(9, RETRY_DELAYS, NOW) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Verdict.ACKNOWLEDGED),
        (201, Verdict.ACKNOWLEDGED),
        (302, Verdict.STOP),
        (400, Verdict.STOP),
        (401, Verdict.STOP),
        (404, Verdict.STOP),
        (423, Verdict.AGAIN),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (None, Verdict.AGAIN),
    ],
)
def test_an_answer_is_taken_tried_again_or_final(status: int | None, expected: Verdict) -> None:
    assert verdict(Answer(status, "", 1)) == expected


def test_a_call_that_our_own_gate_refuses_is_final() -> None:
    assert verdict(Answer(None, "", 1, not_allowed=True)) == Verdict.STOP


def test_a_size_chart_steps_and_ends_at_the_present_size() -> None:
    born = NOW - timedelta(hours=10)
    chart = size_chart([(born, 0), (born, 100), (NOW - timedelta(hours=5), 150)], NOW)

    assert chart.line.split() == ["0.0,50.0", "500.0,50.0", "500.0,0.0", "1000.0,0.0"]
    assert [tick.size for tick in chart.ticks] == [0, 50, 100, 150]
    assert not chart.whole_window


def test_a_size_chart_shows_at_most_30_days_and_the_level_they_began_with() -> None:
    chart = size_chart([(NOW - timedelta(days=60), 90)], NOW)

    assert chart.whole_window
    assert chart.begins == NOW - timedelta(days=30)
    assert chart.line.split()[0] == "0.0,0.0"
