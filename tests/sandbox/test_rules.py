"""Rules over user properties and events, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.sandbox.rules.events import EventCondition
from braze_partners.sandbox.rules.joining import matches, read_conditions, stored_conditions
from braze_partners.sandbox.rules.properties import Condition, RuleRefused

USER = {"plan": "pro", "age": 31, "score": 4.5, "vip": True, "tags": ["a", "b"], "gone": None}


@pytest.mark.parametrize(
    ("name", "operator", "value", "holds"),
    [
        ("plan", "is", "pro", True),
        ("plan", "is", "free", False),
        ("plan", "is_not", "free", True),
        ("absent", "is_not", "free", True),
        ("absent", "is", "free", False),
        ("plan", "contains", "PR", True),
        ("age", "is", "31.0", True),
        ("age", "greater", "30", True),
        ("age", "greater", "31", False),
        ("age", "less", "31.5", True),
        ("absent", "less", "5", False),
        ("plan", "less", "5", False),
        ("vip", "is", "true", True),
        ("vip", "greater", "0", False),
        ("tags", "is", "b", True),
        ("gone", "set", "", False),
        ("gone", "not_set", "", True),
        ("plan", "set", "", True),
    ],
)
def test_a_condition_holds_or_not(name: str, operator: str, value: str, holds: bool) -> None:
    assert matches(USER, [Condition(name, operator, value)], any_of=False) is holds


def test_all_and_any_join_the_conditions() -> None:
    mixed = [Condition("plan", "is", "pro"), Condition("age", "is", "5")]

    assert matches(USER, mixed, any_of=True)
    assert not matches(USER, mixed, any_of=False)


@pytest.mark.parametrize(
    ("operator", "times", "count", "holds"),
    [
        ("at_least", 2, 2, True),
        ("at_least", 2, 1, False),
        ("at_most", 1, 1, True),
        ("at_most", 0, 1, False),
        ("at_most", 0, 0, True),
        ("exactly", 3, 3, True),
        ("exactly", 3, 4, False),
    ],
)
def test_an_event_was_done_often_enough_or_not(
    operator: str, times: int, count: int, holds: bool
) -> None:
    condition = EventCondition("Tea", operator, times)

    assert matches({}, [condition], any_of=False, counts={condition: count}) is holds


def test_conditions_are_kept_as_they_were_read() -> None:
    where = {"property": "price", "operator": "greater", "value": "3"}
    rows = [
        {"property": "plan", "operator": "is", "value": "pro"},
        {"event": "Tea", "operator": "at_least", "times": "2", "days": "7", "where": where},
        {"event": "*", "operator": "at_most", "times": 0, "days": ""},
    ]

    read = read_conditions(rows)

    assert read[1] == EventCondition("Tea", "at_least", 2, 7, Condition("price", "greater", "3"))
    assert read[2] == EventCondition("*", "at_most", 0, None, None)
    assert stored_conditions([one.as_json() for one in read]) == read


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "at least one condition"),
        (["plan"], "must be an object"),
        ([{"property": "", "operator": "is", "value": "x"}], "needs a property"),
        ([{"property": "plan", "operator": "was", "value": "x"}], "one of these operators"),
        ([{"property": "plan", "operator": "is", "value": " "}], "needs a value"),
        ([{"property": "age", "operator": "less", "value": "old"}], "needs a number"),
        ([{"property": "age", "operator": "set"}] * 11, "at most 10"),
        ([{"event": " "}], "needs an event type"),
        ([{"event": "Tea", "operator": "often"}], "one of these operators"),
        ([{"event": "Tea", "times": -1}], "times from 0"),
        ([{"event": "Tea", "times": "many"}], "times from 0"),
        ([{"event": "Tea", "times": True}], "times from 0"),
        ([{"event": "Tea", "days": 0}], "days from 1"),
        ([{"event": "Tea", "where": "price"}], "`where` of condition 1 must be an object"),
        ([{"event": "Tea", "where": {"property": "price", "operator": "is"}}], "needs a value"),
    ],
)
def test_a_rule_that_cannot_be_used_says_what_to_enter(rows: list[Any], words: str) -> None:
    with pytest.raises(RuleRefused, match=words):
        read_conditions(rows)
