"""Held identities: their events get one fate each, in order, whatever else the claim decides."""

from __future__ import annotations

import pytest

from braze_partners.events.intake import IncomingEvent
from currents.fates import Fate
from currents.models import Hold
from tests.currents import truth
from tests.currents.destination import answer
from tests.currents.factories import EMAIL_OPEN
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

UNCHOSEN = "users.messages.email.Send"
CUSTOM = "users.behaviors.CustomEvent"


@pytest.fixture
def world() -> World:
    return make_world(event_types=[EMAIL_OPEN, CUSTOM])


def throttled(*users: str) -> object:
    return answer(429, {"error": "x", "throttled_users": dict.fromkeys(users, 31)})


def nameless(user: str) -> IncomingEvent:
    """A custom event without a name: nothing can be sent of it."""
    return event(user, kind=CUSTOM, properties={"no": "name"})


def test_an_event_that_is_filtered_behind_a_hold_has_one_fate(world: World) -> None:
    world.destination.first = [throttled("ada")]  # type: ignore[list-item]
    world.receive(event("ada"), event("ada", kind=UNCHOSEN), nameless("ada"), event("bob"))
    world.run()
    assert Hold.objects.get().waiting == 3
    world.receive(event("ada", kind=UNCHOSEN), nameless("ada"), event("ada"))
    world.run(seconds=10)
    assert Hold.objects.get().waiting == 6
    assert world.fates() == {Fate.RETRIED: 1, Fate.WAITING: 6}
    world.run(seconds=60)
    assert not Hold.objects.exists()
    fates = world.fates()
    assert (fates.pop(Fate.NOT_SELECTED), fates.pop(Fate.DEAD)) == (2, 2)
    assert sum(fates.values()) == 3


def test_a_dead_letter_after_its_identity_was_throttled_is_decided_once(world: World) -> None:
    received = world.receive(event("ada"), event("ada"), event("bob"))
    body = {"error": "x", "events_with_invalid_fields": {"time": [1]}, "throttled_events": [0]}
    world.destination.first = [answer(400, body)]
    world.run(seconds=60)
    assert world.destination.ids[0] == received[2]
    assert world.balance().waiting == 0
    assert world.balance().delivered + world.balance().dead_lettered == 3


def test_a_hold_that_is_held_back_again_decides_nothing_behind_it(world: World) -> None:
    world.destination.first = [throttled("ada"), throttled("ada")]  # type: ignore[list-item]
    world.receive(event("ada"), event("ada", kind=UNCHOSEN), event("ada"))
    world.run(seconds=35)
    assert Hold.objects.get().waiting == 3
    assert world.fates() == {Fate.WAITING: 3}
    world.run(seconds=60)
    assert world.fates() == {Fate.RETRIED: 2, Fate.NOT_SELECTED: 1}


def test_a_throttled_identity_that_was_paced_too_waits_as_long_as_it_was_told(
    world: World,
) -> None:
    world.destination.first = [throttled("ada")]  # type: ignore[list-item]
    received = world.receive(*(event("ada") for _ in range(40)))
    world.run(seconds=20)
    assert world.destination.ids == []
    hold = Hold.objects.get()
    assert (hold.reason, hold.waiting) == (Hold.Reason.THROTTLED, 40)
    world.run(seconds=60)
    assert world.destination.ids == received


def test_a_paced_identity_goes_on_though_another_is_throttled(world: World) -> None:
    world.destination.first = [throttled("bob")]  # type: ignore[list-item]
    received = world.receive(*(event("ada") for _ in range(40)), event("bob"))
    world.step()
    assert world.destination.ids == received[:30]


def test_many_held_identities_leave_half_of_a_request_to_the_others(world: World) -> None:
    """A hot id delays itself alone, also when there are fifty of them and their events are big."""
    hot = [f"hot-{n}" for n in range(50)]
    world.destination.first = [throttled(*hot)]  # type: ignore[list-item]
    big = {"campaign_id": "x" * 1_000}
    world.receive(*(event(user, properties=big) for user in hot for _ in range(2)))
    world.run()
    for _ in range(14):
        world.receive(*(event(user, properties=big) for user in hot for _ in range(2)))
        world.run()
    assert Hold.objects.count() == 50
    world.pass_time(seconds=31)
    others = world.receive(*(event(f"other-{n}") for n in range(300)))
    world.step()
    assert set(others) <= set(world.destination.ids)
    world.run(seconds=60)
    assert world.balance().waiting == 0
    truth.check_order(
        (one["user_id"], int(name.removeprefix("event-")))
        for name, one in world.destination.events.items()
    )
