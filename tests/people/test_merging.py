"""What stays of two people who become one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from braze_partners.people import changed, merging, numbers
from braze_partners.people.errors import PersonGone
from braze_partners.people.merging import Merge
from braze_partners.people.models import ChangedFacet, MergedProfile, Profile
from braze_partners.people.profiles import delete_profiles
from braze_partners.people.signals import people_deleted, people_merged
from tests.people.callers import NOW, Caller, make_caller
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
DAY = timedelta(days=1)


@pytest.fixture
def caller(db: None) -> Caller:
    return make_caller()


def merge(caller: Caller, gone: Profile, kept: Profile, data: bool = True) -> Profile:
    with transaction.atomic():
        numbers.lock(caller.workspace.pk)
        merging.merge(caller.workspace.pk, [Merge(gone.number, kept.number, data)], NOW + 9 * DAY)
    return Profile.objects.get(pk=kept.pk)


def attributes(caller: Caller, person: Profile) -> dict[str, Any]:
    return {name: value for name, _type, value in caller.portrait(person.number).attributes}


FIELDS: dict[str, tuple[Any, Any]] = {
    "first_name": ("Ada", "Augusta"),
    "last_name": ("Lovelace", "King"),
    "email": ("ada@example.org", "augusta@example.org"),
    "phone": ("+441", "+442"),
    "country": ("GB", "FR"),
    "language": ("en", "fr"),
    "gender": ("F", "N"),
    "home_city": ("London", "Paris"),
    "time_zone": ("Europe/London", "Europe/Paris"),
    "date_of_birth": (date(1815, 12, 10), date(1816, 1, 1)),
}


@pytest.mark.parametrize("name", FIELDS)
def test_who_stays_keeps_what_they_have_and_gets_what_is_missing(caller: Caller, name: str) -> None:
    own, other = FIELDS[name]
    rich = caller.add(external_id="u1", fields={name: own})
    poor = caller.add(external_id="u2")
    first, second = (caller.add(alias, fields={name: other}) for alias in "ab")
    assert getattr(merge(caller, first, rich), name) == own
    assert getattr(merge(caller, second, poor), name) == other


MOMENTS = {
    "first_session_at": min,
    "last_session_at": max,
    "last_active_at": max,
}


@pytest.mark.parametrize("name", MOMENTS)
def test_of_moments_the_first_or_the_last_counts(caller: Caller, name: str) -> None:
    choose = MOMENTS[name]
    for number, days in enumerate(((1, 2), (2, 1), (None, 1), (1, None), (None, None))):
        known = [None if day is None else NOW - day * DAY for day in days]
        kept = caller.add(external_id=f"u{number}", fields={name: known[0]})
        gone = caller.add(f"a{number}", fields={name: known[1]})
        told = [moment for moment in known if moment is not None]
        assert getattr(merge(caller, gone, kept), name) == choose(told, default=None)


def test_the_person_was_made_when_the_first_of_them_was(caller: Caller) -> None:
    gone = caller.add("a", at=NOW - DAY)
    after = merge(caller, gone, caller.add(external_id="u1"))
    assert after.created_at == NOW - DAY
    assert after.updated_at == NOW + 9 * DAY


def test_attributes_are_filled_up_one_by_one(caller: Caller) -> None:
    kept = caller.add(external_id="u1", attributes={"plan": "gold", "tags": ["a"]})
    gone = caller.add(
        "a", attributes={"plan": "free", "tags": ["b"], "visits": 3.0, "seen": NOW, "o": {"k": 1}}
    )
    merge(caller, gone, kept)
    expected = {"plan": "gold", "tags": ["a"], "visits": 3.0, "seen": NOW, "o": {"k": 1}}
    assert attributes(caller, kept) == expected


@pytest.mark.parametrize(
    ("own", "other", "email", "expected"),
    [
        ("", "x@example.org", "x@example.org", "unsubscribed"),
        ("o@example.org", "x@example.org", "o@example.org", "opted_in"),
        ("o@example.org", "", "o@example.org", "opted_in"),
    ],
)
def test_an_address_brings_its_subscription_along(
    caller: Caller, own: str, other: str, email: str, expected: str
) -> None:
    kept = caller.add(external_id="u1", fields={"email": own, "email_subscribe": "opted_in"})
    gone = caller.add("a", fields={"email": other, "email_subscribe": "unsubscribed"})
    after = merge(caller, gone, kept)
    assert (after.email, after.email_subscribe) == (email, expected)


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ({}, {"d2": True}, "unsubscribed"),
        ({"d1": False}, {"d2": True}, "unsubscribed"),
        ({"d1": True}, {"d2": True}, "opted_in"),
        ({}, {"d2": False}, "opted_in"),
    ],
)
def test_devices_bring_their_subscription_along(
    caller: Caller, own: dict[str, bool], other: dict[str, bool], expected: str
) -> None:
    kept = caller.add(external_id="u1", devices=own, fields={"push_subscribe": "opted_in"})
    gone = caller.add("a", devices=other, fields={"push_subscribe": "unsubscribed"})
    after = merge(caller, gone, kept)
    assert after.push_subscribe == expected
    devices = {one.device_id: one.push_enabled for one in caller.portrait(kept.number).devices}
    assert devices == own | other


def test_without_data_only_identities_move(caller: Caller) -> None:
    kept = caller.add(external_id="u1")
    gone = caller.add(
        "a",
        fields={"country": "FR", "last_active_at": NOW},
        attributes={"n": 1.0},
        devices={"d": True},
        at=NOW - DAY,
    )
    after = merge(caller, gone, kept, data=False)
    assert (after.country, after.last_active_at, after.created_at) == ("", None, NOW)
    assert attributes(caller, kept) == {}
    portrait = caller.portrait(kept.number)
    assert len(portrait.aliases) == len(portrait.devices) == 1


def test_every_row_knows_the_number_of_who_stays(caller: Caller) -> None:
    kept = caller.add(external_id="u1")
    merge(caller, caller.add("a", devices={"d": False}), kept)
    portrait = caller.portrait(kept.number)
    assert [alias.number for alias in portrait.aliases] == [kept.number]
    assert [device.number for device in portrait.devices] == [kept.number]


def test_the_others_are_told_and_kept_answers_follow(caller: Caller) -> None:
    told: list[Any] = []

    def listen(sender: object, **what: Any) -> None:
        told.append((what["workspace_id"], what["into"], what["now"]))

    kept, gone = caller.add(external_id="u1"), caller.add("a")
    changed.fold(caller.workspace.pk)
    people_merged.connect(listen)
    try:
        merge(caller, gone, kept)
    finally:
        people_merged.disconnect(listen)
    assert told == [(caller.workspace.pk, {gone.number: kept.number}, NOW + 9 * DAY)]
    changed.fold(caller.workspace.pk)
    latest = ChangedFacet.objects.latest("generation")
    assert latest.facet == "*"


def test_whoever_became_part_of_a_person_is_deleted_with_them(caller: Caller) -> None:
    """Events may still be known by their Braze id."""
    told: list[set[str]] = []

    def listen(sender: object, **what: Any) -> None:
        told.append(what["identities"])

    kept, gone = caller.add(external_id="u1"), caller.add("a", devices={"d": False})
    merge(caller, gone, kept)
    people_deleted.connect(listen)
    try:
        delete_profiles(caller.workspace.pk, [kept.number], NOW)
    finally:
        people_deleted.disconnect(listen)
    assert told == [{"u1", "d", kept.braze_id, gone.braze_id}]
    assert not MergedProfile.objects.exists()


def test_nobody_of_another_workspace_is_merged(caller: Caller) -> None:
    other = Caller(WorkspaceFactory.create(slug="elsewhere"), caller.client)
    other.add(external_id="u0")
    stranger, kept = other.add("a"), caller.add(external_id="u1")
    with pytest.raises(PersonGone):
        merge(caller, stranger, kept)
    assert Profile.objects.count() == 3


def test_who_was_merged_cannot_be_merged_again(caller: Caller) -> None:
    gone, kept = caller.add("a"), caller.add(external_id="u1")
    merge(caller, gone, kept)
    with pytest.raises(PersonGone):
        merge(caller, gone, kept)
