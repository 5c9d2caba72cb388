"""Events of people who were deleted are never sent."""

from __future__ import annotations

import pytest
from django.test import Client

from braze_partners.events import deletion
from braze_partners.people.profiles import NewPerson, create_profiles, delete_profiles
from braze_partners.workspaces.audit import Actor
from currents import moving
from currents.fates import Fate
from currents.states import State
from tests.currents.destination import answer
from tests.currents.world import World, event, make_world
from tests.keys.factories import RestApiKeyFactory
from tests.people.callers import PERMISSIONS, SECRET, Caller, an_alias

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


REFUSED = answer(401, {"error": "Unauthorized"})


def caller_of(world: World) -> Caller:
    workspace = world.current.workspace
    RestApiKeyFactory.create(workspace=workspace, secret=SECRET, permissions=PERMISSIONS)
    return Caller(workspace, Client())


def test_what_a_stopped_current_keeps_for_the_deleted_is_never_sent(world: World) -> None:
    """From the refused key over /users/delete to the key that is taken again."""
    caller = caller_of(world)
    caller.add("a", "ada", devices={"phone": True})
    caller.add(external_id="bob")
    world.destination.always = REFUSED
    world.receive(event("ada"), event("bob"), event(None, device="phone"))
    world.run(seconds=5)
    world.receive(event("ada"), event("bob"))
    assert world.fresh().state == State.STOPPED and world.balance().waiting == 5
    assert caller.post("delete", {"external_ids": ["ada"]}).json()["deleted"] == 1
    world.destination.requests.clear()
    world.destination.always = None
    moving.resume(world.fresh(), Actor(), world.now)
    world.run(seconds=600, most=2_000)
    assert world.fresh().state == State.ACTIVE
    sent = {one["user_id"] for request in world.destination.requests for one in request}
    assert sent == {"bob"}
    fates = world.fates()
    assert fates.pop(Fate.DELETED) == 3
    assert fates.keys() <= {Fate.DELIVERED, Fate.RETRIED} and sum(fates.values()) == 2


def test_what_is_blanked_meanwhile_is_not_sent_either(world: World) -> None:
    caller = caller_of(world)
    caller.add("a", "ada")
    world.destination.always = REFUSED
    world.receive(event("ada"), event("bob"))
    world.run(seconds=5)
    caller.post("delete", {"user_aliases": [an_alias("a")]})
    deletion.blank(world.current.workspace_id)
    world.destination.always = None
    moving.resume(world.fresh(), Actor(), world.now)
    world.run(seconds=600, most=2_000)
    assert world.fates() == {Fate.DELETED: 1, Fate.RETRIED: 1}


def test_what_waits_for_somebody_who_is_merged_keeps_the_identity_it_came_with(
    world: World,
) -> None:
    caller = caller_of(world)
    caller.add(external_id="ada")
    caller.add("a", devices={"phone": True})
    waiting = world.receive(event(None, device="phone"))
    assert caller.identify(("a", "ada")).json()["aliases_processed"] == 1
    world.run(seconds=5)
    assert world.fates() == {Fate.DELIVERED: 1}
    sent = world.destination.events[waiting[0]]
    assert sent["device_id"] == "phone" and "user_id" not in sent


def test_the_events_of_whoever_became_part_of_a_person_go_with_them(world: World) -> None:
    caller = caller_of(world)
    caller.add(external_id="ada")
    caller.add("a", devices={"phone": True})
    world.receive(event(None, device="phone"), event("bob"))
    caller.identify(("a", "ada"))
    caller.post("delete", {"external_ids": ["ada"]})
    world.run(seconds=5)
    assert world.fates() == {Fate.DELETED: 1, Fate.DELIVERED: 1}
