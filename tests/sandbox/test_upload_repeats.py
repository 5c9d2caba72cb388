"""insert_id: what counts as a repeat, for how long, and what is said of it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import BATCH, an_event, stored, the_event, upload


def test_a_repeat_is_ingested_once_and_counted(shared: Sandbox) -> None:
    event = an_event()

    answers = [upload(shared, [event]), upload(shared, [event], BATCH), upload(shared, [event])]

    assert [answer.json()["events_ingested"] for answer in answers] == [1, 1, 1]
    assert the_event(shared, event)["duplicates"] == 2


def test_a_repeat_within_one_request_is_one_event(shared: Sandbox) -> None:
    event = an_event()

    answer = upload(shared, [event, an_event(), event, event])

    assert answer.json()["events_ingested"] == 4
    assert the_event(shared, event)["duplicates"] == 2


def test_the_first_one_stays_as_it_was(shared: Sandbox) -> None:
    event = an_event(event_properties={"tea": "green"})

    upload(shared, [event])
    upload(shared, [{**event, "event_properties": {"tea": "black"}}])

    assert the_event(shared, event)["event"]["event_properties"] == {"tea": "green"}


def test_repeats_are_known_by_device_id_else_by_user_id(shared: Sandbox) -> None:
    one = an_event(user_id="repeat-user-1", device_id="repeat-device-1", insert_id="repeat-1")
    same_device = {**one, "user_id": "repeat-user-2"}
    other_device = {**one, "device_id": "repeat-device-2"}
    no_device = {name: value for name, value in one.items() if name != "device_id"}

    upload(shared, [one, same_device, other_device, no_device, no_device])

    rows = stored(shared, insert_id="repeat-1")
    assert [(row["device_id"], row["duplicates"]) for row in rows] == [
        ("repeat-device-1", 1),
        ("repeat-device-2", 0),
        (None, 1),
    ]


@pytest.mark.parametrize("insert_id", [None, ""])
def test_an_event_without_insert_id_is_never_a_repeat(
    shared: Sandbox, insert_id: str | None
) -> None:
    event = an_event(insert_id=insert_id, user_id=f"no-insert-id-{insert_id}")

    upload(shared, [event, event])

    assert len(stored(shared, user_id=event["user_id"])) == 2


def test_after_seven_days_it_is_a_new_event(shared: Sandbox) -> None:
    young, old = an_event(), an_event()
    upload(shared, [young, old])
    _age(shared, young, days=6.9)
    _age(shared, old, days=7.1)

    upload(shared, [young, old])
    upload(shared, [old])

    assert the_event(shared, young)["duplicates"] == 1
    assert [row["duplicates"] for row in stored(shared, insert_id=old["insert_id"])] == [0, 1]


def test_requests_at_the_same_time_ingest_an_event_once(shared: Sandbox) -> None:
    events = [an_event(event_type="at once") for _number in range(200)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(shared, events).status_code, range(8)))

    rows = stored(shared, event_type="at once")
    assert answers == [200] * 8
    assert [row["insert_id"] for row in rows] == [event["insert_id"] for event in events]
    assert {row["duplicates"] for row in rows} == {7}


def test_totals_balance(start_sandbox: Any) -> None:
    sandbox = start_sandbox()
    events = [an_event() for _number in range(5)]
    upload(sandbox, events)
    upload(sandbox, events[:2])
    upload(sandbox, [*events, an_event(time=1)])
    upload(sandbox, events, key="not-ours")

    counts = sandbox.call("GET", "events/count")

    assert counts == {"count": 5, "received": 18, "ingested": 5, "duplicates": 2, "refused": 11}


def _age(sandbox: Sandbox, event: dict[str, Any], days: float) -> None:
    with sqlite3.connect(sandbox.folder / "sandbox.sqlite3", timeout=10) as database:
        database.execute(
            "UPDATE sandbox_receivedevent SET received_ms = received_ms - ? WHERE insert_id = ?",
            [int(days * 86_400_000), event["insert_id"]],
        )
