"""Events of people who were deleted are never sent."""

from __future__ import annotations

import pytest

from braze_partners.people.profiles import NewPerson, create_profiles, delete_profiles
from currents.fates import Fate
from tests.currents.destination import answer
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def world() -> World:
    return make_world()


def delete(world: World, external_id: str) -> None:
    person = NewPerson(external_id=external_id)
    numbers = create_profiles(world.current.workspace_id, [person], world.now)
    delete_profiles(world.current.workspace_id, numbers, world.now)


def test_what_waits_for_a_deleted_person_is_filtered(world: World) -> None:
    world.receive(event("ada"), event("bob"), event("ada"))
    delete(world, "ada")
    later = world.receive(event("ada"))
    world.run()
    assert world.fates() == {Fate.DELETED: 2, Fate.DELIVERED: 2}
    assert later[0] in world.destination.ids


def test_what_a_hold_keeps_is_filtered_too(world: World) -> None:
    world.receive(event("ada", device="hot"), event("bob"))
    throttled = {"error": "x", "throttled_devices": {"hot": 31}}
    world.destination.first = [answer(429, throttled)]
    world.run()
    delete(world, "ada")
    world.run(seconds=40)
    assert world.fates() == {Fate.DELETED: 1, Fate.RETRIED: 1}
    assert world.waiting_in_holds() == 0
