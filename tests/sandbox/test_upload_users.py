"""Users and devices as events introduce, join and change them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from tests.sandbox.running import PATIENCE, Sandbox
from tests.sandbox.uploading import an_event, api_key, upload


def user(sandbox: Sandbox, **wanted: str) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    (found,) = sandbox.call("GET", f"users?{query}")["users"]
    return dict(found)


def test_an_event_creates_its_user_with_their_device(shared: Sandbox) -> None:
    upload(shared, [an_event(user_id="new-user-1", device_id="new-device-1")])
    upload(shared, [an_event(user_id="new-user-1", device_id="new-device-2")])

    found = user(shared, user_id="new-user-1")

    assert found["device_ids"] == ["new-device-1", "new-device-2"]
    assert user(shared, device_id="new-device-2") == found


def test_a_device_without_a_user_is_an_anonymous_user(shared: Sandbox) -> None:
    upload(shared, [an_event(user_id=None, device_id="anonymous-device-1")])

    found = user(shared, device_id="anonymous-device-1")

    assert (found["user_id"], found["device_ids"]) == (None, ["anonymous-device-1"])


def test_an_anonymous_user_becomes_the_first_user_seen_on_the_device(shared: Sandbox) -> None:
    anonymous = an_event(
        user_id=None, device_id="becoming-device", user_properties={"found_by": "advert"}
    )
    upload(shared, [anonymous])
    before = user(shared, device_id="becoming-device")

    upload(shared, [an_event(user_id="becoming-user", device_id="becoming-device")])

    after = user(shared, user_id="becoming-user")
    assert after == {**before, "user_id": "becoming-user"}
    page = requests.get(f"{shared.url}/users/{after['amplitude_id']}", timeout=9)
    assert anonymous["insert_id"] in page.text


def test_a_known_user_takes_up_the_anonymous_one_of_their_device(shared: Sandbox) -> None:
    upload(shared, [an_event(user_id="taking-user", user_properties={"plan": "pro"})])
    properties = {"plan": "free", "found_by": "advert"}
    device = {"user_id": None, "device_id": "taken-device", "user_properties": properties}
    upload(shared, [an_event(**device)])
    anonymous = user(shared, device_id="taken-device")["amplitude_id"]

    upload(shared, [an_event(user_id="taking-user", device_id="taken-device")])

    found = user(shared, user_id="taking-user")
    assert found["device_ids"] == ["taken-device"]
    assert found["properties"] == {"plan": "pro", "found_by": "advert"}
    assert user(shared, device_id="taken-device") == found
    assert found["amplitude_id"] != anonymous


def test_a_device_belongs_to_whoever_was_seen_on_it_last(shared: Sandbox) -> None:
    upload(shared, [an_event(user_id="lending-user", device_id="lent-device")])
    upload(shared, [an_event(user_id="borrowing-user", device_id="lent-device")])

    assert user(shared, device_id="lent-device")["user_id"] == "borrowing-user"
    assert user(shared, user_id="lending-user")["device_ids"] == []


def test_one_request_joins_as_many_requests_would(shared: Sandbox) -> None:
    ids: list[dict[str, Any]] = [
        {"user_id": None, "device_id": "mixed-device"},
        {"user_id": "mixed-user", "device_id": "mixed-device"},
        {"user_id": None, "device_id": "mixed-device"},
        {"user_id": "mixed-user"},
        {"user_id": "mixed-user", "device_id": "mixed-device-2"},
    ]

    upload(shared, [an_event(**one) for one in ids])

    found = user(shared, user_id="mixed-user")
    assert found["device_ids"] == ["mixed-device", "mixed-device-2"]


def test_a_known_device_of_the_project_is_found_again(shared: Sandbox) -> None:
    known = {"user_id": "added-user", "device_id": "added-device", "properties": {"plan": "pro"}}
    shared.call("POST", "users", {"users": [known]}, 201)

    upload(shared, [an_event(user_id=None, device_id="added-device", user_properties={"a": 1})])

    assert user(shared, user_id="added-user")["properties"] == {"plan": "pro", "a": 1}


def test_identify_events_change_properties_in_their_order(shared: Sandbox) -> None:
    operations = [{"$set": {"tea": "green"}, "$add": {"cups": 1}}, {"$add": {"cups": 2}}]
    events = [
        an_event(event_type="$identify", user_id="identified", user_properties=one)
        for one in operations
    ]

    upload(shared, [*events, an_event(user_id="identified", user_properties={"hot": True})])

    assert user(shared, user_id="identified")["properties"] == {
        "tea": "green",
        "cups": 3,
        "hot": True,
    }


def test_a_repeat_changes_no_property_again(shared: Sandbox) -> None:
    event = an_event(
        event_type="$identify", user_id="identified-2", user_properties={"$add": {"cups": 1}}
    )

    upload(shared, [event, event])
    upload(shared, [event])

    assert user(shared, user_id="identified-2")["properties"] == {"cups": 1}


def test_a_cohort_by_rule_follows_events(shared: Sandbox) -> None:
    condition = {"property": "likes", "operator": "is", "value": "oolong"}
    made = shared.call(
        "POST", "cohorts", {"name": "Oolong", "rule": {"conditions": [condition]}}, 201
    )
    event = an_event(user_id="oolong-1", user_properties={"likes": "oolong"})

    upload(shared, [event])

    deadline = time.monotonic() + PATIENCE
    while shared.call("GET", f"cohorts/{made['id']}")["size"] != 1:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_whoever_is_taken_up_leaves_their_cohorts(shared: Sandbox) -> None:
    shared.call(
        "POST",
        "users",
        {"users": [{"device_id": "leaving-device", "properties": {"leaving": "yes"}}]},
        201,
    )
    condition = {"property": "leaving", "operator": "is", "value": "yes"}
    made = shared.call(
        "POST", "cohorts", {"name": "Leaving", "rule": {"conditions": [condition]}}, 201
    )
    upload(shared, [an_event(user_id="staying-user")])

    upload(shared, [an_event(user_id="staying-user", device_id="leaving-device")])

    members = shared.call("GET", f"cohorts/{made['id']}/members")["members"]
    assert made["size"] == 1
    assert [member["user_id"] for member in members] in ([], ["staying-user"])


def test_segments_identify_is_taken_with_its_undefined_options(shared: Sandbox) -> None:
    identification = {"user_id": "segment-user", "user_properties": {"plan": "pro"}}
    form = {
        "api_key": api_key(shared),
        "identification": json.dumps(identification),
        "options": "undefined",
    }

    answer = requests.post(f"{shared.url}/identify", data=form, timeout=9)

    assert (answer.status_code, answer.text) == (200, "success")
    assert user(shared, user_id="segment-user")["properties"] == {"plan": "pro"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"api_key": ""}, "Request missing required field"),
        ({"identification": ""}, "Request missing required field"),
        ({"api_key": "not-ours"}, "Invalid API key: not-ours"),
        ({"identification": "{"}, "Invalid event JSON"),
        ({"identification": "[1]"}, "Invalid event JSON"),
        ({"identification": "{}"}, "Request missing required field"),
        ({"identification": '{"user_id": "null"}'}, "Invalid field values on some events"),
    ],
)
def test_an_identify_call_that_says_nothing_is_refused(
    shared: Sandbox, changed: dict[str, str], error: str
) -> None:
    form = {"api_key": api_key(shared), "identification": '{"user_id": "abcde"}', **changed}

    body = requests.post(f"{shared.url}/identify", data=form, timeout=9).json()

    assert (body["code"], body["error"]) == (400, error)
