"""Rules over user properties, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.sandbox.rules import Condition, RuleRefused, matches, read_conditions

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
    ("rows", "words"),
    [
        ([], "at least one condition"),
        (["plan"], "must be an object"),
        ([{"property": "", "operator": "is", "value": "x"}], "needs a property"),
        ([{"property": "plan", "operator": "was", "value": "x"}], "one of these operators"),
        ([{"property": "plan", "operator": "is", "value": " "}], "needs a value"),
        ([{"property": "age", "operator": "less", "value": "old"}], "needs a number"),
        ([{"property": "age", "operator": "set"}] * 11, "at most 10"),
    ],
)
def test_a_rule_that_cannot_be_used_says_what_to_enter(rows: list[Any], words: str) -> None:
    with pytest.raises(RuleRefused, match=words):
        read_conditions(rows)
