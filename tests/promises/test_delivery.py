"""What delivery promises, a sentence a test. Whatever mixes them: test_any_history.py; with real
processes that die: tests/chaos."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from currents import claiming, dropping, engine, failures, ledger
from currents.delivery import deliver
from currents.errors import LeaseLost
from currents.fates import Fate
from currents.models import Attempt, FailureMail
from currents.reading import prepare
from currents.settling import settle
from currents.states import State
from tests.currents import truth
from tests.currents.destination import answer
from tests.currents.factories import CurrentFactory
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

INVALID = answer(400, {"error": "Invalid API key: 91c2"})


@pytest.fixture
def world() -> World:
    return make_world()


def compare(world: World) -> None:
    """Event by event: the ledger is what the log, the rows of exceptions and the lanes say, and
    what is called delivered is in Amplitude, each once and in order."""
    current = world.fresh()
    ledger.count(current, 10**9)
    assert truth.ledger_table(current) == truth.recomputed(current)
    log = {one.sequence: one for one in truth.logged(current.workspace_id)}
    fates = truth.fates(current)
    delivered = {log[n].id for n, fate in fates.items() if fate == Fate.DELIVERED}
    assert delivered <= set(world.destination.ids)
    place = {one.id: (one.identity, one.sequence) for one in log.values()}
    truth.check_order(place[name] for name in world.destination.ids)


def test_an_answer_that_was_lost_costs_a_repeat_with_the_same_insert_ids(world: World) -> None:
    """At least once: what may have arrived is sent again as it was, so that Amplitude keeps one."""
    received = world.receive(event(), event("b"))

    def lost(events: list[dict[str, Any]]) -> Answer:
        world.destination.ingest(events)
        return answer(502, b"")

    world.destination.first = [lost]
    world.run(seconds=10)
    first, second = world.destination.requests
    assert first == second
    assert world.destination.ids == received
    assert set(world.destination.arrivals.values()) == {2}
    compare(world)


def test_a_worker_that_lost_its_lease_settles_nothing(world: World) -> None:
    """Who took the lanes over decides; what the first had sent is sent again."""
    received = world.receive(event(), event("b"))
    claimed = claiming.claim(8, world.now)
    assert claimed is not None
    answered = deliver(
        prepare(claimed, world.now), world.clock, world.destination, 20, lambda now: now
    )
    world.pass_time(seconds=60)
    assert world.step()
    before = truth.ledger_table(world.fresh())
    with pytest.raises(LeaseLost):
        settle(answered, world.now)
    assert truth.ledger_table(world.fresh()) == before
    assert Attempt.objects.count() == 1
    assert world.destination.ids == received
    compare(world)


def test_a_lease_that_ran_out_and_was_taken_by_nobody_still_settles(world: World) -> None:
    """A slow worker's work is not thrown away where no other has begun it anew."""
    world.receive(event())
    claimed = claiming.claim(8, world.now)
    assert claimed is not None
    answered = deliver(
        prepare(claimed, world.now), world.clock, world.destination, 20, lambda now: now
    )
    world.pass_time(seconds=60)
    settle(answered, world.now)
    assert not world.step()
    assert len(world.destination.requests) == 1
    compare(world)


