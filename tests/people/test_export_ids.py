"""POST /users/export/ids: whom it finds, which fields it tells, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.people.models import Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from tests.cast import Cast
from tests.rest.conftest import KeyClient, full, with_key

__all__ = ["full", "with_key"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)
PATH = "/users/export/ids"


@pytest.fixture
def ann(cast: Cast) -> Profile:
    person = NewPerson(
        "u1",
        aliases=[("crm", "77")],
        devices=[NewDevice("d1", push_enabled=True)],
        fields={"first_name": "Ann", "email": "Ann@x.org", "date_of_birth": date(1990, 2, 1)},
        attributes={"plan": "gold", "since": NOW, "sizes": [1, 2]},
    )
    (number,) = create_profiles(cast.workspace.pk, [person], NOW)
    return Profile.objects.get(workspace=cast.workspace, number=number)


def test_everything_known_of_a_person_is_told(full: KeyClient, ann: Profile) -> None:
    answer = full.call("POST", PATH, {"external_ids": ["u1", "nobody"]})
    assert answer.status_code == 201 and "X-RateLimit-Remaining" in answer
    assert answer.json() == {
        "message": "success",
        "invalid_user_ids": ["nobody"],
        "users": [
            {
                "external_id": "u1",
                "braze_id": ann.braze_id,
                "first_name": "Ann",
                "email": "Ann@x.org",
                "dob": "1990-02-01",
                "email_subscribe": "subscribed",
                "push_subscribe": "subscribed",
                "created_at": "2026-05-11T12:00:00.000Z",
                "user_aliases": [{"alias_name": "77", "alias_label": "crm"}],
                "devices": [{"device_id": "d1", "push_enabled": True}],
                "custom_attributes": {
                    "plan": "gold",
                    "since": "2026-05-11T12:00:00.000Z",
                    "sizes": [1, 2],
                },
            }
        ],
    }


def test_only_the_fields_that_are_asked_for_are_told(full: KeyClient, ann: Profile) -> None:
    body = {"external_ids": ["u1"], "fields_to_export": ["email", "purchases", "user_aliases"]}
    (user,) = full.call("POST", PATH, body).json()["users"]
    assert sorted(user) == ["email", "user_aliases"]


def test_every_identifier_finds_a_person_once(full: KeyClient, ann: Profile) -> None:
    for named in (
        {"user_aliases": [{"alias_name": "77", "alias_label": "crm"}]},
        {"device_id": "d1"},
        {"braze_id": ann.braze_id.upper()},
        {"email_address": "ann@X.org"},
        {"external_ids": ["u1", "u1"], "device_id": "d1"},
    ):
        answer = full.call("POST", PATH, named | {"fields_to_export": ["external_id"]}).json()
        assert answer["users"] == [{"external_id": "u1"}], named


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "Name people by"),
        ([], "must be a JSON object"),
        ({"external_ids": "u1"}, "`external_ids` must be an array"),
        ({"external_ids": [1]}, "must hold texts"),
        ({"external_ids": [f"u{n}" for n in range(51)]}, "At most 50"),
        ({"external_ids": [f"u{n}" for n in range(50)], "device_id": "d"}, "At most 50"),
        ({"device_id": ["d1"]}, "`device_id` must be a text"),
        ({"user_aliases": [{"alias_name": "77"}]}, "alias_label"),
        ({"device_id": "d1", "fields_to_export": []}, "at least one field"),
        ({"device_id": "d1", "fields_to_export": ["shoe_size"]}, "no field: shoe_size"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(full: KeyClient, body: Any, sentence: str) -> None:
    answer = full.call("POST", PATH, body)
    assert answer.status_code == 400 and sentence in answer.json()["message"]


def test_odd_identifiers_are_nobodys(full: KeyClient, ann: Profile) -> None:
    odd = ["\x00", "x" * 10_000, "\ud800"]
    answer = full.call("POST", PATH, {"external_ids": odd[:2], "device_id": "\x00"})
    assert answer.status_code == 201 and answer.json()["users"] == []
    for field in ("braze_id", "email_address", "phone"):
        answer = full.call("POST", PATH, {field: "\x00"})
        assert answer.status_code == 201 and answer.json()["users"] == []


def test_another_workspaces_people_are_not_told(full: KeyClient, cast: Cast) -> None:
    create_profiles(cast.other_workspace.pk, [NewPerson("theirs")], NOW)
    assert full.call("POST", PATH, {"external_ids": ["theirs"]}).json()["users"] == []


def test_it_wants_its_permission(with_key: Callable[..., KeyClient]) -> None:
    answer = with_key("users.track").call("POST", PATH, {"external_ids": ["u1"]})
    assert answer.status_code == 403 and "users.export.ids" in answer.json()["message"]


def test_fifty_people_cost_few_statements(full: KeyClient, cast: Cast) -> None:
    people = [NewPerson(f"u{n}", devices=[NewDevice(f"d{n}")]) for n in range(50)]
    create_profiles(cast.workspace.pk, people, NOW)
    with CaptureQueriesContext(connection) as queries:
        answer = full.call("POST", PATH, {"external_ids": [f"u{n}" for n in range(50)]})
    assert len(answer.json()["users"]) == 50 and len(queries) <= 10
