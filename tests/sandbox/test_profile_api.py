"""The User Profile API by a client that follows wire/amplitude-user-profile.md."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import an_event, api_key, upload


def look_up(sandbox: Sandbox, key: str | None = None, **query: str) -> requests.Response:
    secret = key if key is not None else sandbox.call("GET", "project")["secret_key"]
    headers = {"Authorization": f"Api-Key {secret}"}
    url = f"{sandbox.url}/v1/userprofile"
    return requests.get(url, params=query, headers=headers, timeout=10)


def test_a_profile_has_what_was_asked_for(shared: Sandbox) -> None:
    cohort_id = shared.cohort(["seen-once"])
    event = an_event(user_id="seen-once", device_id="phone", user_properties={"plan": "pro"})
    upload(shared, [event])

    bare = look_up(shared, user_id="seen-once").json()["userData"]
    full = look_up(
        shared, user_id="seen-once", get_amp_props="true", get_cohort_ids="true", get_recs="true"
    ).json()["userData"]

    assert bare == {
        "user_id": "seen-once",
        "device_id": "phone",
        "amp_props": None,
        "cohort_ids": None,
        "recommendations": None,
    }
    assert (full["amp_props"], full["cohort_ids"]) == ({"plan": "pro"}, [cohort_id])
    assert full["recommendations"] is None


def test_properties_come_from_identify_too(shared: Sandbox) -> None:
    said = {"user_id": "identified", "user_properties": {"$set": {"tier": 2}}}
    form = {"api_key": api_key(shared), "identification": json.dumps(said)}
    assert requests.post(f"{shared.url}/identify", data=form, timeout=10).text == "success"

    found = look_up(shared, user_id="identified", get_amp_props="true")

    assert found.json()["userData"]["amp_props"] == {"tier": 2}


def test_a_device_tells_who_was_seen_on_it(shared: Sandbox) -> None:
    upload(shared, [an_event(user_id=None, device_id="nobodys")])
    upload(shared, [an_event(user_id="owner", device_id="somebodys")])

    anonymous = look_up(shared, device_id="nobodys").json()["userData"]
    owned = look_up(shared, device_id="somebodys").json()["userData"]
    either = look_up(shared, user_id="never seen", device_id="somebodys").json()["userData"]

    assert (anonymous["user_id"], anonymous["device_id"]) == (None, "nobodys")
    assert owned["user_id"] == either["user_id"] == "owner"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"user_id": "never seen"}, "User id and device id not seen before"),
        ({"device_id": "never seen"}, "User id and device id not seen before"),
        ({}, "Either user_id or device_id is required"),
    ],
)
def test_whom_it_does_not_know_it_says_so(
    shared: Sandbox, query: dict[str, str], words: str
) -> None:
    answer = look_up(shared, **query)

    assert (answer.status_code, answer.json()) == (400, {"error": words})


def test_keys_are_refused_in_amplitudes_words(shared: Sandbox) -> None:
    wrong = look_up(shared, key="wrong", user_id="seen-once")
    with_api_key = look_up(shared, key=api_key(shared), user_id="seen-once")
    missing = requests.get(f"{shared.url}/v1/userprofile?user_id=seen-once", timeout=9)

    assert (wrong.status_code, wrong.text) == (401, "Invalid Api-Key")
    assert (with_api_key.status_code, with_api_key.text) == (401, "Invalid Api-Key")
    assert (missing.status_code, missing.text) == (
        401,
        "Missing Api-Key in Authorization header",
    )


def test_a_wrong_path_is_404_and_empty(shared: Sandbox) -> None:
    answer = requests.get(f"{shared.url}/v1/nothing", timeout=9)

    assert (answer.status_code, answer.content) == (404, b"")


def test_six_hundred_look_ups_a_minute(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(SANDBOX_PROFILE_REQUESTS="3")

    answers: list[Any] = [look_up(sandbox, user_id="x") for _request in range(4)]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert answers[-1].json()["error"].startswith("Number of requests per minute exceeds")
