"""Answers as the wire document allows but nobody expects: a claim always ends with something
decided, so no event is stuck behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from currents.fates import Fate
from currents.models import Hold
from tests.currents.destination import Event, answer
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

Answers = Callable[[list[Event]], object]


@pytest.fixture
def world() -> World:
    return make_world()


def bad_ones(world: World, number: int) -> tuple[list[str], set[str]]:
    received = world.receive(*(event(f"user-{n}") for n in range(number)))
    return received, set(received[1::2])


def names(bad: set[str], choose: Callable[[list[int]], list[int]]) -> Answers:
    """A 400 that names some of the bad ones that were sent."""

    def reply(events: list[Event]) -> object:
        found = [n for n, one in enumerate(events) if one["insert_id"] in bad]
        if not found:
            return None
        return answer(400, {"error": "x", "events_with_invalid_fields": {"time": choose(found)}})

    return reply


@pytest.mark.parametrize(
    "choose",
    [
        pytest.param(lambda found: found[:1], id="the first"),
        pytest.param(lambda found: found[-1:], id="the last"),
        pytest.param(lambda found: [found[0], found[-1]], id="the first of each field"),
        pytest.param(lambda found: found[len(found) // 2 :][:1], id="one in the middle"),
    ],
)
def test_bad_events_all_come_out_whichever_is_named_first(
    world: World, choose: Callable[[list[int]], list[int]]
) -> None:
    received, bad = bad_ones(world, 60)
    world.destination.always = names(bad, choose)  # type: ignore[assignment]
    world.run(seconds=30, most=200)
    assert set(world.destination.ids) == set(received) - bad
    assert world.balance().dead_lettered == len(bad)


def test_bad_events_come_out_though_each_answer_takes_long(world: World) -> None:
    received, bad = bad_ones(world, 10)
    quick = names(bad, lambda found: found[:1])

    def slow(events: list[Event]) -> object:
        world.pass_time(seconds=15)
        return quick(events)

    world.destination.always = slow  # type: ignore[assignment]
    world.run(most=20)
    assert set(world.destination.ids) == set(received) - bad
    assert len(world.destination.requests) < 12


def test_a_device_both_silenced_and_throttled_holds_nobody_up(world: World) -> None:
    received = world.receive(event("ada"), event("bob", device="loud"), event("cyd"))
    silenced = {"silenced_devices": ["loud"], "throttled_devices": {"loud": 900}}

    def reply(events: list[Event]) -> object:
        at = [n for n, one in enumerate(events) if one.get("device_id") == "loud"]
        body = {"error": "Events silenced for device_id", **silenced, "throttled_events": at}
        return answer(400, body) if at else None

    world.destination.always = reply  # type: ignore[assignment]
    world.run(seconds=5)
    assert world.destination.ids == [received[0], received[2]]
    assert world.fates() == {Fate.DEAD: 1, Fate.RETRIED: 2}


@pytest.mark.parametrize(
    "body",
    [
        {"silenced_devices": ["another"]},
        {"silenced_devices": ["another"], "throttled_devices": {"another": 31}},
        {"events_with_invalid_fields": {"time": [99]}},
    ],
    ids=str,
)
def test_a_400_that_names_what_was_not_sent_ends(world: World, body: dict[str, object]) -> None:
    received = world.receive(*(event(f"user-{n}") for n in range(8)))

    def reply(events: list[Event]) -> object:
        refused = any(one["insert_id"] == received[5] for one in events)
        return answer(400, {"error": "x", **body}) if refused else None

    world.destination.always = reply  # type: ignore[assignment]
    world.run(seconds=120, most=400)
    assert set(world.destination.ids) == set(received) - {received[5]}
    assert world.balance().dead_lettered == 1


def test_a_429_that_names_an_id_as_it_was_not_sent_is_read_by_its_indexes(world: World) -> None:
    received = world.receive(event("ada"), event("Bob"), event("cyd"))
    body = {"error": "x", "throttled_users": {"bob": 31}, "throttled_events": [1]}
    world.destination.first = [answer(429, body)]
    world.run(seconds=5)
    assert world.destination.ids == [received[0], received[2]]
    assert Hold.objects.get().identity == "Bob"
