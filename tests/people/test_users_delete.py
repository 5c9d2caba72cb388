"""POST /users/delete: who goes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.people import numbers
from braze_partners.people.models import Alias, AttributeValue, Device, Profile
from braze_partners.workspaces.models import AuditEntry
from tests.people.callers import Caller, an_alias, make_caller
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def caller(db: None) -> Caller:
    return make_caller()


def delete(caller: Caller, **body: Any) -> Any:
    return caller.post("delete", body)


def answered(response: Any, deleted: int) -> None:
    assert response.status_code == 201, response.content
    assert response.json() == {"deleted": deleted, "message": "success"}


@pytest.mark.parametrize("by", ["external_ids", "user_aliases", "braze_ids"])
def test_people_are_deleted_by_each_identifier(caller: Caller, by: str) -> None:
    gone = caller.add("a", "u1", devices={"d1": True}, attributes={"plan": "gold"})
    stays = caller.add("b", "u2")
    named = {"external_ids": ["u1"], "user_aliases": [an_alias("a")], "braze_ids": [gone.braze_id]}
    answered(delete(caller, **{by: named[by]}), 1)
    assert Profile.objects.get().pk == stays.pk
    assert Alias.objects.get().profile_id == stays.pk
    assert not Device.objects.exists() and not AttributeValue.objects.exists()
    assert numbers.universe(caller.workspace.pk).size == 1


def test_who_is_unknown_or_named_twice_counts_once_at_most(caller: Caller) -> None:
    caller.add("a", "u1")
    answered(delete(caller, external_ids=["u1", "u1", "ghost"]), 1)
    answered(delete(caller, external_ids=["u1"]), 0)


def test_empty_arrays_of_the_other_kinds_do_not_matter(caller: Caller) -> None:
    caller.add("a", "u1")
    answered(delete(caller, external_ids=["u1"], user_aliases=[], braze_ids=None), 1)


def test_each_deletion_is_in_the_audit_log_without_an_identifier(caller: Caller) -> None:
    numbered = [caller.add(external_id=f"u{n}").number for n in range(2)]
    answered(delete(caller, external_ids=["u0", "u1"]), 2)
    entries = AuditEntry.objects.filter(action="person.deleted").order_by("pk")
    assert [entry.target for entry in entries] == [f"number {number}" for number in numbered]
    assert all(entry.actor_text.startswith("REST API key brk_") for entry in entries)


def test_nobody_of_another_workspace_is_deleted(caller: Caller) -> None:
    other = Caller(WorkspaceFactory.create(slug="elsewhere"), caller.client)
    stays = other.add("a", "u1")
    answered(delete(caller, external_ids=["u1"]), 0)
    answered(delete(caller, braze_ids=[stays.braze_id]), 0)
    assert Profile.objects.count() == 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "The request must hold `external_ids`, `user_aliases` or `braze_ids`"),
    "two kinds": (
        {"external_ids": ["u1"], "braze_ids": ["b1"]},
        "A request has one of `external_ids`, `user_aliases` or `braze_ids`; this one has"
        " external_ids and braze_ids",
    ),
    "51 of them": (
        {"external_ids": [str(n) for n in range(51)]},
        "`external_ids` has at most 50 entries; these are 51",
    ),
    "a text": ({"external_ids": "u1"}, "`external_ids` must be an array that is not empty"),
    "numbers": ({"external_ids": [1]}, "Every entry of the request is refused"),
    "aliases as texts": ({"user_aliases": ["a"]}, "Every entry of the request is refused"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_body_that_cannot_be_read_deletes_nobody(caller: Caller, name: str) -> None:
    body, text = BAD[name]
    caller.add("a", "u1")
    response = delete(caller, **body)
    assert response.status_code == 400
    assert response.json()["message"].startswith(text)
    assert Profile.objects.exists()


def test_an_entry_that_cannot_be_read_stops_no_other(caller: Caller) -> None:
    caller.add("a", "u1")
    response = delete(caller, external_ids=[None, "u1"])
    assert response.status_code == 201
    assert response.json()["deleted"] == 1
    assert response.json()["errors"] == [
        {
            "type": "`external_id` must be a text that is not empty",
            "input_array": "external_ids",
            "index": 0,
        }
    ]
