"""REST about events, the project and its keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import an_event, api_key, stored, upload


def test_events_are_listed_in_the_order_of_ingestion_page_by_page(start_sandbox: Any) -> None:
    sandbox = start_sandbox()
    events = [an_event() for _number in range(7)]
    upload(sandbox, events[:3])
    upload(sandbox, events[3:])

    pages, after = [], 0
    while after is not None:
        page = sandbox.call("GET", f"events?limit=3&after={after}")
        pages.append([row["insert_id"] for row in page["events"]])
        after = page["next"]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == [event["insert_id"] for event in events]


def test_an_event_is_shown_with_all_that_is_known_of_it(shared: Sandbox) -> None:
    event = an_event(device_id="shown-device")
    upload(shared, [event, event])

    (row,) = stored(shared, device_id="shown-device")

    assert row.pop("sequence") > 0
    assert row.pop("received_at").endswith("+00:00")
    assert row == {
        "event_type": "Tea bought",
        "user_id": event["user_id"],
        "device_id": "shown-device",
        "insert_id": event["insert_id"],
        "time": event["time"],
        "duplicates": 1,
        "event": event,
        "received": None,
    }


def test_events_are_filtered_and_counted(shared: Sandbox) -> None:
    mine = [an_event(event_type="Filtered", user_id="filtered-user") for _number in range(3)]
    upload(shared, [*mine, an_event(event_type="Filtered"), mine[0]])
    moment = stored(shared, insert_id=mine[0]["insert_id"])[0]["received_at"].replace("+", "%2B")

    both = "event_type=Filtered&user_id=filtered-user"

    assert len(stored(shared, event_type="Filtered")) == 4
    assert shared.call("GET", f"events/count?{both}") == {"count": 3, "duplicates": 1}
    assert shared.call("GET", f"events/count?{both}&received_from={moment}")["count"] == 3
    assert shared.call("GET", f"events/count?{both}&received_until={moment}")["count"] == 0
    assert stored(shared, user_id="nobody-at-all") == []


def test_the_compact_list_has_every_insert_id_in_order(start_sandbox: Any) -> None:
    sandbox = start_sandbox()
    events = [an_event(device_id="compact-device") for _number in range(5)]
    upload(sandbox, [*events, events[4]])

    whole = sandbox.call("GET", "events/insert-ids")
    part = sandbox.call("GET", f"events/insert-ids?limit=2&after={whole['events'][1]['sequence']}")

    assert whole["next"] is None
    assert [row["insert_id"] for row in whole["events"]] == [one["insert_id"] for one in events]
    assert [row["duplicates"] for row in whole["events"]] == [0, 0, 0, 0, 1]
    assert whole["events"][0]["user_id"] == events[0]["user_id"]
    assert whole["events"][0]["device_id"] == "compact-device"
    assert part["events"] == whole["events"][2:4]
    assert part["next"] == whole["events"][3]["sequence"]


def test_deleting_the_events_begins_anew(start_sandbox: Any) -> None:
    sandbox = start_sandbox(SANDBOX_DAILY_QUOTA="2")
    events = [an_event(user_id="again-and-again") for _number in range(2)]
    upload(sandbox, events)
    assert upload(sandbox, [an_event(user_id="again-and-again")]).status_code == 429

    assert sandbox.call("DELETE", "events") == {"deleted": 2}

    assert sandbox.call("GET", "events/count")["received"] == 0
    assert upload(sandbox, events).status_code == 200
    assert [row["duplicates"] for row in stored(sandbox)] == [0, 0]


def test_the_last_requests_are_listed_with_their_outcome(shared: Sandbox) -> None:
    upload(shared, [an_event(), an_event()])
    upload(shared, [an_event()], key="not-ours")

    refused, taken = shared.call("GET", "requests?limit=2")["requests"]

    assert (taken["status"], taken["events"], taken["endpoint"]) == (200, 2, "httpapi")
    assert (refused["status"], refused["events"]) == (400, 1)
    assert refused["error"] == "Invalid API key: not-ours"
    assert refused["number"] == taken["number"] + 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("events?after=-1", "`after` must be a number"),
        ("events?limit=many", "`limit` must be a number"),
        ("events/insert-ids?after=%C2%B2", "`after` must be a number"),
        ("events?received_from=yesterday", "`received_from` must be a time with its zone"),
        ("events?received_until=2026-05-12T09:40:00", "must be a time with its zone"),
    ],
)
def test_a_filter_that_says_nothing_is_refused(shared: Sandbox, path: str, words: str) -> None:
    assert words in shared.call("GET", path, status=400)["error"]["message"]


def test_the_project_tells_its_key_and_takes_it(shared: Sandbox) -> None:
    project = shared.call("GET", "project")

    assert (project["name"], len(project["api_key"])) == ("Lumen production", 32)
    assert project["api_keys"] == [project["api_key"]]
    assert project["api_key"] in (shared.folder / "sandbox.json").read_text()
    assert upload(shared, [an_event()]).status_code == 200


def test_a_further_key_is_taken_until_it_is_revoked(shared: Sandbox) -> None:
    added = shared.call("POST", "project/keys", {"label": "Second"}, 201)

    first = upload(shared, [an_event()], key=added["api_key"])
    listed = shared.call("GET", "project/keys")["keys"]
    revoked = shared.call("DELETE", f"project/keys/{added['id']}")
    second = upload(shared, [an_event()], key=added["api_key"])

    assert (len(added["api_key"]), added["label"]) == (32, "Second")
    assert added in listed
    assert revoked["revoked_at"]
    assert (first.status_code, second.status_code) == (200, 400)
    assert second.json()["error"] == f"Invalid API key: {added['api_key']}"
    shared.call("DELETE", f"project/keys/{added['id']}", status=404)


def test_a_key_may_be_given_and_is_stored_encrypted(shared: Sandbox) -> None:
    given = "a-key-of-our-own-0123456789"
    added = shared.call("POST", "project/keys", {"api_key": f" {given} "}, 201)

    assert added["api_key"] == given
    assert upload(shared, [an_event()], key=given).status_code == 200
    files = list(shared.folder.glob("sandbox.sqlite3*"))
    assert not any(given.encode() in path.read_bytes() for path in files)
    again = shared.call("POST", "project/keys", {"api_key": given}, 400)
    assert "accepts this key already" in again["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"label": "x" * 101}, "at most 100 characters"),
        ({"api_key": "x" * 201}, "at most 200 printable"),
        ({"api_key": "a\u200bb"}, "at most 200 printable"),
        ({"api_key": 7}, "must be a string"),
    ],
)
def test_a_key_that_nobody_could_send_is_refused(
    shared: Sandbox, body: dict[str, Any], words: str
) -> None:
    assert words in shared.call("POST", "project/keys", body, 400)["error"]["message"]


def test_keys_pinned_by_the_setting_are_taken(start_sandbox: Any) -> None:
    sandbox = start_sandbox(SANDBOX_API_KEYS="pinned-one,pinned-two")

    statuses = [upload(sandbox, [an_event()], key=key).status_code for key in ("pinned-two", "x")]

    assert statuses == [200, 400]
    assert sandbox.call("GET", "project")["api_keys"] == [
        api_key(sandbox),
        "pinned-one",
        "pinned-two",
    ]