@pytest.mark.parametrize("phase", ["prepare", "deliver", "settle"])
def test_a_worker_killed_in_any_phase_leaves_nothing_stuck(
    world: World, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease runs out, and everything is done again."""

    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt  # no `except Exception` sees it, as none sees a SIGKILL

    received = world.receive(*(event(f"user-{n}") for n in range(30)))
    with monkeypatch.context() as patched:
        patched.setattr(engine, phase, killed)
        with pytest.raises(KeyboardInterrupt):
            world.step()
    for _ in range(29):
        assert not world.step()
        world.pass_time(seconds=1)
    world.run(seconds=2)
    assert world.destination.ids == received
    compare(world)


def test_no_transaction_is_open_during_a_call(world: World) -> None:
    """Nor does a claim hold a lock while Amplitude thinks: sending, splitting, probing."""
    called: list[bool] = []

    def send(region: str, body: bytes, seconds: float) -> Answer | NetworkFailure:
        called.append(connection.in_atomic_block)
        return world.destination(region, body, seconds)

    world.destination.first = [
        answer(413, {"error": "big"}),
        answer(400, {"error": "x", "events_with_invalid_fields": {"time": [0]}}),
        INVALID,
    ]
    world.receive(*(event(f"user-{n}") for n in range(6)))
    for _ in range(8):
        engine.step(8, world.clock, send)
        world.pass_time(seconds=200)
    assert len(called) == 4
    assert not any(called)
    compare(world)


def test_workspaces_stay_apart_though_their_events_have_the_same_ids(world: World) -> None:
    """Two workspaces with one API key and the same ids of people and of events: each Current
    sends its own workspace's, and the other's pause does not reach it."""
    other = World(
        CurrentFactory.create(plain_key="k" * 32, event_types=world.current.event_types),
        world.destination,
    )
    world.receive(event("ada", id="same", properties={"campaign_id": "ours"}))
    other.receive(event("ada", id="same", properties={"campaign_id": "theirs"}))
    world.run()
    sent = [one["event_properties"]["campaign_id"] for one in sum(world.destination.requests, [])]
    assert sorted(sent) == ["ours", "theirs"]
    for one in (world, other):
        assert one.fates() == {Fate.DELIVERED: 1}
        assert one.fresh().state == State.ACTIVE


def refuse_for(world: World, hours: int) -> None:
    world.destination.always = INVALID
    world.run()
    watch(world, hours)


def watch(world: World, hours: int) -> None:
    """With a sweep and an attempt every five hours."""
    end = world.now + timedelta(hours=hours)
    while world.now < end:
        world.now = min(end, world.now + timedelta(hours=5))
        failures.sweep(world.now)
        dropping.sweep(world.now)
        world.run()


def test_47_hours_of_a_refused_key_drop_nothing(world: World) -> None:
    """Events wait safely behind refused credentials until the window of 48 hours is over."""
    received = world.receive(*(event(f"user-{n % 7}") for n in range(60)))
    refuse_for(world, 47)
    compare(world)
    world.destination.always = None
    world.run(seconds=200, most=2_000)
    assert sorted(world.destination.ids) == sorted(received)
    compare(world)


def test_49_hours_of_a_refused_key_drop_what_waited_48_and_count_it(world: World) -> None:
    """Longer than the window since the failure began or since it came, whichever is later."""
    world.receive(*(event(f"user-{n % 7}") for n in range(60)))
    refuse_for(world, 2)
    late = world.receive(*(event(f"user-{n % 7}") for n in range(60)))
    refuse_for(world, 47)
    compare(world)
    assert world.fates() == {Fate.DROPPED: 60, Fate.WAITING: 60}
    world.destination.always = None
    world.run(seconds=200, most=2_000)
    assert sorted(world.destination.ids) == sorted(late)
    compare(world)


def test_49_hours_of_outage_drop_nothing(world: World) -> None:
    """An outage never drops: events wait for as long as the log holds them."""
    received = world.receive(*(event(f"user-{n % 7}") for n in range(60)))
    world.destination.always = answer(503, b"")
    watch(world, 49)
    assert world.fates() == {Fate.WAITING: 60}
    world.destination.always = None
    world.run(seconds=400, most=2_000)
    assert sorted(world.destination.ids) == sorted(received)
    compare(world)


def test_a_clock_set_back_an_hour_keeps_nobody_waiting(world: World) -> None:
    """Leases, due times, holds and buckets that stand an hour ahead bind nobody."""
    hot = world.receive(*(event("ada") for _ in range(40)))
    world.step()  # thirty go, ten are paced
    other = world.receive(event("b"))
    world.destination.first = [answer(503, b"")]
    world.pass_time(seconds=1)
    world.run()  # a due time is booked
    world.pass_time(seconds=10)
    assert claiming.claim(8, world.now) is not None  # whose worker is killed
    world.pass_time(hours=-1)
    world.run(seconds=15)
    assert sorted(world.destination.ids) == sorted(hot + other)
    compare(world)


def test_each_letter_goes_out_once_whoever_asks_again(world: World) -> None:
    """Sweeps of many schedulers, and restarts, owe no stage a second time."""
    world.receive(event())
    refuse_for(world, 46)
    for _ in range(5):
        failures.sweep(world.now)
    stages = list(FailureMail.objects.order_by("pk").values_list("stage", flat=True))
    assert stages == ["first", "half", "three_quarters", "nine_tenths"]
