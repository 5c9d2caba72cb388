"""POST /currents/events, as wire/braze-currents-http.md has it."""

from __future__ import annotations

import gzip
import json

import pytest
from pytest_django import Settings

from braze_partners.events import event_log
from braze_partners.events.limits import MAX_EVENTS_PER_REQUEST
from braze_partners.keys.models import RestApiKey
from braze_partners.people.models import Profile
from tests.cast import Cast
from tests.events.conftest import NOON_SECONDS, Sender, wire_event
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient, full

__all__ = ["full"]

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

UNKNOWN = "users.messages.telepathy.Send"


def test_a_batch_is_stored_in_its_order_and_answered_201(sender: Sender) -> None:
    answer = sender.send(wire_event("a"), wire_event("b"), wire_event("c"))
    assert answer.status_code == 201
    assert answer.json() == {"message": "success", "accepted": 3, "rejected": []}
    assert answer["Content-Length"] == str(len(answer.content))
    assert [record.id for record in sender.stored] == ["a", "b", "c"]


def test_an_event_keeps_its_ids_its_time_and_all_of_its_properties(sender: Sender) -> None:
    properties = {"campaign_id": "c1", "nobody_knows": {"deep": [1, 2.5, None, "é"]}}
    user = {"user_id": "b1", "external_user_id": "ada", "device_id": "phone"}
    sender.send(wire_event("a", user=user, properties=properties))
    (record,) = sender.stored
    assert (record.type, record.id) == ("users.messages.email.Open", "a")
    assert record.time_ms == NOON_SECONDS * 1000
    assert (record.user_id, record.external_user_id) == ("b1", "ada")
    assert (record.device_id, record.identity) == ("phone", "ada")
    assert json.loads(bytes(record.properties)) == properties


def test_fractions_of_a_second_are_kept(sender: Sender) -> None:
    sender.send(wire_event(time=1700000000.123), wire_event(time=1.7e9))
    assert [record.time_ms for record in sender.stored] == [1700000000123, 1700000000000]


def test_what_is_absent_or_null_is_no_reason_to_refuse(sender: Sender) -> None:
    nobody = {"external_user_id": None, "device_id": None}
    answer = sender.send(
        wire_event("a", user=None),
        wire_event("b", user=...),
        wire_event("c", user=nobody, properties=None),
        wire_event("d", properties=...),
        wire_event("e", user={}, more={"of": "it"}),
    )
    assert answer.json()["accepted"] == 5 and answer.json()["rejected"] == []
    assert [record.identity for record in sender.stored] == [None, None, None, "ada", None]
    assert [bytes(r.properties) for r in sender.stored][2:4] == [b"{}", b"{}"]


def test_an_unknown_type_is_stored_and_listed(sender: Sender) -> None:
    answer = sender.send(wire_event("a"), wire_event("b", event_type=UNKNOWN)).json()
    assert answer["accepted"] == 2
    assert [(one["index"], one["id"]) for one in answer["rejected"]] == [(1, "b")]
    assert "stored" in answer["rejected"][0]["error"]
    assert [record.type for record in sender.stored][1] == UNKNOWN


def test_the_same_id_twice_is_two_events_in_one_batch_and_across_batches(sender: Sender) -> None:
    assert sender.send(wire_event("same"), wire_event("same")).json()["accepted"] == 2
    assert sender.send(wire_event("same")).json()["accepted"] == 1
    found = event_log.by_event_id(sender.workspace_id, "same")
    assert [sequence for sequence, _, _ in found] == [2, 1, 0]


def test_nothing_in_it_is_a_success_too(sender: Sender) -> None:
    assert sender.send().json() == {"message": "success", "accepted": 0, "rejected": []}
    assert event_log.head(sender.workspace_id) == 0


