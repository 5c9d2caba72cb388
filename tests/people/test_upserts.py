"""Who is new is created, who is known is updated, and a clash is refused alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.people import finding, numbers
from braze_partners.people.attributes import Value
from braze_partners.people.models import Attribute, Profile
from braze_partners.people.profiles import NewDevice, NewPerson
from braze_partners.people.upserts import Outcome, upsert
from tests.people.factories import AliasFactory, DeviceFactory, ProfileFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)
MaxQueries = Callable[[int], AbstractContextManager[Any]]


def refusals(outcome: Outcome) -> list[tuple[int, str]]:
    return [(refusal.index, refusal.column) for refusal in outcome.refused]


def values_of(workspace_id: int, external_id: str) -> dict[str, object]:
    person = finding.find_person(workspace_id, external_id)
    assert person is not None
    portrait = finding.portrait_of(workspace_id, person.number)
    assert portrait is not None
    return {name: value for name, _type, value in portrait.attributes}


def test_a_known_person_is_updated_and_keeps_what_is_not_named() -> None:
    profile = ProfileFactory.create(
        external_id="u1", email="old@x.org", first_name="Ann", attributes={"plan": "gold", "n": 1.0}
    )
    told = NewPerson("u1", fields={"email": "new@x.org"}, attributes={"plan": "free", "vip": True})
    outcome = upsert(profile.workspace_id, [told, NewPerson("u2")], NOW)
    assert (outcome.created, outcome.updated) == (1, 1)
    profile.refresh_from_db()
    assert (profile.email, profile.first_name) == ("new@x.org", "Ann")
    assert values_of(profile.workspace_id, "u1") == {"plan": "free", "n": 1.0, "vip": True}


def test_what_was_written_last_is_known_and_a_session_moves_the_last_activity() -> None:
    profile = ProfileFactory.create(external_id="u1", created_at=NOW)
    later, session = NOW + timedelta(hours=1), NOW - timedelta(days=1)
    told = [NewPerson("u1", fields={"last_session_at": session}), NewPerson("u2")]
    upsert(profile.workspace_id, told, later)
    profile.refresh_from_db()
    assert (profile.updated_at, profile.last_session_at) == (later, session)
    assert profile.last_active_at == session
    assert Profile.objects.get(external_id="u2").updated_at is None


def test_every_type_of_attribute_comes_back_as_it_went_in() -> None:
    workspace_id = WorkspaceFactory.create().pk
    values: dict[str, Value] = {"text": "a", "number": 2.5, "boolean": False, "date": NOW}
    values |= {"array": ["a", 1, None], "object": {"b": [True]}}
    upsert(workspace_id, [NewPerson("u1", attributes=values)], NOW)
    assert values_of(workspace_id, "u1") == values


def test_the_same_person_twice_is_one_person_and_the_last_word_wins() -> None:
    workspace_id = WorkspaceFactory.create().pk
    first = NewPerson("u1", fields={"first_name": "Ann", "last_name": "Lee"})
    outcome = upsert(workspace_id, [first, NewPerson("u1", fields={"first_name": "Zoë"})], NOW)
    assert (outcome.created, outcome.updated) == (1, 1)
    profile = Profile.objects.get(workspace_id=workspace_id)
    assert (profile.first_name, profile.last_name) == ("Zoë", "Lee")


def test_an_alias_or_a_device_finds_its_person() -> None:
    alias = AliasFactory.create(label="l", name="n")
    device = DeviceFactory.create(profile__workspace=alias.workspace, device_id="d")
    told = [
        NewPerson(aliases=[("l", "n")], fields={"first_name": "Alias"}),
        NewPerson(devices=[NewDevice("d")], fields={"first_name": "Device"}),
    ]
    assert upsert(alias.workspace_id, told, NOW).updated == 2
    alias.profile.refresh_from_db()
    device.profile.refresh_from_db()
    assert (alias.profile.first_name, device.profile.first_name) == ("Alias", "Device")


def test_a_known_person_gets_new_aliases_and_devices() -> None:
    profile = ProfileFactory.create(external_id="u1")
    told = NewPerson("u1", aliases=[("l", "n")], devices=[NewDevice("d")])
    for _twice in range(2):
        assert upsert(profile.workspace_id, [told], NOW).updated == 1
    assert (profile.aliases.count(), profile.devices.count()) == (1, 1)
    assert finding.find_person(profile.workspace_id, "l:n").number == profile.number  # type: ignore[union-attr]


def test_an_identity_of_somebody_else_is_refused_and_stops_nobody() -> None:
    device = DeviceFactory.create(device_id="d")
    workspace_id = device.workspace_id
    told = [
        NewPerson("u1", devices=[NewDevice("d")]),
        NewPerson("u2", devices=[NewDevice("e")]),
        NewPerson("u3", devices=[NewDevice("e")]),
        NewPerson(devices=[NewDevice("e")]),
        NewPerson("u4"),
    ]
    outcome = upsert(workspace_id, told, NOW)
    assert refusals(outcome) == [(0, "device_id"), (2, "device_id"), (3, "device_id")]
    assert "somebody else" in outcome.refused[0].text
    assert "give that id" in outcome.refused[2].text
    assert outcome.created == 2


def test_a_value_of_another_type_is_refused_and_stops_nobody() -> None:
    profile = ProfileFactory.create(external_id="u1", attributes={"age": 31.0})
    told = [
        NewPerson("u1", attributes={"age": "old"}),
        NewPerson("u2", attributes={"new": 1.0}),
        NewPerson("u3", attributes={"new": "one"}),
    ]
    outcome = upsert(profile.workspace_id, told, NOW)
    assert refusals(outcome) == [(0, "age"), (2, "new")]
    assert outcome.created == 1
    assert Attribute.objects.get(workspace=profile.workspace, name="new").type == "number"


def test_what_also_runs_is_undone_with_the_people() -> None:
    workspace_id = WorkspaceFactory.create().pk

    def fail(outcome: Outcome) -> None:
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError):
        upsert(workspace_id, [NewPerson("u1")], NOW, also=fail)
    assert numbers.universe(workspace_id).size == 0


def test_a_chunk_costs_the_same_number_of_queries_however_many_people() -> None:
    def people(count: int, prefix: str) -> list[NewPerson]:
        return [
            NewPerson(f"{prefix}{n}", fields={"first_name": "A"}, attributes={"age": float(n)})
            for n in range(count)
        ]

    workspace_id = WorkspaceFactory.create().pk
    upsert(workspace_id, [*people(1, "known"), *people(40, "all")], NOW)
    counts = []
    for told in (people(1, "a") + people(1, "known"), people(40, "b") + people(40, "all")):
        with CaptureQueriesContext(connection) as queries:
            upsert(workspace_id, told, NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 20


def _told_by_a_thread(task: tuple[int, int]) -> int:
    workspace_id, _thread = task
    try:
        told = [NewPerson(f"u{n}", attributes={"seen": float(n)}) for n in range(40)]
        return upsert(workspace_id, told, NOW).created
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_same_people_told_by_many_at_once_are_created_once() -> None:
    workspace_id = WorkspaceFactory.create().pk
    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(_told_by_a_thread, [(workspace_id, thread) for thread in range(4)]))
    assert sum(created) == 40
    assert numbers.universe(workspace_id).size == numbers.universe(workspace_id).next == 40
