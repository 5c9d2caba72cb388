"""Faults on demand, each by its name, as a sender meets it on a real connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import BATCH, an_event, stored, the_event, upload

SwitchOn = Callable[..., Any]


@pytest.fixture
def switch_on(shared: Sandbox) -> Iterator[SwitchOn]:
    def on(kind: str, **settings: Any) -> Any:
        return shared.call("PUT", f"faults/{kind}", settings)

    yield on
    shared.call("DELETE", "faults")


def is_stored(sandbox: Sandbox, event: dict[str, Any]) -> bool:
    return bool(stored(sandbox, insert_id=event["insert_id"]))


def test_expired_key(shared: Sandbox, switch_on: SwitchOn) -> None:
    event = an_event()
    switch_on("expired_key")

    answer = upload(shared, [event])
    shared.call("DELETE", "faults/expired_key")

    assert answer.status_code == answer.json()["code"] == 400
    assert answer.json()["error"].startswith("Invalid API key: ")
    assert not is_stored(shared, event)
    assert upload(shared, [event]).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("unauthorized", 401, "Unauthorized"),
        ("forbidden", 403, "Forbidden"),
        ("http_500", 500, "Internal server error"),
        ("http_502", 502, "Bad gateway"),
        ("http_503", 503, "Service unavailable"),
        ("http_504", 504, "Gateway timeout"),
    ],
)
@pytest.mark.parametrize("path", ["2/httpapi", BATCH])
def test_an_error_for_everybody(
    shared: Sandbox, switch_on: SwitchOn, kind: str, status: int, error: str, path: str
) -> None:
    event = an_event()
    switch_on(kind)

    answer = upload(shared, [event], path)

    assert (answer.status_code, answer.json()) == (status, {"code": status, "error": error})
    assert not is_stored(shared, event)


def test_invalid_events_are_always_the_same_and_named_one_at_a_time(
    shared: Sandbox, switch_on: SwitchOn
) -> None:
    switch_on("invalid_events", share=0.2, field="price")
    events = [an_event() for _number in range(100)]
    sent, named = list(events), []

    while (answer := upload(shared, sent)).status_code == 400:
        (index,) = answer.json()["events_with_invalid_fields"]["price"]
        named.append(sent.pop(index))

    assert 5 <= len(named) <= 40
    assert all(upload(shared, [event]).status_code == 400 for event in named)
    assert all(upload(shared, [event]).status_code == 200 for event in sent[:5])


def test_silenced_devices(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("silenced", devices=["silent-1", "silent-2", "silent-3"])
    events = [an_event(), an_event(device_id="silent-2"), an_event(device_id="silent-1")]

    body = upload(shared, events).json()

    assert body == {
        "code": 400,
        "error": "Events silenced for device_id",
        "eps_threshold": 30,
        "silenced_devices": ["silent-1", "silent-2"],
        "silenced_events": [1, 2],
        "throttled_devices": {},
        "throttled_events": [],
        "exceeded_daily_quota_devices": {},
    }
    assert upload(shared, events[:1]).status_code == 200


def test_payload_too_large_above_a_size(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("too_large", bytes=2_000)

    assert upload(shared, [an_event() for _number in range(30)]).json()["code"] == 413
    assert upload(shared, [an_event()]).status_code == 200


def test_throttled_devices_and_users(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("throttled", devices=["slow-device"], users=["slow-user"])
    events = [an_event(), an_event(device_id="slow-device"), an_event(user_id="slow-user")]

    body = upload(shared, events).json()

    assert (body["code"], body["throttled_events"]) == (429, [1, 2])
    assert (body["throttled_devices"], body["throttled_users"]) == (
        {"slow-device": 60},
        {"slow-user": 60},
    )
    assert upload(shared, events[:1]).status_code == 200


def test_devices_and_users_over_their_quota(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("over_quota", users=["eager-user"])

    body = upload(shared, [an_event(), an_event(user_id="eager-user")]).json()

    assert (body["code"], body["throttled_events"]) == (429, [1])
    assert body["exceeded_daily_quota_users"] == {"eager-user": 500_001}


def test_a_throttled_project_names_nobody(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("too_many_requests")

    body = upload(shared, [an_event()]).json()

    assert body["code"] == 429
    assert not any(value for value in body.values() if isinstance(value, dict | list))


def test_a_lost_answer_is_an_error_for_events_that_were_ingested(
    shared: Sandbox, switch_on: SwitchOn
) -> None:
    event = an_event()
    switch_on("lost_answer", status=504)

    answer = upload(shared, [event])
    refused = upload(shared, [event], key="not-ours")

    assert (answer.status_code, answer.json()["code"]) == (504, 504)
    assert the_event(shared, event)["duplicates"] == 0
    assert refused.status_code == 400


def test_an_html_page(shared: Sandbox, switch_on: SwitchOn) -> None:
    event = an_event()
    switch_on("html", status=200)

    answer = upload(shared, [event])

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert not is_stored(shared, event)


def test_garbage(shared: Sandbox, switch_on: SwitchOn) -> None:
    event = an_event()
    switch_on("garbage")

    answer = upload(shared, [event])

    with pytest.raises(ValueError):
        answer.json()
    assert (answer.status_code, is_stored(shared, event)) == (200, False)


def test_slow_answers_come_late_and_the_events_at_once(
    shared: Sandbox, switch_on: SwitchOn
) -> None:
    event = an_event()
    switch_on("slow", seconds=0.6)

    begun = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        _impatient(shared, event, timeout=0.3)
    stored_early = is_stored(shared, event)
    answer = upload(shared, [event])

    assert stored_early
    assert answer.status_code == 200
    assert time.monotonic() - begun >= 0.9


def test_a_slow_answer_comes_at_once_when_the_fault_is_switched_off(
    shared: Sandbox, switch_on: SwitchOn
) -> None:
    switch_on("slow", seconds=60)

    with ThreadPoolExecutor(1) as pool:
        begun = time.monotonic()
        waiting = pool.submit(upload, shared, [an_event()])
        time.sleep(0.3)
        shared.call("DELETE", "faults/slow")
        assert waiting.result(timeout=10).status_code == 200
    assert time.monotonic() - begun < 5


def test_pages_and_rest_answer_while_every_sender_is_held(
    shared: Sandbox, switch_on: SwitchOn
) -> None:
    switch_on("slow", seconds=20)

    with ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(upload, shared, [an_event()], key="not-ours") for _ in range(60)]
        time.sleep(0.5)
        begun = time.monotonic()
        assert requests.get(f"{shared.url}/healthz", timeout=5).ok
        shared.call("DELETE", "faults")
        assert time.monotonic() - begun < 3
        assert {one.result(timeout=15).status_code for one in waiting} == {400}


def test_a_slow_drip_comes_byte_by_byte(shared: Sandbox, switch_on: SwitchOn) -> None:
    event = an_event()
    switch_on("drip", seconds=0.5)

    begun = time.monotonic()
    parts = []
    with _impatient(shared, event, timeout=5, stream=True) as answer:
        while part := answer.raw.read1():
            parts.append(part)

    assert time.monotonic() - begun >= 0.4
    assert len(parts) > 20
    assert b"".join(parts).startswith(b'{"code":200')
    assert is_stored(shared, event)


@pytest.mark.parametrize("kind", ["dropped", "outage"])
def test_a_connection_is_reset_before_anything_is_read(
    shared: Sandbox, switch_on: SwitchOn, kind: str
) -> None:
    event = an_event()
    switch_on(kind)

    with pytest.raises(requests.ConnectionError):
        upload(shared, [event])
    shared.call("DELETE", "faults")

    assert not is_stored(shared, event)
    assert upload(shared, [event]).status_code == 200


def test_a_dropped_connection_is_a_reset_on_the_wire(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("dropped")

    with socket.create_connection(("127.0.0.1", shared.port), timeout=5) as connection:
        connection.sendall(
            b"POST /2/httpapi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        )
        assert _rest(connection) == b""


def test_an_answer_is_cut_in_the_middle_of_its_body(shared: Sandbox, switch_on: SwitchOn) -> None:
    event = an_event()
    switch_on("cut")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        upload(shared, [event])

    assert is_stored(shared, event)


def test_an_outage_leaves_the_pages_alone(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("outage")

    assert requests.get(f"{shared.url}/faults", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{shared.url}/2/httpapi", timeout=5)


def test_a_share_strikes_that_part_of_the_requests(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("http_503", share=0.5)

    statuses = [upload(shared, [an_event()]).status_code for _request in range(60)]
    hits = shared.call("GET", "faults/http_503")["hits"]

    assert statuses.count(503) == hits
    assert 10 <= hits <= 50
    assert set(statuses) == {200, 503}


def test_a_fault_ends_with_its_time(shared: Sandbox, switch_on: SwitchOn) -> None:
    fault = switch_on("http_500", minutes=0.02)

    first = upload(shared, [an_event()]).status_code
    time.sleep(1.3)
    second = upload(shared, [an_event()]).status_code

    assert fault["until"] > fault["since"]
    assert (first, second) == (500, 200)
    assert shared.call("GET", "faults")["faults"] == []
    assert shared.call("GET", "faults/http_500", status=404)["error"]["code"] == "not_on"


def test_several_faults_are_on_at_once(shared: Sandbox, switch_on: SwitchOn) -> None:
    switch_on("expired_key")
    switch_on("slow", seconds=0.3)

    begun = time.monotonic()
    answer = upload(shared, [an_event()])

    assert answer.json()["error"].startswith("Invalid API key")
    assert time.monotonic() - begun >= 0.3
    latest = shared.call("GET", "requests?limit=1")["requests"][0]
    assert (latest["status"], sorted(latest["faults"])) == (400, ["expired_key", "slow"])


def test_all_faults_are_set_together_and_cleared_together(
    shared: Sandbox, switch_on: SwitchOn
) -> None:
    switch_on("forbidden")
    wanted = {"http_500": {"share": 0.1}, "throttled": {"devices": ["a"], "minutes": 5}}

    on = shared.call("PUT", "faults", {"faults": wanted})["faults"]
    off = shared.call("DELETE", "faults")["faults"]

    assert {fault["kind"]: fault["share"] for fault in on} == {"http_500": 0.1, "throttled": 1}
    assert off == []


def test_a_fault_outlives_a_restart(start_sandbox: Any) -> None:
    sandbox = start_sandbox()
    sandbox.call("PUT", "faults/forbidden", {})
    sandbox.kill()

    sandbox.start()

    assert upload(sandbox, [an_event()]).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("PUT", "faults/nothing", {}, 404, "There is no such fault"),
        ("DELETE", "faults/nothing", None, 404, "There is no such fault"),
        ("PUT", "faults/slow", {"seconds": "5"}, 400, "`seconds` must be a number from 0 to 600"),
        ("PUT", "faults/slow", {"minutes": 0}, 400, "`minutes` must be a number above 0"),
        ("PUT", "faults/slow", {"share": 1.5}, 400, "`share` must be a number above 0"),
        ("PUT", "faults/slow", {"share": True}, 400, "`share` must be a number above 0"),
        ("PUT", "faults/slow", {"devices": []}, 400, "This fault has no `devices`"),
        ("PUT", "faults/throttled", {"devices": "a"}, 400, "must be an array of at most"),
        ("PUT", "faults/html", {"status": 418}, 400, "`status` must be one of: 200, 403"),
        ("PUT", "faults/too_large", {"bytes": 1.5}, 400, "`bytes` must be a number"),
        ("PUT", "faults", {"faults": []}, 400, "must be an object of kinds"),
        ("PUT", "faults", {"faults": {"slow": 1}}, 400, "Every fault must be an object"),
        ("POST", "faults", {}, 405, "Use one of: DELETE, GET, PUT"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_words(
    shared: Sandbox, method: str, path: str, body: Any, status: int, words: str
) -> None:
    refused = shared.call(method, path, body, status)

    assert words in refused["error"]["message"]
    assert shared.call("GET", "faults")["faults"] == []


def _impatient(
    sandbox: Sandbox, event: dict[str, Any], timeout: float, stream: bool = False
) -> requests.Response:
    key = sandbox.call("GET", "project")["api_key"]
    return requests.post(
        f"{sandbox.url}/2/httpapi",
        json={"api_key": key, "events": [event]},
        timeout=timeout,
        stream=stream,
    )


def _rest(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1_024)
    except ConnectionResetError:
        return b""
