"""Requests are cut under Amplitude's limits before they are made, and shown without their key."""

from __future__ import annotations

import json

import pytest

from currents.amplitude.limits import (
    MAX_EVENT_BYTES,
    MAX_EVENTS_PER_REQUEST,
    MAX_REQUEST_BYTES,
)
from currents.amplitude.payload import body_size, fitting, masked, request_body

KEY = "a8b1c2d3e4f5a6b7c8d9e0f1a2b341f7"


def test_a_request_holds_key_events_and_options() -> None:
    made = json.loads(request_body(KEY, [b'{"a":1}', b'{"b":2}']))
    assert made == {
        "api_key": KEY,
        "events": [{"a": 1}, {"b": 2}],
        "options": {"min_id_length": 1},
    }
    assert next(iter(made)) == "api_key"


@pytest.mark.parametrize("key", ["", "k", 'quo"te\\', "é" * 40, KEY])
@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_the_size_is_known_before_a_request_is_made(key: str, count: int) -> None:
    bodies = [b'{"a":1}'] * count
    assert body_size(key, count, 7 * count) == len(request_body(key, bodies))


def test_a_request_ends_before_the_limit_of_bytes() -> None:
    bodies = [b"x" * 1_000] * 1_500
    count = fitting(KEY, bodies)
    assert len(request_body(KEY, bodies[:count])) <= MAX_REQUEST_BYTES
    assert len(request_body(KEY, bodies[: count + 1])) > MAX_REQUEST_BYTES


def test_a_request_may_fill_the_limit_exactly() -> None:
    limit = body_size(KEY, 3, 30)
    assert fitting(KEY, [b"x" * 10] * 4, limit) == 3
    assert fitting(KEY, [b"x" * 10] * 4, limit - 1) == 2


def test_a_request_ends_before_the_limit_of_events() -> None:
    assert fitting(KEY, [b"{}"] * 5_000) == MAX_EVENTS_PER_REQUEST


def test_one_event_always_makes_a_request() -> None:
    """Else a destination that takes less and less would stop a lane for ever."""
    assert fitting(KEY, [b"x" * 100, b"x"], 50) == 1
    assert fitting(KEY, []) == 0


def test_the_largest_event_fits_with_a_long_key() -> None:
    assert body_size("k" * 1_900, 1, MAX_EVENT_BYTES) <= MAX_REQUEST_BYTES


@pytest.mark.parametrize("key", [KEY, 'with "quotes" \\ and é, long', "short"])
def test_the_head_of_a_request_shows_events_but_no_key(key: str) -> None:
    echo = json.dumps({"event_type": "x", "echo": key}).encode()
    shown = masked(request_body(key, [echo] * 100), 300)
    assert shown.startswith('{"api_key":"••••')
    assert '"event_type": "x"' in shown
    assert shown.endswith("…")
    assert len(shown) == 301
    assert key not in shown
    assert json.dumps(key)[1:-1] not in shown


def test_a_short_request_is_shown_whole() -> None:
    shown = masked(request_body(KEY, [b'{"a":1}']))
    assert shown == '{"api_key":"••••41f7","events":[{"a":1}],"options":{"min_id_length":1}}'


def test_what_is_no_request_of_ours_is_shown_as_it_is() -> None:
    assert masked(b"{}") == "{}"
