"""Whatever is sent, each event is taken or refused with words, and both ways of reading agree."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from braze_partners.errors import BadRequest
from braze_partners.events import currents_body, salvage
from braze_partners.events.wire import Batch
from tests.events.conftest import wire_event

texts = st.text(st.characters(exclude_categories=[]), max_size=8)  # NUL and surrogates too
leaves = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | texts
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=[]), max_size=5), inner, max_size=4
        )
    ),
    max_leaves=12,
)
some_events = st.fixed_dictionaries(
    {},
    optional={
        "event_type": st.sampled_from(["users.messages.email.Open", "x"]) | leaves,
        "id": st.text(min_size=1, max_size=5) | leaves,
        "time": st.integers(0, 2 * 10**9) | st.floats(0, 2e9) | leaves,
        "user": st.dictionaries(
            st.sampled_from(["user_id", "external_user_id", "device_id", "z"]), st.text() | leaves
        )
        | leaves,
        "properties": st.dictionaries(st.text(max_size=4), values, max_size=4) | values,
        "more": values,
    },
)
events = some_events | values | st.builds(lambda one: wire_event() | one, some_events)


def told(batch: Batch) -> list[Any]:
    return [[msgspec.to_builtins(one) for one in batch.events], batch.rejected]


def read(body: bytes) -> Batch | None:
    try:
        return currents_body.read(body)
    except BadRequest:
        return None


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=5), st.booleans())
def test_every_event_is_taken_or_refused(sent: list[Any], escaped: bool) -> None:
    try:
        body = json.dumps({"events": sent}, ensure_ascii=escaped).encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair has no bytes
    batch = read(body)
    assert batch is not None
    refused = [one for one in batch.rejected if "stored" not in one.error]
    assert len(batch.events) + len(refused) == len(sent)
    assert all(one.error and 0 <= one.index < len(sent) for one in batch.rejected)
    msgspec.json.encode(batch.rejected)
    for event in batch.events:
        assert event.id and event.type and event.time_ms >= 0
        assert "\x00" not in event.id + event.type
        assert isinstance(msgspec.json.decode(event.properties), dict)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=5))
def test_the_straight_way_and_the_careful_one_agree(sent: list[Any]) -> None:
    body = json.dumps({"events": sent}).encode()
    straight, careful = currents_body.read(body), salvage.take_apart(body)
    assert [bytes(e.properties) for e in straight.events] == [
        bytes(e.properties) for e in careful.events
    ]
    assert straight.rejected == careful.rejected


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=3), st.data())
def test_a_spoilt_body_is_read_or_refused_and_never_more(
    sent: list[Any], data: st.DataObject
) -> None:
    body = bytearray(json.dumps({"events": sent}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] = data.draw(st.integers(0, 255))
    read(bytes(body[: data.draw(st.integers(0, len(body)))]))
    read(bytes(body))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    read(body)
