"""Nobody waits for a Current that is broken, far behind or busy already."""

from __future__ import annotations

import pytest

from currents import claiming, engine, ledger
from currents.fates import Fate
from currents.models import Current, Lane
from currents.states import State
from tests.currents.destination import answer
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def world() -> World:
    return make_world()


def test_nothing_is_claimed_where_all_that_waits_is_under_way(world: World) -> None:
    """A thread that claimed lanes without work would do so again and again."""
    world.receive(event())
    assert claiming.claim(8, world.now) is not None
    assert claiming.claim(8, world.now) is None


def test_lanes_beside_those_under_way_are_claimed_when_they_have_work(world: World) -> None:
    world.receive(event("u1"))
    first = claiming.claim(8, world.now)
    assert first is not None
    held = Lane.objects.filter(current=world.current, lane__gte=4)
    held.update(lease_token="", lease_until=None, position=1)
    assert claiming.claim(8, world.now) is None
    held.filter(lane=9).update(position=0)
    second = claiming.claim(8, world.now)
    assert second is not None
    assert second.lanes == range(8, 12)


def test_a_key_that_cannot_be_read_delays_nobody_else(world: World) -> None:
    other = make_world()
    Current.objects.filter(pk=world.current.pk).update(api_key=b"no ciphertext")
    world.receive(event())
    received = other.receive(event())
    other.run()
    assert other.destination.ids == received
    assert world.fresh().state == State.FAILING
    assert world.balance().waiting == 1


def test_an_event_that_breaks_the_engine_delays_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_world()
    prepare = engine.prepare

    def breaks(claimed: claiming.Claimed, now: object) -> object:
        if claimed.plan.current_id == world.current.pk:
            raise KeyError("a mistake of ours")
        return prepare(claimed, now)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "prepare", breaks)
    received = world.receive(event())
    theirs = other.receive(event())
    with pytest.raises(KeyError):
        other.run()
    other.run()
    assert other.destination.ids == theirs
    monkeypatch.setattr(engine, "prepare", prepare)
    world.run(seconds=90)
    assert world.destination.ids == received


def test_a_long_log_to_count_is_counted_in_bounded_steps(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "COUNTED_AT_ONCE", 2)
    monkeypatch.setattr(claiming, "STEPS_OF_COUNTING", 3)
    for _ in range(10):
        world.receive(event(), event("b"))
    world.step()
    assert world.fresh().counted_sequence == 6
    world.run()
    assert world.balance().delivered == 20


def test_a_chosen_type_that_the_catalogue_has_lost_is_an_unknown_one() -> None:
    world = make_world(event_types=["users.messages.email.Open", "users.gone.Type"])
    world.receive(event(kind="users.gone.Type"), event())
    world.run()
    assert world.fates() == {Fate.UNKNOWN_TYPE: 1, Fate.DELIVERED: 1}


def test_a_refused_destination_is_tried_by_one_at_a_time(world: World) -> None:
    world.destination.first = [answer(503, b"")]
    world.receive(*(event(f"user-{n}") for n in range(20)))
    world.run()
    world.pass_time(seconds=5)
    assert claiming.claim(8, world.now) is not None
    assert claiming.claim(8, world.now) is None
