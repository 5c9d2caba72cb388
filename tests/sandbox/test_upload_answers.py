"""Every answer of wire/amplitude-http-v2.md by name, from the real process over HTTP."""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import (
    BATCH,
    HTTP_V2,
    an_event,
    api_key,
    post,
    stored,
    the_event,
    upload,
)

BOTH = pytest.mark.parametrize("path", [HTTP_V2, BATCH])


def answered(answer: requests.Response, status: int) -> dict[str, Any]:
    """The body; its `code` always equals the status."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, status), answer.text
    return body


@BOTH
def test_200_says_how_many_events_were_ingested(shared: Sandbox, path: str) -> None:
    events = [an_event(), an_event()]
    before = int(time.time() * 1_000)

    body = answered(upload(shared, events, path), 200)

    assert body["events_ingested"] == 2
    assert body["payload_size_bytes"] == len(
        json.dumps({"api_key": api_key(shared), "events": events})
    )
    assert before <= body["server_upload_time"] <= time.time() * 1_000
    assert the_event(shared, events[1])["event"] == events[1]


def test_unknown_keys_are_ignored_at_the_top_and_in_events(shared: Sandbox) -> None:
    event = an_event(use_batch_endpoint=True, idfv="0A1B", invented={"a": [1]})
    metadata: dict[str, Any] = {"sdk": {}}

    answered(upload(shared, [event], client_upload_time="now", request_metadata=metadata), 200)

    assert the_event(shared, event)["event"]["invented"] == {"a": [1]}


def test_400_invalid_request_path(shared: Sandbox) -> None:
    wrong = [
        post(shared, b"{}", "2/httpapi/"),
        post(shared, b"{}", "httpapi"),
        requests.get(f"{shared.url}/2/httpapi", timeout=9),
        requests.put(f"{shared.url}/batch", data=b"{}", timeout=9),
    ]

    for answer in wrong:
        assert answered(answer, 400) == {"code": 400, "error": "Invalid request path"}


def test_400_missing_request_body(shared: Sandbox) -> None:
    assert answered(post(shared, b""), 400) == {"code": 400, "error": "Missing request body"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"hello",
        b'{"api_key": NaN}',
        b'{"api_key": "\xff\xfe"}',
        b'{"api_key": "\\ud800"}',
        b'{"a":' * 100_000,
    ],
)
def test_400_invalid_json_request_body(shared: Sandbox, body: bytes) -> None:
    expected = {"code": 400, "error": "Invalid JSON request body"}
    assert answered(post(shared, body), 400) == expected


def test_400_request_missing_required_field(shared: Sandbox) -> None:
    no_key = post(shared, b'{"events": []}')
    no_events = post(shared, json.dumps({"api_key": api_key(shared)}).encode())
    empty = upload(shared, [])

    text = "Request missing required field"
    expected = {"code": 400, "error": text, "missing_field": "events"}
    assert answered(no_key, 400) == {**expected, "missing_field": "api_key"}
    assert answered(no_events, 400) == answered(empty, 400) == expected


def test_400_request_missing_required_field_of_events(shared: Sandbox) -> None:
    events = [an_event(), an_event(event_type=None), an_event(event_type=None)]
    events += [an_event(user_id=None), an_event(event_type="")]

    body = answered(upload(shared, events), 400)

    assert body["error"] == "Request missing required field"
    assert body["events_with_missing_fields"] == {
        "event_type": [1],
        "user_id": [3],
        "device_id": [3],
    }


def test_400_invalid_event_json(shared: Sandbox) -> None:
    requests_with: list[list[Any]] = [[an_event(), "an event"], [None], [[]]]

    for events in requests_with:
        body = answered(upload(shared, events), 400)
        assert body == {"code": 400, "error": "Invalid event JSON"}


def test_400_invalid_api_key_repeats_the_key_and_comes_before_the_events(shared: Sandbox) -> None:
    body = answered(upload(shared, ["no event"], key="not-ours"), 400)

    assert body == {"code": 400, "error": "Invalid API key: not-ours"}


def test_400_invalid_field_values_names_only_the_first_event_of_each_field(
    shared: Sandbox,
) -> None:
    events = [an_event(), an_event(time="2026-05-12T09:40:00Z"), an_event(time=-5)]
    events += [an_event(price="12"), an_event(event_properties=[]), an_event(price=True)]

    body = answered(upload(shared, events), 400)

    assert body == {
        "code": 400,
        "error": "Invalid field values on some events",
        "events_with_invalid_fields": {"time": [1], "price": [3], "event_properties": [4]},
    }


def test_400_strips_event_by_event_until_the_rest_is_taken(shared: Sandbox) -> None:
    good = [an_event(), an_event()]
    events = [an_event(time=1), good[0], an_event(user_id="ab"), an_event(time=2), good[1]]

    rounds = 0
    while (answer := upload(shared, events)).status_code == 400:
        rounds += 1
        maps = [value for value in answer.json().values() if isinstance(value, dict)]
        named = {index for map_ in maps for indexes in map_.values() for index in indexes}
        events = [event for index, event in enumerate(events) if index not in named]

    assert (rounds, events) == (2, good)


def test_400_invalid_id_lengths_only_when_no_id_is_left(shared: Sandbox) -> None:
    short_user = an_event(user_id="abcd", device_id="device-1")

    answered(upload(shared, [short_user]), 200)
    body = answered(upload(shared, [short_user, an_event(user_id="abcd")]), 400)

    row = the_event(shared, short_user)
    assert (row["user_id"], row["device_id"], "user_id" in row["event"]) == (
        None,
        "device-1",
        False,
    )
    assert row["received"] == short_user
    assert body["events_with_invalid_id_lengths"] == {"user_id": [1]}


def test_min_id_length_lets_short_ids_through(shared: Sandbox) -> None:
    event = an_event(user_id="7")

    answered(upload(shared, [event]), 400)
    answered(upload(shared, [event], options={"min_id_length": 1}), 200)

    assert the_event(shared, event)["user_id"] == "7"


@pytest.mark.parametrize("options", ["undefined", None, [], {"min_id_length": "x"}])
def test_options_that_say_nothing_leave_the_length_at_five(shared: Sandbox, options: Any) -> None:
    answered(upload(shared, [an_event(user_id="12345")], options=options), 200)
    answered(upload(shared, [an_event(user_id="1234")], options=options), 400)


def test_400_never_valid_ids(shared: Sandbox) -> None:
    options = {"min_id_length": 1}
    event = an_event(user_id="anonymous", device_id="device-2")

    body = answered(upload(shared, [an_event(user_id="Anonymous")], options=options), 400)
    answered(upload(shared, [event], options=options), 200)

    assert body["events_with_invalid_fields"] == {"user_id": [0]}
    assert the_event(shared, event)["user_id"] is None


def test_a_request_with_one_bad_event_ingests_none(shared: Sandbox) -> None:
    good = an_event()

    answered(upload(shared, [good, an_event(time=1)]), 400)

    assert stored(shared, insert_id=good["insert_id"]) == []


def test_strings_are_cut_at_1024_characters(shared: Sandbox) -> None:
    long = "é" * 1_025
    event = an_event(
        event_type=long,
        user_id=long,
        insert_id="i" * 2_000,
        event_properties={"a": long, "b": [{"c": long}], "d": "short"},
    )

    answered(upload(shared, [event]), 200)
    (row,) = stored(shared, insert_id="i" * 1_024)

    cut = "é" * 1_024
    assert (row["event_type"], row["user_id"]) == (cut, cut)
    assert row["event"]["event_properties"] == {"a": cut, "b": [{"c": cut}], "d": "short"}
    assert row["received"] == event


@pytest.mark.parametrize("levels", [41, 300, 900])
def test_an_event_that_is_too_deep_is_named(shared: Sandbox, levels: int) -> None:
    deep: Any = 1
    for _level in range(levels):
        deep = {"a": deep}

    body = answered(upload(shared, [an_event(), an_event(event_properties=deep)]), 400)

    assert body["events_with_invalid_fields"] == {"event_properties": [1]}


def test_an_event_of_40_levels_is_taken(shared: Sandbox) -> None:
    deep: Any = 1
    for _level in range(40):
        deep = {"a": deep}

    answered(upload(shared, [an_event(event_properties=deep)]), 200)


def test_nul_and_strange_letters_are_kept(shared: Sandbox) -> None:
    event = an_event(user_id="nul-\0-\u202e-😀", event_properties={"a\0": "\0"})

    answered(upload(shared, [event]), 200)

    assert the_event(shared, event)["event"] == event


def test_413_above_the_size_of_each_endpoint(shared: Sandbox) -> None:
    event = an_event(event_properties={"a": ["x" * 1_000] * 1_100})

    too_large = upload(shared, [event])
    taken = upload(shared, [event], BATCH)

    assert answered(too_large, 413) == {"code": 413, "error": "Payload too large"}
    answered(taken, 200)
    answered(post(shared, b" " * (21 * 1024 * 1024), BATCH), 413)


def test_413_for_2000_events_over_http_v2_and_2001_over_batch(shared: Sandbox) -> None:
    events = [an_event(event_type="many") for _number in range(2_001)]

    answered(upload(shared, events[:2_000]), 413)
    answered(upload(shared, events, BATCH), 413)
    assert answered(upload(shared, events[:1_999]), 200)["events_ingested"] == 1_999
    assert answered(upload(shared, events[:2_000], BATCH), 200)["events_ingested"] == 2_000


def test_gzip_bodies_are_read_and_their_real_size_counts(shared: Sandbox) -> None:
    event = an_event()
    body = json.dumps({"api_key": api_key(shared), "events": [event]}).encode()
    zipped = {"Content-Encoding": "gzip"}

    answered(post(shared, gzip.compress(body), **zipped), 200)
    bomb = post(shared, gzip.compress(b" " * 50_000_000), **zipped)
    torn = post(shared, gzip.compress(body)[:-9], **zipped)
    plain = post(shared, body, **zipped)

    assert the_event(shared, event)["user_id"] == event["user_id"]
    assert answered(bomb, 413)["error"] == "Payload too large"
    assert answered(torn, 400)["error"] == "Invalid JSON request body"
    assert answered(plain, 400)["error"] == "Invalid JSON request body"


def test_a_chunked_body_is_read(shared: Sandbox) -> None:
    event = an_event()
    body = json.dumps({"api_key": api_key(shared), "events": [event]}).encode()
    parts = (body[start : start + 20] for start in range(0, len(body), 20))

    answer = requests.post(f"{shared.url}/{HTTP_V2}", data=parts, timeout=9)

    answered(answer, 200)


def test_pages_elsewhere_need_no_token_to_send(shared: Sandbox) -> None:
    body = json.dumps({"api_key": api_key(shared), "events": [an_event()]}).encode()

    answered(post(shared, body, Origin="https://shop.example"), 200)


def cpu_seconds(sandbox: Sandbox) -> float:
    """What the server and its worker have used: other work on the machine slows no such clock."""
    assert sandbox.process is not None
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = stat.read_text().rpartition(")")[2].split()
            if int(words[2]) == sandbox.process.pid:  # the process group
                used += int(words[11]) + int(words[12])
    return used / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_1400_events_cost_well_under_100_ms(sandbox: Sandbox) -> None:
    spent = []
    for _round in range(6):
        properties = {f"property_{number}": f"value {number}" for number in range(18)}
        events = [an_event(event_properties=properties) for _number in range(1_400)]
        body = json.dumps({"api_key": api_key(sandbox), "events": events}).encode()
        before = cpu_seconds(sandbox)
        answered(post(sandbox, body), 200)
        spent.append(cpu_seconds(sandbox) - before)

    assert min(spent) < 0.1, spent
