"""Pacing: 30 events a second and 500,000 a day for each device and user, before sending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from currents.pacing import checkpoints, snapshots
from currents.pacing.asking import Ask, DayCount, Pacer
from currents.pacing.in_memory import MemoryPacer
from tests.currents.pacers import make_pacers
from tests.currents.world import START, event, make_world

NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "redis"])
def pacer(request: pytest.FixtureRequest) -> Pacer:
    return make_pacers(request.param)


def take(pacer: Pacer, count: int, at: float, user: str = "ada", device: str = "") -> int:
    (grant,) = pacer.take("p", [Ask(user, device, count)], NOON + timedelta(seconds=at))
    return grant.events


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
    (grant,) = pacer.take("other", [Ask("ada", "", 30)], NOON)
    assert grant.events == 30


def test_asks_of_one_batch_see_each_other(pacer: Pacer) -> None:
    grants = pacer.take("p", [Ask("ada", "a", 20), Ask("ada", "b", 20)], NOON)
    assert [grant.events for grant in grants] == [20, 10]


def test_a_clock_set_back_does_not_hold_anybody_for_an_hour(pacer: Pacer) -> None:
    assert take(pacer, 30, 3600) == 30
    assert take(pacer, 30, 0) == 30


def test_a_day_has_500_000_and_rolls(pacer: Pacer) -> None:
    day = NOON.date()
    pacer.restore("p", day, [DayCount("user", "ada", 499_990)])
    (grant,) = pacer.take("p", [Ask("ada", "", 30)], NOON)
    assert (grant.events, grant.quota) == (10, True)
    (grant,) = pacer.take("p", [Ask("ada", "", 30)], NOON + timedelta(seconds=20))
    assert (grant.events, grant.quota) == (0, True)
    (grant,) = pacer.take("p", [Ask("ada", "", 30)], NOON + timedelta(hours=18))
    assert (grant.events, grant.quota) == (30, False)


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


asks = st.lists(
    st.tuples(
        st.builds(Ask, st.sampled_from("abc"), st.sampled_from(["", "x", "y"]), st.integers(1, 50)),
        st.floats(0, 3),
    ),
    max_size=30,
)


@given(asks)
@settings(max_examples=30, deadline=None)
def test_redis_and_memory_grant_the_same(sequence: list[tuple[Ask, float]]) -> None:
    memory, in_redis = MemoryPacer(), make_pacers("redis")
    at = 0.0
    for ask, later in sequence:
        at += round(later, 3)
        now = NOON + timedelta(seconds=at)
        assert memory.take("p", [ask], now) == in_redis.take("p", [ask], now)


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
