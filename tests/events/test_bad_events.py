"""What should not be sent to /currents/events: each gets clear words, and disturbs nothing else."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client

from braze_partners.events import event_log, wire
from braze_partners.events.limits import MAX_BODY_BYTES
from tests.events.conftest import NOON_SECONDS, Sender, wire_event

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

GOOD_BEFORE, GOOD_AFTER = wire_event("before"), wire_event("after")
FILLER = 900 * 1024


def between(bad: bytes) -> bytes:
    """A body in which an event stands between two good ones."""
    before, after = (json.dumps(event).encode() for event in (GOOD_BEFORE, GOOD_AFTER))
    return b'{"events": [' + b", ".join([before, bad, after]) + b"]}"


def refused(sender: Sender, bad: bytes) -> dict[str, Any]:
    """What is said of the one bad event; the good ones around it are stored."""
    answer = sender.post(between(bad))
    assert answer.status_code == 201, answer.content
    assert answer.json()["accepted"] == 2
    assert [record.id for record in sender.stored] == ["before", "after"]
    (rejected,) = answer.json()["rejected"]
    assert rejected["index"] == 1
    return dict(rejected)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"id": ...}, wire.NO_ID, id="no id"),
        pytest.param({"id": ""}, wire.NO_ID, id="empty id"),
        pytest.param({"id": None}, wire.NO_ID, id="null id"),
        pytest.param({"id": 7}, wire.NO_ID, id="number as id"),
        pytest.param({"event_type": ...}, wire.NO_TYPE, id="no event_type"),
        pytest.param({"event_type": ""}, wire.NO_TYPE, id="empty event_type"),
        pytest.param({"event_type": ["x"]}, wire.NO_TYPE, id="array as event_type"),
        pytest.param({"time": ...}, wire.NO_TIME, id="no time"),
        pytest.param({"time": None}, wire.NO_TIME, id="null time"),
        pytest.param({"time": str(NOON_SECONDS)}, wire.NO_TIME, id="number as text"),
        pytest.param({"time": "2026-03-01T12:00:00Z"}, wire.NO_TIME, id="ISO time"),
        pytest.param({"time": True}, wire.NO_TIME, id="boolean time"),
        pytest.param({"time": -1}, wire.NO_TIME, id="negative time"),
        pytest.param({"time": -1e300}, wire.NO_TIME, id="very negative time"),
        pytest.param({"time": 253_402_300_800}, wire.NO_TIME, id="year 10000"),
        pytest.param({"time": 1_772_366_400_000}, wire.MILLISECONDS, id="13 digits"),
        pytest.param({"time": 1e300}, wire.MILLISECONDS, id="beyond all time"),
        pytest.param({"time": 10**30}, wire.MILLISECONDS, id="beyond 64 bits"),
        pytest.param({"user": "ada"}, wire.NO_USER, id="text as user"),
        pytest.param({"user": {"external_user_id": 42}}, wire.NO_USER, id="number as user id"),
        pytest.param({"user": {"device_id": {}}}, wire.NO_USER, id="object as device id"),
        pytest.param({"properties": []}, wire.NO_PROPERTIES, id="array as properties"),
        pytest.param({"properties": "a=1"}, wire.NO_PROPERTIES, id="text as properties"),
        pytest.param({"properties": 5}, wire.NO_PROPERTIES, id="number as properties"),
        pytest.param({"id": "a\x00"}, wire.NUL, id="NUL in the id"),
        pytest.param({"user": {"external_user_id": "a\x00"}}, wire.NUL, id="NUL in a user id"),
        pytest.param({"properties": {"a": ["\x00"]}}, wire.NUL, id="NUL in a property"),
        pytest.param({"properties": {"a\x00": 1}}, wire.NUL, id="NUL in a property's name"),
        pytest.param({"id": "\ud800"}, wire.NO_UNICODE, id="lone surrogate in the id"),
        pytest.param({"properties": {"a": "\udfff"}}, wire.NO_UNICODE, id="lone surrogate"),
        pytest.param({"properties": {"\ud800": 1}}, wire.NO_UNICODE, id="surrogate as a name"),
        pytest.param({"properties": {"p": float("nan")}}, wire.NO_NUMBER, id="NaN"),
        pytest.param({"time": float("inf")}, wire.NO_NUMBER, id="Infinity as time"),
    ],
)
def test_it_is_refused_alone_and_says_why(
    sender: Sender, changes: dict[str, Any], error: str
) -> None:
    assert (
        refused(sender, json.dumps(wire_event(**{"id": "bad"} | changes)).encode())["error"]
        == error
    )


@pytest.mark.parametrize("bad", [b"5", b"null", b'"text"', b"[]", b"true"])
def test_an_event_that_is_no_object_is_refused_alone(sender: Sender, bad: bytes) -> None:
    assert refused(sender, bad) == {"index": 1, "id": None, "error": wire.NO_OBJECT}


def test_the_id_is_told_where_there_is_one(sender: Sender) -> None:
    bad = json.dumps(wire_event("which", time="x")).encode()
    assert refused(sender, bad)["id"] == "which"


def test_a_very_long_id_is_told_by_its_beginning(sender: Sender) -> None:
    bad = json.dumps(wire_event("x" * 100_000, time="x")).encode()
    assert refused(sender, bad)["id"] == "x" * 200


def test_invalid_utf_8_is_refused_alone(sender: Sender) -> None:
    bad = json.dumps(wire_event("bad", properties={"a": "?"})).encode().replace(b"?", b"\xff\xfe")
    assert refused(sender, bad)["error"] == wire.NO_UNICODE


@pytest.mark.parametrize("levels", [65, 500, 1_000])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_1000_levels_deep_is_refused_alone(
    sender: Sender, levels: int, pair: tuple[bytes, bytes]
) -> None:
    deep = pair[0] * levels + b"1" + pair[1] * levels
    bad = json.dumps(wire_event("bad", properties={"a": "?"})).encode().replace(b'"?"', deep)
    assert refused(sender, bad)["error"] == wire.TOO_DEEP


def test_brackets_in_texts_are_no_levels(sender: Sender) -> None:
    answer = sender.send(wire_event(properties={"a": "[{" * 500, "b": [[[1]]] * 100}))
    assert answer.json() == {"message": "success", "accepted": 1, "rejected": []}


@pytest.mark.parametrize("size", [FILLER, 2 * 1024 * 1024])
def test_an_event_above_900_kb_is_refused_alone(sender: Sender, size: int) -> None:
    bad = json.dumps(wire_event("bad", properties={"a": "x" * size})).encode()
    assert refused(sender, bad)["error"] == wire.TOO_LARGE


def test_an_event_of_900_kb_is_taken(sender: Sender) -> None:
    rest = len(json.dumps(wire_event(properties={"a": ""})))
    answer = sender.send(wire_event(properties={"a": "x" * (FILLER - rest)}))
    assert answer.json() == {"message": "success", "accepted": 1, "rejected": []}


@pytest.mark.parametrize("length", [1, 5, 1_024, 10_000])
def test_ids_of_any_length_are_taken(sender: Sender, length: int) -> None:
    id = "u" * length
    user = {"external_user_id": id, "device_id": id}
    assert sender.send(wire_event(id, user=user)).json()["accepted"] == 1
    (record,) = sender.stored
    assert (record.id, record.identity) == (id, id)
    assert event_log.by_identity(sender.workspace_id, id, 0, 10, 10)


def test_ids_of_no_character_are_no_identity(sender: Sender) -> None:
    user = {"external_user_id": "", "device_id": "", "user_id": ""}
    assert sender.send(wire_event(user=user)).json()["accepted"] == 1
    assert sender.stored[0].identity is None


@pytest.mark.parametrize("id", ["anonymous", "null", "0", "-1", "{}", "n/a"])
def test_what_amplitude_never_takes_as_an_id_is_stored(sender: Sender, id: str) -> None:
    """A Current's verdict, not the log's."""
    assert sender.send(wire_event(user={"external_user_id": id})).json()["accepted"] == 1


@pytest.mark.parametrize("time", [0, 1, 32_503_680_000, 253_402_300_799])
def test_any_second_of_the_calendar_is_taken(sender: Sender, time: int) -> None:
    """1970, the year 3000, the end of 9999."""
    assert sender.send(wire_event(time=time)).json()["rejected"] == []
    assert sender.stored[0].time_ms == time * 1000


def test_numbers_in_texts_stay_texts(sender: Sender) -> None:
    sender.send(wire_event(properties={"price": "12.5", "big": 10**30}))
    assert json.loads(bytes(sender.stored[0].properties)) == {"price": "12.5", "big": 10**30}


def test_a_backslash_before_u0000_is_no_nul(sender: Sender) -> None:
    assert sender.send(wire_event(properties={"a": "\\u0000"})).json()["rejected"] == []


def test_an_unknown_type_among_bad_ones_is_stored_and_listed(sender: Sender) -> None:
    answer = sender.send(wire_event(id=""), wire_event("b", event_type="no.such.Type")).json()
    assert answer["accepted"] == 1
    assert [one["error"] for one in answer["rejected"]] == [wire.NO_ID, wire.UNKNOWN_TYPE]


def test_all_of_them_bad_is_still_an_answer_for_each(sender: Sender) -> None:
    answer = sender.send({}, 5, wire_event(time=None))
    assert answer.status_code == 201
    assert answer.json()["accepted"] == 0 and len(answer.json()["rejected"]) == 3
    assert event_log.head(sender.workspace_id) == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"events": [{"id": "e1"', id="truncated"),
        pytest.param(b'{"events": [{}, ]}', id="trailing comma"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b"{}", id="no events"),
        pytest.param(b'{"events": null}', id="null events"),
        pytest.param(b'{"events": {}}', id="an object of events"),
        pytest.param(b'{"events": "e1"}', id="a text of events"),
        pytest.param(b"\xff\xfe", id="no text at all"),
        pytest.param(b"[" * 100_000, id="100,000 levels"),
        pytest.param(b'{"events":' * 100_000, id="100,000 objects"),
        pytest.param(b"events=1", id="a form"),
        pytest.param(gzip.compress(b"{}"), id="gzip that does not say so"),
    ],
)
def test_what_cannot_be_read_at_all_is_400(sender: Sender, body: bytes) -> None:
    answer = sender.post(body)
    assert answer.status_code == 400
    assert answer.json()["message"] and answer.json()["errors"]
    assert event_log.head(sender.workspace_id) == 0


def test_a_truncated_body_is_400(sender: Sender) -> None:
    body = json.dumps({"events": [wire_event()]}).encode()
    for cut in (1, 20, len(body) // 2, len(body) - 1):
        assert sender.post(body[:cut]).status_code == 400
    assert event_log.head(sender.workspace_id) == 0


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 20 * 1024 * 1024])
def test_a_body_of_20_mb_is_413(sender: Sender, size: int) -> None:
    answer = sender.post(b"[" + b" " * (size - 1))
    assert answer.status_code == 413 and "too large" in answer.json()["message"]


def test_a_body_of_10_mb_is_read(sender: Sender) -> None:
    start = json.dumps({"events": [wire_event()]}).encode()
    assert sender.post(start + b" " * (MAX_BODY_BYTES - len(start))).status_code == 201


@pytest.mark.parametrize("members", [1, 30])
def test_a_gzip_bomb_is_413_and_never_unpacked_whole(sender: Sender, members: int) -> None:
    """A gigabyte in a megabyte; or many members that are small each."""
    bomb = gzip.compress(b" " * (64 * 1024 * 1024 // members)) * members
    answer = sender.post(bomb, Content_Encoding="gzip")
    assert answer.status_code == 413


@pytest.mark.parametrize("cut", [1, 5, 12, -9, -1])
def test_truncated_gzip_is_400(sender: Sender, cut: int) -> None:
    packed = gzip.compress(json.dumps({"events": [wire_event()]}).encode())
    answer = sender.post(packed[:cut], Content_Encoding="gzip")
    assert answer.status_code == 400 and "gzip" in answer.json()["message"]


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"{}", mtime=0) + b"more"])
def test_broken_gzip_is_400(sender: Sender, body: bytes) -> None:
    assert sender.post(body, Content_Encoding="gzip").status_code == 400


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_other_encodings_are_415(sender: Sender, encoding: str) -> None:
    answer = sender.post({"events": []}, Content_Encoding=encoding)
    assert answer.status_code == 415 and "gzip" in answer["Accept-Encoding"]


def test_it_needs_no_csrf_token(sender: Sender) -> None:
    sender.client = Client(enforce_csrf_checks=True)
    assert sender.send(wire_event()).status_code == 201
