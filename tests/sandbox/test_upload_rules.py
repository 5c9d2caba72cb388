"""What may stand in an event, which ids count, what properties become: without a process."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from braze_partners.sandbox.upload import fields, properties, wire
from braze_partners.sandbox.upload.checking import check
from braze_partners.sandbox.upload.identifiers import (
    NEVER_VALID,
    IdTooShort,
    InvalidId,
    counted_id,
)

NOW_MS = 1_800_000_000_000

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("never", sorted(NEVER_VALID - {""}))
def test_an_id_that_is_never_valid_does_not_count(never: str) -> None:
    for written in (never, never.upper(), f" {never} "):
        with pytest.raises(InvalidId):
            counted_id(written, 1)


@pytest.mark.parametrize(
    ("given_id", "shortest", "kept"),
    [
        (None, 5, None),
        ("abcde", 5, "abcde"),
        ("a", 1, "a"),
        ("a", 0, "a"),
        (12_345, 5, "12345"),
        ("  abc", 5, "  abc"),
        ("x" * 10_000, 5, "x" * 1_024),
    ],
)
def test_an_id_is_kept_as_it_came_up_to_1024_characters(
    given_id: Any, shortest: int, kept: str | None
) -> None:
    assert counted_id(given_id, shortest) == kept


@pytest.mark.parametrize(("given_id", "shortest"), [("", 0), ("", 5), ("abcd", 5), (7, 5)])
def test_an_id_with_too_few_characters_does_not_count(given_id: Any, shortest: int) -> None:
    with pytest.raises(IdTooShort):
        counted_id(given_id, shortest)


@pytest.mark.parametrize("given_id", [True, 1.5, [], {}])
def test_an_id_that_is_no_text_and_no_whole_number_does_not_count(given_id: Any) -> None:
    with pytest.raises(InvalidId):
        counted_id(given_id, 1)


@pytest.mark.parametrize("right", [None, NOW_MS, 32_503_680_000_000, 100_000_000_000])
def test_a_time_is_milliseconds(right: Any) -> None:
    assert fields.right_time(right)


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-05-12T09:40:00Z",
        str(NOW_MS),
        NOW_MS / 1_000,
        float(NOW_MS),
        NOW_MS // 1_000,
        NOW_MS * 1_000,
        -NOW_MS,
        0,
        True,
        [NOW_MS],
    ],
)
def test_any_other_time_is_invalid(wrong: Any) -> None:
    assert not fields.right_time(wrong)


@pytest.mark.parametrize("name", fields.OBJECTS)
def test_an_object_is_no_list_and_no_text(name: str) -> None:
    assert fields.wrong_fields({name: {"a": 1}}) == fields.wrong_fields({name: None}) == []
    assert fields.wrong_fields({name: []}) == fields.wrong_fields({name: "{}"}) == [name]


@pytest.mark.parametrize("name", fields.TEXTS)
def test_a_text_may_be_a_number_and_nothing_else(name: str) -> None:
    assert fields.wrong_fields({name: "a"}) == fields.wrong_fields({name: 17}) == []
    assert fields.wrong_fields({name: {}}) == fields.wrong_fields({name: True}) == [name]


@pytest.mark.parametrize("name", [*fields.NUMBERS, *fields.INTEGERS])
def test_a_number_is_not_written_as_text(name: str) -> None:
    assert fields.wrong_fields({name: -1}) == []
    assert fields.wrong_fields({name: "12"}) == fields.wrong_fields({name: False}) == [name]


@pytest.mark.parametrize("name", fields.INTEGERS)
def test_a_whole_number_has_no_fraction(name: str) -> None:
    assert fields.wrong_fields({name: 1.5}) == [name]


@given(json_values, st.integers(1, 5))
def test_cutting_changes_nothing_but_long_strings(value: Any, length: int) -> None:
    cut = fields.cut(value, length)

    assert fields.cut(cut, length) == cut
    assert fields.cut(value, 10_000) == value
    assert _strings(cut) == [text[:length] for text in _strings(value)]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in _strings(part)]


def test_the_first_bad_event_of_each_field_is_named_and_nothing_else_is_kept() -> None:
    events: list[dict[str, Any]] = [
        {"user_id": "abcde"},
        {"event_type": 5, "user_id": "x"},
        {"event_type": "a"},
    ]

    with pytest.raises(wire.Refused) as refused:
        check(events, 5)

    assert refused.value.answer.as_json() == {
        "code": 400,
        "error": "Invalid field values on some events",
        "events_with_missing_fields": {"event_type": [0], "user_id": [2], "device_id": [2]},
        "events_with_invalid_fields": {"event_type": [1]},
        "events_with_invalid_id_lengths": {"user_id": [1]},
    }


def test_checking_2000_events_costs_a_few_microseconds_each() -> None:
    event: dict[str, Any] = {
        "event_type": "a",
        "user_id": "abcde",
        "event_properties": {"a": "b"},
        "time": NOW_MS,
    }
    begun = time.process_time()

    check([dict(event) for _number in range(2_000)], 5)

    assert time.process_time() - begun < 0.2


@pytest.mark.parametrize(
    ("held", "given_properties", "after"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"$set": {"a": 2}}, {"a": 2}),
        ({"a": 1}, {"$setOnce": {"a": 2, "b": 3}}, {"a": 1, "b": 3}),
        ({"a": 1, "b": 2}, {"$unset": {"a": "-"}}, {"b": 2}),
        ({"a": 1}, {"$add": {"a": 2, "b": 1.5}}, {"a": 3, "b": 1.5}),
        ({"a": "x"}, {"$add": {"a": 2}}, {"a": "x"}),
        ({"a": "x"}, {"$append": {"a": ["y"], "b": 1}}, {"a": ["x", "y"], "b": [1]}),
        ({"a": ["x"]}, {"$prepend": {"a": "y"}}, {"a": ["y", "x"]}),
        ({"a": ["x"]}, {"$postInsert": {"a": ["x", "y"]}}, {"a": ["x", "y"]}),
        ({"a": ["x"]}, {"$preInsert": {"a": ["x", "y"]}}, {"a": ["y", "x"]}),
        ({"a": ["x", "y"]}, {"$remove": {"a": "x"}}, {"a": ["y"]}),
        ({"a": 1}, {"$clearAll": "-"}, {}),
        ({"a": 1}, {"$invented": {"a": 2}, "$set": "no object"}, {"a": 1}),
    ],
)
def test_operations_on_properties_do_what_they_are_called(
    held: dict[str, Any], given_properties: dict[str, Any], after: dict[str, Any]
) -> None:
    before = dict(held)

    assert properties.changed(held, given_properties) == after
    assert held == before
