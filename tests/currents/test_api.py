"""Currents over /api/v1/."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from braze_partners.events import catalogue
from braze_partners.workspaces.models import AuditEntry
from currents import editing, tasks
from currents.fates import Fate
from currents.models import Attempt, ConnectionTest, Current
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import (
    API_KEY,
    EMAIL_OPEN,
    PURCHASE,
    AttemptFactory,
    ConnectionTestFactory,
    CurrentFactory,
    DeadLetterFactory,
    HoldFactory,
    LedgerEntryFactory,
)
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

LIST = "/api/v1/currents"
WHOLE = {
    "name": "Engagement",
    "contact_email": "crm@lumen.example",
    "api_key": API_KEY,
    "region": "us",
    "event_types": [EMAIL_OPEN],
}


def key(cast: Cast, *allowed: str) -> KeyClient:
    secret = f"brk_{'-'.join(allowed) or 'none':k<43}"[:47]
    RestApiKeyFactory.create(workspace=cast.workspace, secret=secret, permissions=allowed)
    return KeyClient(secret)


@pytest.fixture
def client(cast: Cast) -> KeyClient:
    return key(cast, "currents.read", "currents.write")


def one(current: Current, *rest: str) -> str:
    return "/".join([f"{LIST}/{current.pk}", *rest])


def errors(answer: Any, status: int = 400) -> dict[str, list[str]]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found: dict[str, list[str]] = answer.json().get("errors", {})
    return found


def test_a_current_is_created_launched_changed_paused_and_deleted(
    cast: Cast, client: KeyClient
) -> None:
    created = client.call("POST", LIST, WHOLE)
    assert created.status_code == 201
    body = created.json()
    assert (body["type"], body["state"], body["api_key"]) == ("amplitude", "draft", "a8b1…41f7")
    assert body["event_types"] == [EMAIL_OPEN] and body["removed_characters"] == 0
    assert API_KEY not in created.content.decode()
    current = Current.objects.get()
    assert current.workspace == cast.workspace
    address = one(current)
    assert client.get(address).json() == {
        name: value for name, value in body.items() if name != "removed_characters"
    }
    assert client.call("POST", f"{address}/launch").json()["state"] == "active"
    assert client.call("POST", f"{address}/pause").json()["state"] == "paused"
    assert client.call("POST", f"{address}/resume").json()["state"] == "active"
    changed = client.call("PATCH", address, {"name": "Renamed", "event_types": "all"})
    assert changed.json()["name"] == "Renamed"
    assert changed.json()["event_types"] == list(catalogue.event_types())
    assert client.call("DELETE", address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.get(LIST).json()["data"] == []
    entries = list(AuditEntry.objects.order_by("pk"))
    names = ("created", "launched", "paused", "resumed", "edited", "deleted")
    assert [entry.action for entry in entries] == [f"current.{name}" for name in names]
    assert all(entry.actor_text.startswith("REST API key brk_") for entry in entries)
    assert API_KEY not in str([entry.detail for entry in entries])


def test_one_call_creates_and_launches(client: KeyClient) -> None:
    made = client.call("POST", LIST, WHOLE | {"launch": True, "api_key": f"\u200b{API_KEY}\u00a0"})
    assert made.json()["state"] == "active" and made.json()["removed_characters"] == 2
    assert editing.stored_key(Current.objects.get()) == API_KEY


def test_the_same_idempotency_key_creates_once(client: KeyClient) -> None:
    first = client.call("POST", LIST, WHOLE, Idempotency_Key="k1")
    again = client.call("POST", LIST, WHOLE, Idempotency_Key="k1")
    assert first.json() == again.json() and Current.objects.count() == 1
    assert client.call("POST", LIST, {"name": "Other"}, Idempotency_Key="k1").status_code == 422


def test_a_launch_that_lacks_something_creates_nothing(client: KeyClient) -> None:
    found = errors(client.call("POST", LIST, {"name": "Later", "launch": True}))
    assert set(found) == {"contact_email", "api_key", "event_types"}
    assert not Current.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u0000 "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"region": "mars"}, "region"),
        ({"api_key": "\u200b"}, "api_key"),
        ({"api_key": "clé"}, "api_key"),
        ({"api_key": "k" * 500}, "api_key"),
        ({"event_types": ["users.messages.fax.Send"]}, "event_types"),
        ({"event_types": "some"}, "event_types"),
        ({"event_types": [1]}, "event_types"),
        ({"event_types": ["x"] * 501}, "event_types"),
        ({"event_types": {"a": 1}}, "event_types"),
        ({"include_anonymous": "perhaps"}, "include_anonymous"),
    ],
)
def test_bad_input_is_refused_by_its_field(
    client: KeyClient, given: dict[str, Any], field: str
) -> None:
    assert set(errors(client.call("POST", LIST, WHOLE | given))) == {field}
    assert not Current.objects.exists()


def test_a_change_is_refused_when_somebody_was_faster(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    version = client.get(one(current)).json()["version"]
    first = client.call("PATCH", one(current), {"name": "One", "version": version})
    assert first.status_code == 200 and first.json()["version"] > version
    late = client.call("PATCH", one(current), {"name": "Two", "version": version})
    assert errors(late, 409) == {}
    assert f"at version {first.json()['version']} by now" in late.json()["detail"]


def test_what_is_launched_may_be_emptied_but_keeps_its_contact(
    cast: Cast, client: KeyClient
) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    assert client.call("PATCH", one(current), {"event_types": []}).json()["event_types"] == []
    assert set(errors(client.call("PATCH", one(current), {"contact_email": ""}))) == {
        "contact_email"
    }


def test_a_move_from_the_wrong_state_is_a_conflict(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    assert errors(client.call("POST", one(current, "launch")), 409) == {}
    draft = CurrentFactory.create(workspace=cast.workspace, draft=True)
    for act in ("pause", "resume"):
        answer = client.call("POST", one(draft, act))
        assert answer.status_code == 409 and "draft" in answer.json()["detail"]


def test_the_list_has_pages_and_a_search(cast: Cast, client: KeyClient) -> None:
    for name in ("Alpha", "Beta", "Alphabet"):
        CurrentFactory.create(workspace=cast.workspace, name=name)
    CurrentFactory.create(workspace=cast.other_workspace, name="Alpha too")
    first = client.get(f"{LIST}?page_size=2").json()
    assert [row["name"] for row in first["data"]] == ["Alphabet", "Beta"]
    rest = client.get(first["next"]).json()
    assert [row["name"] for row in rest["data"]] == ["Alpha"] and rest["next"] is None
    found = client.get(f"{LIST}?q=alpha").json()["data"]
    assert [row["name"] for row in found] == ["Alphabet", "Alpha"]


PATHS: list[tuple[str, str]] = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/launch"),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("POST", "/test"),
    ("GET", "/test"),
    ("GET", "/test/1"),
    ("GET", "/ledger"),
    ("GET", "/ledger/types"),
    ("GET", "/attempts"),
    ("GET", "/attempts/1"),
    ("GET", "/dead-letters"),
    ("GET", "/dead-letters/causes"),
    ("GET", "/hot-ids"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nothing_of_another_workspace_is_reachable(cast: Cast, method: str, path: str) -> None:
    theirs = CurrentFactory.create(workspace=cast.other_workspace)
    full = key(cast, "currents.read", "currents.write", "currents.bodies")
    answer = full.call(method, f"{LIST}/{theirs.pk}{path}", {} if method != "GET" else None)
    assert answer.status_code == 404, answer.content


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_each_endpoint_asks_for_its_permission(cast: Cast, method: str, path: str) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    wrong = "currents.read" if method != "GET" or path == "/attempts/1" else "currents.write"
    answer = key(cast, wrong).call(method, one(current) + path)
    assert answer.status_code == 403, answer.content


def test_a_test_is_queued_and_its_result_read(
    cast: Cast, client: KeyClient, httpserver: HTTPServer, settings: Any
) -> None:
    settings.AMPLITUDE_US_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/2/httpapi").respond_with_json({"code": 200, "events_ingested": 1})
    current = CurrentFactory.create(workspace=cast.workspace)
    assert client.get(one(current, "test")).status_code == 404
    asked = client.call("POST", one(current, "test"), {})
    assert asked.status_code == 202 and asked.json()["state"] == "queued"
    result = one(current, "test", str(asked.json()["id"]))
    assert client.get(result).json()["accepted"] is None
    tasks.run_connection_test(asked.json()["id"])
    told = client.get(result).json()
    assert (told["accepted"], told["verdict"], told["status"]) == (True, "accepted", 200)
    assert told["sentence"] == "Amplitude accepted the test event."
    assert told["request"] is None and told["answer"] is None
    assert client.get(one(current, "test")).json() == told
    reader = key(cast, "currents.read", "currents.bodies")
    assert "••••41f7" in reader.get(result).json()["request"]
    assert json.loads(httpserver.log[0][0].get_data())["api_key"] == API_KEY


def test_another_key_can_be_tested_before_it_is_stored(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    client.call("POST", one(current, "test"), {"api_key": " another-key ", "region": "eu"})
    test = ConnectionTest.objects.get()
    assert test.region == "eu" and editing.stored_key(current) == API_KEY
    draft = CurrentFactory.create(workspace=cast.workspace, draft=True, api_key=None)
    assert set(errors(client.call("POST", one(draft, "test"), {}))) == {"api_key"}


def test_tests_do_not_pile_up(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    for _ in range(5):
        assert client.call("POST", one(current, "test"), {}).status_code == 202
    assert client.call("POST", one(current, "test"), {}).status_code == 409


def test_a_test_of_another_current_is_not_found(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    other = ConnectionTestFactory.create(current__workspace=cast.workspace)
    assert client.get(one(current, "test", str(other.pk))).status_code == 404


@pytest.fixture
def counted(cast: Cast) -> Current:
    """A Current whose ledger has a minute of now and one of two days ago."""
    current = CurrentFactory.create(workspace=cast.workspace)
    minute = timezone.now().replace(second=0, microsecond=0)
    for fate, count in (
        (Fate.DELIVERED, 900),
        (Fate.RETRIED, 50),
        (Fate.NOT_SELECTED, 30),
        (Fate.NO_IDENTITY, 4),
        (Fate.WAITING, 10),
        (Fate.DEAD, 3),
        (Fate.DROPPED, 2),
        (Fate.RETENTION, 1),
    ):
        LedgerEntryFactory.create(current=current, minute=minute, fate=fate, count=count)
    LedgerEntryFactory.create(
        current=current, minute=minute - timedelta(days=2), event_type=PURCHASE, count=7
    )
    return current


def test_the_ledger_balances_over_each_window(client: KeyClient, counted: Current) -> None:
    for window, delivered in (("10m", 950), ("1h", 950), ("24h", 950), ("7d", 957), ("all", 957)):
        told = client.get(one(counted, f"ledger?window={window}")).json()
        balance = told["balance"]
        parts = ("delivered", "filtered", "waiting", "dead_lettered", "dropped")
        assert balance["received"] == sum(balance[part] for part in parts)
        assert [balance[part] for part in parts] == [delivered, 34, 10, 3, 3]
        assert balance["by_fate"]["retried"] == 50 and len(balance["by_fate"]) == len(Fate)
        assert (told["since"] is None) == (window == "all")
    assert set(errors(client.get(one(counted, "ledger?window=2y")))) == {"window"}
    assert client.get(one(counted, "ledger")).json()["window"] == "24h"


def test_the_ledger_by_type(client: KeyClient, counted: Current) -> None:
    rows = client.get(one(counted, "ledger/types?window=7d")).json()["data"]
    assert [(row["event_type"], row["balance"]["received"]) for row in rows] == [
        (EMAIL_OPEN, 1_000),
        (PURCHASE, 7),
    ]


def test_attempts_come_without_bodies_and_one_with(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    AttemptFactory.create(current=current)
    refused = AttemptFactory.create(
        current=current, status=400, outcome=Attempt.Outcome.REJECTED, named=2
    )
    rows = client.get(one(current, "attempts")).json()["data"]
    assert [row["outcome"] for row in rows] == ["rejected", "delivered"]
    assert "request" not in rows[0] and "answer" not in rows[0]
    reader = key(cast, "currents.bodies")
    told = reader.get(one(current, "attempts", str(refused.pk))).json()
    assert told["named"] == 2 and told["request"] == refused.request
    assert reader.get(one(current, "attempts", "999999")).status_code == 404


def test_dead_letters_single_and_grouped(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    for _ in range(3):
        DeadLetterFactory.create(current=current)
    DeadLetterFactory.create(current=current, cause="Events silenced for device_id")
    groups = client.get(one(current, "dead-letters/causes")).json()["data"]
    assert [(group["count"], group["status"]) for group in groups] == [(3, 400), (1, 400)]
    assert "silenced" in groups[1]["hint"]
    found = client.get(one(current, "dead-letters"), {"cause": groups[1]["cause"]}).json()["data"]
    assert [row["cause"] for row in found] == ["Events silenced for device_id"]
    assert len(client.get(one(current, "dead-letters")).json()["data"]) == 4


def test_hot_ids_say_what_is_held_back(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    HoldFactory.create(current=current, identity="dev-1", device_id="dev-1", waiting=12)
    (row,) = client.get(one(current, "hot-ids")).json()["data"]
    assert (row["kind"], row["identifier"], row["held"]) == ("device", "dev-1", 12)


def test_the_answers_of_lists_cost_the_same_queries_with_many_rows(
    cast: Cast, client: KeyClient, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(8):
        CurrentFactory.create(workspace=cast.workspace)
    client.get(LIST)
    with django_assert_max_num_queries(5):
        assert len(client.get(LIST).json()["data"]) == 8


def test_a_deleted_current_answers_nothing(cast: Cast, client: KeyClient) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, state=State.DELETED)
    for path in ("", "/ledger", "/attempts"):
        assert client.get(one(current) + path).status_code == 404
