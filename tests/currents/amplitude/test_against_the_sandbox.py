"""What we say over real HTTP is what the sandbox takes, and each of its faults is read for what it
is. The sandbox shares no code with us: it was built from the same documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from braze_partners.events.catalogue import event_types
from currents.amplitude import answers
from currents.amplitude.answers import Outcome, Refused, Unreached
from currents.amplitude.client import UPLOAD_PATH, send
from currents.amplitude.payload import request_body
from tests.sandbox.running import Sandbox

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("amplitude") / "var", {})
    sandbox.start()
    yield sandbox
    sandbox.end()


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """Without events, and afterwards without faults."""
    running.call("DELETE", "events")
    yield running
    running.call("DELETE", "faults")


def upload(
    sandbox: Sandbox, events: list[dict[str, Any]], *, key: str = "", deadline: float = 10.0
) -> Outcome:
    key = key or sandbox.call("GET", "project")["api_key"]
    body = request_body(key, [orjson.dumps(event) for event in events])
    came_back = send(sandbox.url + UPLOAD_PATH, body, deadline=deadline)
    return answers.read(came_back, sent=len(events), api_key=key)


def golden(folder: str) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in (GOLDEN / folder).glob("*.expected.json")]
    return [event for event in found if "event_type" in event]


def event(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "event_type": "[Appboy] Email Open",
        "user_id": f"usr_{number}",
        "device_id": f"device-{number}",
        "time": 1_778_589_128_000,
        "insert_id": f"e-{number}",
        "library": "Braze",
        "event_properties": {},
    } | fields


def ingested(sandbox: Sandbox) -> int:
    return len(sandbox.call("GET", "events")["events"])


def test_every_golden_event_is_taken_as_it_is(sandbox: Sandbox) -> None:
    events = golden("types")
    outcome = upload(sandbox, events)
    assert isinstance(outcome, answers.Delivered), outcome
    assert (outcome.ingested, outcome.warning) == (len(event_types()) - 1, None)
    kept = sandbox.call("GET", "events")["events"]
    assert {one["insert_id"] for one in kept} == {one["insert_id"] for one in events}


@pytest.mark.parametrize("edge", golden("edges"), ids=lambda edge: edge["event_type"])
def test_every_edge_that_is_sent_is_taken(sandbox: Sandbox, edge: dict[str, Any]) -> None:
    edge.pop("include_anonymous", None)
    outcome = upload(sandbox, [edge])
    assert isinstance(outcome, answers.Delivered), outcome


def test_an_event_sent_twice_is_kept_once(sandbox: Sandbox) -> None:
    for _ in range(2):
        assert isinstance(upload(sandbox, [event()]), answers.Delivered)
    assert ingested(sandbox) == 1


def test_a_wrong_key_is_about_the_credentials(sandbox: Sandbox) -> None:
    outcome = upload(sandbox, [event()], key="not-the-key-of-any-project")
    assert isinstance(outcome, answers.CredentialsRefused)
    assert outcome.kind is Refused.INVALID_KEY


def test_events_that_are_wrong_are_named_one_after_the_other(sandbox: Sandbox) -> None:
    """Only the first of each field is: stripping has to be done again and again."""
    left = [event(1), event(2, time="yesterday"), event(3), event(4, time=7)]
    causes: list[str] = []
    while isinstance(outcome := upload(sandbox, left), answers.Rejected):
        causes += outcome.named.values()
        left = [one for index, one in enumerate(left) if index not in outcome.named]
    assert isinstance(outcome, answers.Delivered)
    assert causes == ["events_with_invalid_fields: time"] * 2
    assert ingested(sandbox) == 2


@pytest.mark.parametrize(
    ("fault", "options", "expected", "kept"),
    [
        ("expired_key", {}, answers.CredentialsRefused, 0),
        ("unauthorized", {}, answers.CredentialsRefused, 0),
        ("forbidden", {}, answers.CredentialsRefused, 0),
        ("invalid_events", {"share": 1.0}, answers.Rejected, 0),
        ("silenced", {"devices": ["device-1"]}, answers.Rejected, 0),
        ("too_large", {"bytes": 10}, answers.TooLarge, 0),
        ("throttled", {"devices": ["device-1"]}, answers.Throttled, 0),
        ("throttled", {"users": ["usr_1"]}, answers.Throttled, 0),
        ("over_quota", {"devices": ["device-1"], "users": ["usr_2"]}, answers.Throttled, 0),
        ("too_many_requests", {}, answers.ProjectThrottled, 0),
        ("http_500", {}, Unreached.SERVER_ERROR, 0),
        ("http_502", {}, Unreached.SERVER_ERROR, 0),
        ("http_503", {}, Unreached.SERVER_ERROR, 0),
        ("http_504", {}, Unreached.SERVER_ERROR, 0),
        ("lost_answer", {"status": 502}, Unreached.SERVER_ERROR, 2),
        ("html", {"status": 200}, Unreached.GARBAGE, 0),
        ("html", {"status": 403}, answers.CredentialsRefused, 0),
        ("html", {"status": 502}, Unreached.SERVER_ERROR, 0),
        ("garbage", {"status": 200}, Unreached.GARBAGE, 0),
        ("garbage", {"status": 400}, answers.Unexpected, 0),
        ("garbage", {"status": 500}, Unreached.SERVER_ERROR, 0),
        ("slow", {"seconds": 3}, Unreached.TIMEOUT, 2),
        ("drip", {"seconds": 20}, Unreached.TIMEOUT, 2),
        ("dropped", {}, Unreached.CONNECTION, 0),
        ("cut", {}, Unreached.CONNECTION, 2),
        ("outage", {}, Unreached.CONNECTION, 0),
    ],
)
def test_each_fault_is_read_for_what_it_is(
    sandbox: Sandbox, fault: str, options: dict[str, Any], expected: Any, kept: int
) -> None:
    sandbox.call("PUT", f"faults/{fault}", options)
    outcome = upload(sandbox, [event(1), event(2)], deadline=1.0)
    if isinstance(expected, Unreached):
        assert isinstance(outcome, answers.Unreachable), outcome
        assert outcome.kind is expected
        assert outcome.maybe_ingested or not kept
    else:
        assert isinstance(outcome, expected), outcome
    sandbox.call("DELETE", "faults")
    assert ingested(sandbox) == kept


def test_what_the_sandbox_names_can_be_found_again(sandbox: Sandbox) -> None:
    sandbox.call("PUT", "faults/silenced", {"devices": ["device-2"]})
    silenced = upload(sandbox, [event(1), event(2), event(3)])
    assert isinstance(silenced, answers.Rejected)
    assert silenced.named == {1: "Events silenced for device_id"}
    assert silenced.devices == {"device-2": "Events silenced for device_id"}
    sandbox.call("PUT", "faults", {"faults": {"throttled": {"users": ["usr_3"]}}})
    throttled = upload(sandbox, [event(1), event(2), event(3)])
    assert isinstance(throttled, answers.Throttled)
    assert list(throttled.users) == ["usr_3"]
    assert throttled.indexes == {2}
