"""POST /users/identify: whom it identifies, whom it merges, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.keys.models import RestApiKey
from braze_partners.people import numbers, sets
from braze_partners.people.models import MergedProfile, PeopleSet, Profile
from tests.people.callers import PERMISSIONS, SECRET, Caller, an_alias, make_caller
from tests.people.factories import AliasFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
UNKNOWN = "No user has the alias “crm:ghost”."
TAKEN = "The alias “crm:a” belongs to another identified user."


@pytest.fixture
def caller(db: None) -> Caller:
    return make_caller()


def answered(response: Any, processed: int, *errors: tuple[int, str]) -> None:
    assert response.status_code == 201, response.content
    expected: dict[str, Any] = {"aliases_processed": processed, "message": "success"}
    if errors:
        expected["errors"] = [
            {"type": text, "input_array": "aliases_to_identify", "index": index}
            for index, text in errors
        ]
    assert response.json() == expected


def anonymous(caller: Caller) -> set[int]:
    blocks = sets.read(caller.workspace.pk, PeopleSet.Kind.ANONYMOUS)
    return {number for bits in blocks.values() for number in bits}


def test_an_external_id_that_nobody_has_is_given_to_whoever_has_the_alias(caller: Caller) -> None:
    person = caller.add("a", fields={"first_name": "Ada"})
    assert anonymous(caller) == {person.number}
    answered(caller.identify(("a", "u1")), 1)
    (after,) = Profile.objects.all()
    assert (after.number, after.external_id, after.first_name) == (person.number, "u1", "Ada")
    assert caller.whose("a") == person.number
    assert anonymous(caller) == set()
    assert after.updated_at is not None


def test_whoever_has_the_alias_becomes_part_of_the_identified_person(caller: Caller) -> None:
    kept = caller.add(external_id="u1", fields={"first_name": "Ada"})
    gone = caller.add("a", fields={"first_name": "A.", "country": "FR"}, devices={"d1": True})
    answered(caller.identify(("a", "u1")), 1)
    (after,) = Profile.objects.all()
    assert (after.pk, after.number) == (kept.pk, kept.number)
    assert (after.first_name, after.country) == ("Ada", "FR")
    assert caller.whose("a") == kept.number
    assert [device.device_id for device in caller.portrait(kept.number).devices] == ["d1"]
    universe = numbers.universe(caller.workspace.pk)
    assert (universe.size, universe.next) == (1, 2)
    assert set(universe.deleted[0]) == {gone.number}
    assert anonymous(caller) == set()


def test_the_same_request_again_changes_nothing(caller: Caller) -> None:
    caller.add(external_id="u1")
    caller.add("a")
    caller.add("b")
    for _ in range(2):
        answered(caller.identify(("a", "u1"), ("b", "u2")), 2)
        assert Profile.objects.count() == 2
    assert MergedProfile.objects.count() == 1


def test_each_entry_is_taken_or_refused_by_itself(caller: Caller) -> None:
    caller.add("a", external_id="u0")
    caller.add("b")
    response = caller.identify(("ghost", "u1"), ("a", "u1"), ("b", "u1"))
    answered(response, 1, (0, UNKNOWN), (1, TAKEN))
    assert Profile.objects.get(external_id="u1").number == caller.whose("b")


def test_entries_count_as_if_they_had_come_alone(caller: Caller) -> None:
    """The first identifies, the second is merged into that, the third names who is identified."""
    first, second = caller.add("a"), caller.add("b")
    answered(caller.identify(("a", "u1"), ("b", "u1"), ("b", "u1"), ("a", "u2")), 3, (3, TAKEN))
    (after,) = Profile.objects.all()
    assert (after.number, after.external_id) == (first.number, "u1")
    assert caller.whose("a") == caller.whose("b") == first.number != second.number


def test_two_aliases_of_one_person_are_merged_once(caller: Caller) -> None:
    kept, gone = caller.add(external_id="u1"), caller.add("a")
    AliasFactory.create(profile=gone, label="crm", name="b")
    answered(caller.identify(("a", "u1"), ("b", "u1")), 2)
    assert caller.whose("a") == caller.whose("b") == kept.number != gone.number


def test_without_merging_only_identities_follow(caller: Caller) -> None:
    kept = caller.add(external_id="u1", attributes={"plan": "gold"})
    caller.add(
        "a", fields={"country": "FR"}, attributes={"plan": "free", "n": 1.0}, devices={"d1": True}
    )
    answered(caller.identify(("a", "u1"), merge_behavior="none"), 1)
    after = caller.portrait(kept.number)
    assert after.profile.country == ""
    assert [(name, value) for name, _type, value in after.attributes] == [("plan", "gold")]
    assert [device.device_id for device in after.devices] == ["d1"]
    assert caller.whose("a") == kept.number


def test_merging_is_what_happens_without_a_word(caller: Caller) -> None:
    for number, word in enumerate((None, "merge")):
        kept = caller.add(external_id=f"u{number}")
        caller.add(f"a{number}", fields={"country": "FR"})
        answered(caller.identify((f"a{number}", f"u{number}"), merge_behavior=word), 1)
        assert caller.portrait(kept.number).profile.country == "FR"


def test_nobody_of_another_workspace_is_found(caller: Caller) -> None:
    other = Caller(WorkspaceFactory.create(slug="elsewhere"), caller.client)
    other.add("ghost")
    other.add(external_id="u1")
    caller.add("a")
    answered(caller.identify(("ghost", "u1")), 0, (0, UNKNOWN))
    answered(caller.identify(("a", "u1")), 1)
    assert Profile.objects.filter(external_id="u1").count() == 2


# What is refused.

BAD_ENTRIES: dict[str, tuple[Any, str]] = {
    "no object": ("a", "`aliases_to_identify` must be an array of objects"),
    "no external id": (
        {"user_alias": an_alias("a")},
        "`external_id` must be a text that is not empty",
    ),
    "an external id that is a number": (
        {"external_id": 7, "user_alias": an_alias("a")},
        "`external_id` must be a text that is not empty",
    ),
    "no alias": (
        {"external_id": "u1"},
        "`user_alias` must be an object with `alias_name` and `alias_label`",
    ),
    "an alias that is a text": (
        {"external_id": "u1", "user_alias": "a"},
        "`user_alias` must be an object with `alias_name` and `alias_label`",
    ),
    "no name": (
        {"external_id": "u1", "user_alias": {"alias_label": "crm"}},
        "`alias_name` must be a text that is not empty",
    ),
}


@pytest.mark.parametrize("name", BAD_ENTRIES)
def test_an_entry_that_cannot_be_read_stops_no_other(caller: Caller, name: str) -> None:
    entry, text = BAD_ENTRIES[name]
    caller.add("b")
    good = {"external_id": "u1", "user_alias": an_alias("b")}
    answered(caller.post("identify", {"aliases_to_identify": [entry, good]}), 1, (0, text))
    alone = caller.post("identify", {"aliases_to_identify": [entry]})
    assert alone.status_code == 400
    assert alone.json()["errors"][0] == {
        "type": text,
        "input_array": "aliases_to_identify",
        "index": 0,
    }


LONG = {
    "ten kilobytes": "x" * 10_000,
    "a NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
}


@pytest.mark.parametrize("name", LONG)
def test_an_identifier_that_cannot_be_is_refused(caller: Caller, name: str) -> None:
    caller.add("a")
    assert caller.identify(("a", LONG[name])).status_code == 400
    assert caller.identify((LONG[name], "u1")).status_code == 400
    assert Profile.objects.get().external_id is None


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "`aliases_to_identify` must be an array that is not empty"),
    "an empty array": (
        {"aliases_to_identify": []},
        "`aliases_to_identify` must be an array that is not empty",
    ),
    "no array": (
        {"aliases_to_identify": {}},
        "`aliases_to_identify` must be an array that is not empty",
    ),
    "51 aliases": (
        {"aliases_to_identify": [{}] * 51},
        "`aliases_to_identify` has at most 50 entries; these are 51",
    ),
    "another behaviour": (
        {"aliases_to_identify": [{}], "merge_behavior": "all"},
        "`merge_behavior` must be merge or none",
    ),
    "no object": ([1], "The request body must be a JSON object"),
    "no JSON": (b"{", "The request body is not valid JSON"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_cannot_be_read_is_refused_whole(caller: Caller, name: str) -> None:
    body, text = BAD_BODIES[name]
    response = caller.post("identify", body)
    assert response.status_code == 400
    assert response.json()["message"].startswith(text)


def test_fifty_entries_are_taken(caller: Caller) -> None:
    kept = caller.add(external_id="u0")
    for n in range(50):
        caller.add(f"a{n}", attributes={f"n{n % 7}": float(n)})
    answered(caller.identify(*[(f"a{n}", f"u{n % 2}") for n in range(50)]), 50)
    assert Profile.objects.count() == 2
    values = {name: value for name, _type, value in caller.portrait(kept.number).attributes}
    assert values == {f"n{n}": float(n if n % 2 == 0 else n + 7) for n in range(7)}


# Who may call, and how.

ENDPOINTS = {
    "identify": ("users.identify", {"aliases_to_identify": [{}]}),
    "alias/new": ("users.alias.new", {"user_aliases": [{}]}),
    "delete": ("users.delete", {"external_ids": [""]}),
}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_key_needs_the_permission_of_its_endpoint(caller: Caller, path: str) -> None:
    permission, body = ENDPOINTS[path]
    others = [one for one in PERMISSIONS if one != permission]
    RestApiKey.objects.update(permissions=others)
    response = caller.post(path, body)
    assert response.status_code == 403
    text = f"The API key lacks the permission {permission}"
    assert response.json() == {"message": text, "errors": [text]}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_answer_is_json_and_says_what_is_left(caller: Caller, path: str) -> None:
    _permission, body = ENDPOINTS[path]
    refused = caller.post(path, body)
    assert refused.status_code == 400 and refused.json()["errors"]
    assert int(refused.headers["X-RateLimit-Remaining"]) < int(refused.headers["X-RateLimit-Limit"])
    assert "X-RateLimit-Reset" in refused.headers
    answers = {
        401: caller.post(path, body, Authorization="Bearer nobody"),
        405: caller.client.get(f"/users/{path}", headers={"Authorization": f"Bearer {SECRET}"}),
        413: caller.post(path, b"[" + b" " * 1_100_000 + b"]"),
        415: caller.post(path, body, **{"Content-Encoding": "gzip"}),
        400: caller.post(path, b"[" * 1_000 + b"]" * 1_000),
    }
    for status, answer in answers.items():
        assert answer.status_code == status, answer.content
        assert answer.json()["message"]
