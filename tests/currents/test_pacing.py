"""Pacing: 30 events a second and 500,000 a day for each device and user, before sending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from currents.pacing import checkpoints, snapshots
from currents.pacing.asking import DayCount, Grant, Pacer, Pair
from currents.pacing.in_memory import MemoryPacer
from tests.currents.pacers import make_pacers
from tests.currents.world import START, event, make_world

NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)
ADA = ("ada", "")


@pytest.fixture(params=["memory", "redis"])
def pacer(request: pytest.FixtureRequest) -> Pacer:
    return make_pacers(request.param)


def take(pacer: Pacer, count: int, at: float, user: str = "ada", device: str = "") -> int:
    pair = (user, device)
    cut = pacer.take("p", {pair: count}, NOON + timedelta(seconds=at))
    return cut[pair].events if cut else count


def test_a_second_may_go_at_once_and_then_thirty_a_second(pacer: Pacer) -> None:
    assert take(pacer, 100, 0) == 30
    assert take(pacer, 100, 0) == 0
    assert take(pacer, 100, 0.5) == 15
    assert take(pacer, 100, 1.5) == 30
    assert take(pacer, 100, 60) == 30


def test_a_user_and_a_device_are_both_kept_under_the_limit(pacer: Pacer) -> None:
    assert take(pacer, 20, 0, "ada", "phone") == 20
    assert take(pacer, 20, 0, "bob", "phone") == 10
    assert take(pacer, 20, 0, "bob", "tablet") == 20
    assert take(pacer, 20, 0, "", "phone") == 0


def test_projects_do_not_share_and_currents_with_one_key_do(pacer: Pacer) -> None:
    assert take(pacer, 30, 0) == 30
    assert pacer.take("other", {ADA: 30}, NOON) == {}


def test_asks_of_one_batch_see_each_other(pacer: Pacer) -> None:
    cut = pacer.take("p", {("ada", "a"): 20, ("ada", "b"): 20}, NOON)
    assert cut == {("ada", "b"): Grant(10, quota=False)}


def test_a_clock_set_back_does_not_hold_anybody_for_an_hour(pacer: Pacer) -> None:
    assert take(pacer, 30, 3600) == 30
    assert take(pacer, 30, 0) == 30


def test_a_day_has_500_000_and_rolls(pacer: Pacer) -> None:
    day = NOON.date()
    pacer.restore("p", day, [DayCount("user", "ada", 499_990)])
    assert pacer.take("p", {ADA: 30}, NOON) == {ADA: Grant(10, quota=True)}
    later = NOON + timedelta(seconds=20)
    assert pacer.take("p", {ADA: 30}, later) == {ADA: Grant(0, quota=True)}
    assert pacer.take("p", {ADA: 30}, NOON + timedelta(hours=18)) == {}
    assert pacer.take("p", {ADA: 30}, NOON + timedelta(hours=18)) == {ADA: Grant(0, quota=False)}


def test_a_batch_of_thousands_is_paced_one_by_one(pacer: Pacer) -> None:
    asked = {(f"user-{n}", f"device-{n % 1_000}"): 7 for n in range(5_000)}
    cut = pacer.take("p", asked, NOON)
    assert set(cut) == {(f"user-{n}", f"device-{n % 1_000}") for n in range(4_000, 5_000)}
    assert set(cut.values()) == {Grant(2, quota=False)}
    assert pacer.take("p", asked, NOON + timedelta(seconds=2)).keys() == cut.keys()


def test_the_hottest_come_first_with_their_rate(pacer: Pacer) -> None:
    for second in range(10):
        take(pacer, 30, second, "hot")
        take(pacer, 3, second, "warm", "phone")
    hot = pacer.hot("p", 5, NOON + timedelta(seconds=9))
    assert [(one.kind, one.identifier, one.today) for one in hot[:2]] == [
        ("user", "hot", 300),
        ("user", "warm", 30),
    ] or hot[1].identifier == "phone"
    assert 25 <= hot[0].per_second <= 31


pairs = st.tuples(st.sampled_from("abc"), st.sampled_from(["", "x", "y"]))
batches = st.dictionaries(pairs, st.integers(1, 50), min_size=1, max_size=4)


@given(st.lists(st.tuples(batches, st.floats(0, 3)), max_size=30))
@settings(max_examples=30, deadline=None)
def test_redis_and_memory_grant_the_same(sequence: list[tuple[dict[Pair, int], float]]) -> None:
    memory, in_redis = MemoryPacer(), make_pacers("redis")
    at = 0.0
    for asked, later in sequence:
        at += round(later, 3)
        now = NOON + timedelta(seconds=at)
        assert memory.take("p", asked, now) == in_redis.take("p", asked, now)


def test_redis_forgets_a_day_when_the_next_has_ended() -> None:
    pacer = make_pacers("redis")
    pacer.take("forgotten", {ADA: 1}, NOON)
    pacer.busy(NOON + timedelta(days=1))
    assert pacer.hot("forgotten", 5, NOON) == []
    for _ in range(10):
        pacer.take("forgotten", {ADA: 1}, NOON)
    assert [hot.today for hot in pacer.hot("forgotten", 5, NOON)] == [11]
    pacer.busy(NOON + timedelta(days=2))
    assert pacer.hot("forgotten", 5, NOON) == []


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_a_hot_device_delays_only_itself_and_keeps_its_order() -> None:
    world = make_world()
    hot = world.receive(*(event("hot", device="hot-device") for _ in range(100)))
    cool = world.receive(*(event(f"user-{n}") for n in range(50)))
    world.run()
    assert set(cool) < set(world.destination.ids)
    assert world.waiting_in_holds() == 70
    world.run(seconds=5)
    sent = [one for one in world.destination.ids if one in set(hot)]
    assert sent == hot
    assert world.now - START <= timedelta(seconds=6)
    assert world.balance().delivered == 150


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_a_device_that_never_stops_is_held_and_stays_in_order() -> None:
    world = make_world()
    received: list[str] = []
    for _ in range(10):
        received += world.receive(*(event("hot") for _ in range(50)))
        received_cool = world.receive(event(f"cool-{len(received)}"))
        world.run(seconds=1)
        assert received_cool[0] in world.destination.events
    world.run(seconds=15)
    hot = [
        one for one in world.destination.ids if world.destination.events[one]["user_id"] == "hot"
    ]
    assert hot == received
    assert world.waiting_in_holds() == 0


@pytest.mark.django_db
def test_what_one_process_paces_another_can_show() -> None:
    worker = MemoryPacer()
    take(worker, 30, 0, "hot")
    take(worker, 2, 0, "cool")
    snapshots.write(worker, NOON)
    found = snapshots.read("p", 5, NOON + timedelta(seconds=5))
    assert [(one.identifier, one.today) for one in found] == [("hot", 30), ("cool", 2)]
    assert snapshots.read("p", 5, NOON + timedelta(minutes=5)) == []


@pytest.mark.django_db
def test_a_redis_that_lost_its_data_begins_where_it_was(pacer: Pacer) -> None:
    pacer.restore("p", NOON.date(), [DayCount("user", "ada", 499_000)])
    take(pacer, 30, 1)
    assert checkpoints.write_down(pacer, NOON) == 1
    (again,) = checkpoints.written_down("p", NOON.date())
    assert (again.identifier, again.events) == ("ada", 499_030)