def test_5000_events_are_taken_and_5001_are_413(sender: Sender) -> None:
    events = [wire_event(f"e{n}") for n in range(MAX_EVENTS_PER_REQUEST + 1)]
    refused = sender.post({"events": events})
    assert refused.status_code == 413 and "5,000" in refused.json()["message"]
    assert event_log.head(sender.workspace_id) == 0
    assert sender.post({"events": events[:-1]}).json()["accepted"] == 5_000
    assert event_log.head(sender.workspace_id) == 5_000


def test_gzip_is_taken(sender: Sender) -> None:
    packed = gzip.compress(json.dumps({"events": [wire_event("a")]}).encode())
    assert sender.post(packed, Content_Encoding="gzip").json()["accepted"] == 1
    two_members = gzip.compress(b'{"events":') + gzip.compress(b"[]}")
    assert sender.post(two_members, Content_Encoding="gzip").status_code == 201


def test_the_version_header_is_optional(sender: Sender) -> None:
    body = {"events": [wire_event()]}
    assert sender.post(body, Braze_Currents_Version="1").status_code == 201


def test_it_says_what_is_left_of_the_hour(sender: Sender) -> None:
    answer = sender.send(wire_event())
    assert answer["X-RateLimit-Limit"] == "250000"
    assert answer["X-RateLimit-Remaining"] == "249999"
    assert int(answer["X-RateLimit-Reset"]) > 0
    assert "X-RateLimit-Limit" in sender.post(b"nonsense")


def test_beyond_the_hours_requests_it_is_429(sender: Sender, settings: Settings) -> None:
    settings.RATE_LIMITS = {"currents": (1, 3600)}
    assert sender.send(wire_event()).status_code == 201
    answer = sender.send(wire_event())
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert event_log.head(sender.workspace_id) == 1


def test_it_makes_no_profiles(sender: Sender) -> None:
    sender.send(wire_event())
    assert not Profile.objects.exists()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eA==", "Bearer brk_unknown"])
def test_without_a_valid_key_it_is_401(sender: Sender, header: str) -> None:
    answer = sender.post({"events": [wire_event()]}, Authorization=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["message"] == "Invalid API key"


def test_an_invalidated_key_is_refused_at_once(sender: Sender) -> None:
    assert sender.send(wire_event()).status_code == 201
    key = RestApiKey.objects.get()
    key.invalidated_at = key.created_at
    key.save()
    assert sender.send(wire_event()).status_code == 401


def test_a_key_without_the_permission_is_403(sender: Sender, cast: Cast) -> None:
    sender.secret = "brk_" + "n" * 43
    RestApiKeyFactory.create(
        workspace=cast.workspace, secret=sender.secret, permissions=["users.track"]
    )
    answer = sender.send(wire_event())
    assert answer.status_code == 403 and "currents.events" in answer.json()["message"]


def test_a_key_writes_to_its_own_workspace_only(sender: Sender, cast: Cast) -> None:
    sender.secret = "brk_" + "m" * 43
    RestApiKeyFactory.create(
        workspace=cast.other_workspace, secret=sender.secret, permissions=["currents.events"]
    )
    assert sender.send(wire_event()).status_code == 201
    assert event_log.head(cast.workspace.pk) == 0
    assert event_log.head(cast.other_workspace.pk) == 1


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_posts_are_taken(sender: Sender, method: str) -> None:
    answer = getattr(sender.client, method)("/currents/events")
    assert answer.status_code == 405 and answer["Allow"] == "POST"
    assert answer.json()["errors"]


def test_event_types_are_listed_in_picker_order(full: KeyClient) -> None:
    page = full.call("GET", "/api/v1/event-types?page_size=200").json()
    assert len(page["data"]) == 94
    assert page["data"][0]["order"] == 1
    custom = next(one for one in page["data"] if "{name}" in one["amplitude_name"])
    assert custom["name"] == "users.behaviors.CustomEvent"
    assert full.call("GET", "/api/v1/event-types?page_size=2").json()["next"]
