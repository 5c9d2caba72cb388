"""Cohorts by rule over received events: they change as events come, by themselves and on demand."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.sandbox.cohort_client import CohortClient
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import PATIENCE, Sandbox
from tests.sandbox.uploading import an_event, upload

DAY_MS = 86_400_000


def rule(sandbox: Sandbox, *conditions: dict[str, Any], match: str = "all") -> str:
    body = {"name": "By rule", "rule": {"match": match, "conditions": list(conditions)}}
    return str(sandbox.call("POST", "cohorts", body, 201)["id"])


def members(sandbox: Sandbox, cohort_id: str) -> set[str | None]:
    sandbox.call("POST", f"cohorts/{cohort_id}/recompute", {})
    held = sandbox.call("GET", f"cohorts/{cohort_id}/members")["members"]
    return {one["user_id"] for one in held}


def event(name: str, user_id: str | None, days_ago: float = 0, **fields: Any) -> dict[str, Any]:
    at = int(time.time() * 1_000 - days_ago * DAY_MS)
    return an_event(event_type=name, user_id=user_id, time=at, **fields)


@pytest.fixture
def name() -> str:
    """An event type of this test alone, since its sandbox is shared."""
    return f"Bought {uuid4()}"


def test_a_user_who_did_it_often_enough_in_time_is_a_member(shared: Sandbox, name: str) -> None:
    sent = [event(name, "often-user"), event(name, "often-user", 1), event(name, "seldom-user")]
    sent += [event(name, "early-user", 8), event(name, "early-user", 9), event(name, "early-user")]
    assert upload(shared, sent).status_code == 200

    twice = rule(shared, {"event": name, "operator": "at_least", "times": 2, "days": 7})
    ever = rule(shared, {"event": name, "times": 2})
    once = rule(shared, {"event": name, "operator": "exactly", "times": 1, "days": 7})

    assert members(shared, twice) == {"often-user"}
    assert members(shared, ever) == {"often-user", "early-user"}
    assert members(shared, once) == {"seldom-user", "early-user"}


def test_who_never_did_it_is_found_too(shared: Sandbox, name: str) -> None:
    plan = str(uuid4())
    people = [{"user_id": f"{one}-{name}", "properties": {"plan": plan}} for one in ("did", "not")]
    shared.call("POST", "users", {"users": people}, 201)
    upload(shared, [event(name, f"did-{name}")])

    never = rule(
        shared,
        {"property": "plan", "operator": "is", "value": plan},
        {"event": name, "operator": "at_most", "times": 0, "days": 30},
    )

    assert members(shared, never) == {f"not-{name}"}


def test_the_events_own_properties_count(shared: Sandbox, name: str) -> None:
    sent = [
        event(name, "cheap-user", event_properties={"price": 2}),
        event(name, "dear-user", event_properties={"price": 20}),
        event(name, "plain-user"),
    ]
    upload(shared, sent)

    where = {"property": "price", "operator": "greater", "value": "10"}

    assert members(shared, rule(shared, {"event": name, "where": where})) == {"dear-user"}


def test_events_of_a_device_are_its_users(shared: Sandbox, name: str) -> None:
    upload(shared, [event(name, None, device_id=f"phone-{name}")])
    cohort_id = rule(shared, {"event": name})
    anonymous = members(shared, cohort_id)

    upload(shared, [event("Signed in", "known-user", device_id=f"phone-{name}")])

    assert anonymous == {None}
    assert members(shared, cohort_id) == {"known-user"}


def test_any_event_stands_for_all(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()
    upload(sandbox, [event("Tea", "busy-user"), event("Cake", "busy-user"), event("Tea", "other")])

    assert members(sandbox, rule(sandbox, {"event": "*", "times": 2})) == {"busy-user"}


def test_it_follows_the_events_by_itself(shared: Sandbox, name: str) -> None:
    cohort_id = rule(shared, {"event": name})
    before = shared.call("GET", f"cohorts/{cohort_id}")

    upload(shared, [event(name, "first-user"), event(name, "second-user")])

    deadline = time.monotonic() + PATIENCE
    while (now := shared.call("GET", f"cohorts/{cohort_id}"))["size"] != 2:
        assert time.monotonic() < deadline, now
        time.sleep(0.1)
    assert now["computed_at"] > before["computed_at"]


def test_the_api_tells_the_rule_and_when_it_was_computed(shared: Sandbox, name: str) -> None:
    condition = {"event": name, "operator": "at_least", "times": 1, "days": 7, "where": None}
    cohort_id = rule(shared, condition, match="any")
    upload(shared, [event(name, "told-user")])

    client = CohortClient(shared)
    rows = client.rows(cohort_id)
    (told,) = [one for one in client.listed() if one["id"] == cohort_id]

    assert [row["user_id"] for row in rows] == ["told-user"]
    assert told["definition"] == {"kind": "rule", "match": "any", "conditions": [condition]}
    assert (told["size"], abs(told["lastComputed"] - time.time()) < 60) == (1, True)


def test_an_archived_cohort_stays_as_it_is(shared: Sandbox, name: str) -> None:
    cohort_id = rule(shared, {"event": name})
    shared.call("PATCH", f"cohorts/{cohort_id}", {"archived": True})
    upload(shared, [event(name, "late-user")])

    archived = members(shared, cohort_id)
    refused = shared.call("POST", f"cohorts/{cohort_id}/sync", {}, 409)
    shared.call("PATCH", f"cohorts/{cohort_id}", {"archived": False, "description": "Back"})

    assert archived == set()
    assert "archived" in refused["error"]["message"]
    assert members(shared, cohort_id) == {"late-user"}
    (told,) = [one for one in CohortClient(shared).listed() if one["id"] == cohort_id]
    assert (told["archived"], told["description"]) == (False, "Back")


def test_a_deleted_cohort_is_unknown_to_who_asks_for_it(shared: Sandbox) -> None:
    cohort_id = shared.cohort(["usr_1"])
    client = CohortClient(shared)
    asked = client.ask(cohort_id).json()["request_id"]

    shared.call("DELETE", f"cohorts/{cohort_id}")

    assert client.ask(cohort_id).status_code == 404
    assert client.status(asked).status_code == 404
    assert requests.get(f"{shared.url}/cohorts/{cohort_id}", timeout=9).status_code == 404
