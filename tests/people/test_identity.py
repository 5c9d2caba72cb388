"""Identifiers to numbers: the same as looking up in a plain dict, for any text at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from braze_partners.people import identity
from braze_partners.people.identity import (
    DeviceMatch,
    identifier_hash,
    resolve_aliases,
    resolve_devices,
    resolve_external_ids,
)
from braze_partners.people.models import Alias, Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from tests.people.factories import AliasFactory, DeviceFactory, ProfileFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)

ANY_TEXT = st.text(st.characters(codec=None), max_size=6) | st.sampled_from(
    ["", "a", "a\x1fb", "\x1f", "\x00", "a\x00", "\ud800", "é", "e\u0301", "A", "z" * 10_000]
)
# What the database can hold; an id of 997 bytes at most.
STORED = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=6
) | st.sampled_from(["a", "a\x1fb", "\x1f", "é", "A"])
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUIET
@given(stored=st.lists(STORED, unique=True, max_size=6), asked=st.lists(ANY_TEXT, max_size=8))
@example(stored=["a\x1fb"], asked=["a\x1fb", "a", "b"])
def test_external_ids_resolve_as_in_a_dict(stored: list[str], asked: list[str]) -> None:
    workspace = WorkspaceFactory.create()
    numbers = create_profiles(workspace.pk, [NewPerson(one) for one in stored], NOW)
    model = dict(zip(stored, numbers, strict=True))
    asked = asked + stored
    assert resolve_external_ids(workspace.pk, asked) == [model.get(one) for one in asked]


PAIRS = st.tuples(STORED, STORED)


@QUIET
@given(
    stored=st.lists(PAIRS, unique=True, max_size=6),
    asked=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=8),
)
@example(stored=[("a\x1fb", "c")], asked=[("a", "b\x1fc")])
@example(stored=[("a", "b\x1fc"), ("a\x1fb", "c"), ("x", "y")], asked=[("a\x1fb", "c")])
def test_aliases_resolve_as_in_a_dict(
    stored: list[tuple[str, str]], asked: list[tuple[str, str]]
) -> None:
    workspace = WorkspaceFactory.create()
    people = [NewPerson(aliases=[pair]) for pair in stored]
    model = dict(zip(stored, create_profiles(workspace.pk, people, NOW), strict=True))
    asked = asked + stored
    assert resolve_aliases(workspace.pk, asked) == [model.get(pair) for pair in asked]


@QUIET
@given(
    stored=st.dictionaries(STORED, st.booleans(), max_size=6), asked=st.lists(ANY_TEXT, max_size=8)
)
def test_devices_resolve_as_in_a_dict(stored: dict[str, bool], asked: list[str]) -> None:
    workspace = WorkspaceFactory.create()
    people = [
        NewPerson(f"person of {device}" if identified else None, devices=[NewDevice(device)])
        for device, identified in stored.items()
    ]
    numbers = create_profiles(workspace.pk, people, NOW)
    model = {
        device: DeviceMatch(number, identified)
        for number, (device, identified) in zip(numbers, stored.items(), strict=True)
    }
    asked = asked + list(stored)
    assert resolve_devices(workspace.pk, asked) == [model.get(one) for one in asked]


def test_a_hash_that_collides_finds_nobody() -> None:
    profile = ProfileFactory.create(external_id="known")
    Profile.objects.filter(pk=profile.pk).update(external_hash=identifier_hash("other"))
    alias = AliasFactory.create(profile=profile, label="l", name="known")
    Alias.objects.filter(pk=alias.pk).update(hash=identity.alias_hash("l", "other"))
    assert resolve_external_ids(profile.workspace_id, ["other"]) == [None]
    assert resolve_aliases(profile.workspace_id, [("l", "other")]) == [None]


def test_another_workspaces_people_are_unknown() -> None:
    device = DeviceFactory.create()
    profile = ProfileFactory.create()
    other = WorkspaceFactory.create().pk
    assert resolve_external_ids(other, [str(profile.external_id)]) == [None]
    assert resolve_devices(other, [device.device_id]) == [None]


def test_nothing_asked_is_nothing_answered() -> None:
    workspace_id = WorkspaceFactory.create().pk
    assert resolve_external_ids(workspace_id, []) == []
    assert resolve_aliases(workspace_id, []) == []
    assert resolve_devices(workspace_id, []) == []


def test_a_thousand_are_resolved_in_order() -> None:
    workspace = WorkspaceFactory.create()
    numbers = create_profiles(workspace.pk, [NewPerson(f"u{n}") for n in range(1000)], NOW)
    asked = [f"u{n}" for n in reversed(range(1000))]
    assert resolve_external_ids(workspace.pk, asked) == list(reversed(numbers))


def test_the_hash_is_the_same_for_ever() -> None:
    """It stands in the database: another function would lose everybody."""
    assert identifier_hash("usr_204881") == -1429682904691290542
    assert identifier_hash("") == -1970711489451281740
