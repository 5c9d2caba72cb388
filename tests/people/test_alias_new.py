"""POST /users/alias/new: who gets an alias, who is made, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.people import numbers
from braze_partners.people.models import Alias, Profile
from tests.people.callers import Caller, an_alias, make_caller

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def caller(db: None) -> Caller:
    return make_caller()


def name(caller: Caller, *told: dict[str, Any]) -> Any:
    return caller.post("alias/new", {"user_aliases": list(told)})


def answered(response: Any, processed: int, *errors: tuple[int, str]) -> None:
    assert response.status_code == 201, response.content
    expected: dict[str, Any] = {"aliases_processed": processed, "message": "success"}
    if errors:
        expected["errors"] = [
            {"type": text, "input_array": "user_aliases", "index": index} for index, text in errors
        ]
    assert response.json() == expected


def test_without_an_external_id_somebody_new_is_made(caller: Caller) -> None:
    answered(name(caller, an_alias("a"), {**an_alias("b"), "external_id": None}), 2)
    assert Profile.objects.filter(external_id=None).count() == 2
    assert caller.whose("a") is not None and caller.whose("a") != caller.whose("b")
    assert numbers.universe(caller.workspace.pk).size == 2


def test_a_known_person_gets_the_alias(caller: Caller) -> None:
    person = caller.add(external_id="u1")
    answered(name(caller, {**an_alias("a"), "external_id": "u1"}), 1)
    assert caller.whose("a") == person.number
    assert Profile.objects.count() == 1
    assert Profile.objects.get().updated_at is not None


def test_an_unknown_external_id_makes_nobody(caller: Caller) -> None:
    caller.add(external_id="u1")
    response = name(
        caller,
        {**an_alias("a"), "external_id": "ghost"},
        {**an_alias("b"), "external_id": "u1"},
    )
    answered(response, 1, (0, "No user has the external id “ghost”."))
    assert caller.whose("a") is None and Profile.objects.count() == 1


def test_an_alias_of_somebody_else_is_refused(caller: Caller) -> None:
    caller.add("a")
    caller.add(external_id="u1")
    response = name(caller, {**an_alias("a"), "external_id": "u1"})
    answered(response, 0, (0, "“crm:a” belongs to somebody else."))


def test_the_same_request_again_changes_nothing(caller: Caller) -> None:
    caller.add(external_id="u1")
    for _ in range(2):
        answered(name(caller, an_alias("a"), {**an_alias("b"), "external_id": "u1"}), 2)
    assert Profile.objects.count() == Alias.objects.count() == 2


def test_entries_count_as_if_they_had_come_alone(caller: Caller) -> None:
    caller.add(external_id="u1")
    response = name(
        caller,
        an_alias("a"),
        an_alias("a"),
        {**an_alias("a"), "external_id": "u1"},
        {**an_alias("b"), "external_id": "u1"},
        an_alias("b"),
    )
    answered(response, 4, (2, "“crm:a” belongs to somebody else."))
    assert Profile.objects.count() == Alias.objects.count() == 2


def test_what_cannot_be_read_stops_no_other(caller: Caller) -> None:
    text = "`alias_label` must be a text that is not empty"
    answered(name(caller, {"alias_name": "a"}, an_alias("b")), 1, (0, text))
    assert name(caller, {"alias_name": "a"}).status_code == 400
    assert name(caller, *[an_alias(str(n)) for n in range(51)]).status_code == 400
    assert Profile.objects.count() == 1
