"""Who comes next, and that a claim is one worker's alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from currents import candidates, claiming
from currents.candidates import Candidate
from currents.limits import GATHERING, WORTH_A_REQUEST
from currents.models import Current, Lane
from currents.plan import read_plan
from currents.states import State
from tests.currents.factories import CurrentFactory
from tests.currents.world import START, World, event, make_world


def candidate(current_id: int, **facts: Any) -> Candidate:
    given: dict[str, Any] = {
        "workspace_id": 1,
        "careful": False,
        "single": False,
        "flying": 0,
        "position": 0,
        "claimed_at": START,
        "has_work": True,
    }
    return Candidate(current_id, **(given | facts))


def order(found: list[Candidate], threads: int = 9) -> list[int]:
    return [one.current_id for one in candidates.in_turn(found, threads)]


def ago(seconds: float) -> Any:
    return START - timedelta(seconds=seconds)


def test_who_waited_longest_comes_first() -> None:
    found = [
        candidate(1, claimed_at=ago(1)),
        candidate(2, claimed_at=ago(5)),
        candidate(3, claimed_at=None),
    ]
    assert order(found) == [3, 2, 1]


def test_workspaces_take_turns_whatever_the_number_of_their_currents() -> None:
    many = [candidate(n, claimed_at=ago(60 + n)) for n in range(1, 6)]
    many.append(candidate(6, claimed_at=ago(1)))
    found = [*many, candidate(7, workspace_id=2, claimed_at=ago(2))]
    assert order(found)[0] == 7


def test_no_current_has_more_than_a_third_of_the_threads_while_others_wait() -> None:
    assert order([candidate(1, flying=3), candidate(2)]) == [2]
    assert order([candidate(1, flying=2, claimed_at=ago(9)), candidate(2)]) == [1, 2]


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (2, 1), (4, 3), (9, 6)])
def test_alone_it_leaves_a_third_for_who_comes_next(threads: int, most: int) -> None:
    """It may be about to hang, and the next event may be another's."""
    assert order([candidate(1, flying=most - 1)], threads) == [1]
    assert order([candidate(1, flying=most)], threads) == []


def test_a_failing_current_has_one_request_at_a_time() -> None:
    assert order([candidate(1, careful=True, single=True, flying=1)]) == []
    assert order([candidate(1, careful=True, single=True)]) == [1]


def test_the_slow_ones_together_have_a_third_while_a_quick_one_waits() -> None:
    slow = [candidate(n, careful=True, flying=1) for n in (1, 2, 3)]
    assert order([*slow, candidate(4)]) == [4]
    assert order([*slow[:2], candidate(4, claimed_at=ago(-1))]) == [1, 2, 4]


def test_the_slow_ones_leave_a_third_free_for_who_comes_next() -> None:
    slow = [candidate(n, careful=True, flying=1) for n in range(1, 7)]
    assert order(slow) == []
    assert len(order(slow[:5])) == 5


def test_who_has_nothing_to_send_is_left_out() -> None:
    assert order([candidate(1, has_work=False)]) == []


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def lease(world: World, lanes: range) -> claiming.Claimed | None:
    plan = read_plan(world.fresh())
    assert plan is not None
    return claiming.lease(plan, lanes, world.now)


@pytest.mark.embedded
def test_lanes_are_leased_all_together_or_not_at_all(world: World) -> None:
    assert lease(world, range(4, 8)) is not None
    assert lease(world, range(16)) is None
    assert Lane.objects.exclude(lease_token="").count() == 4
    assert lease(world, range(8, 12)) is not None


@pytest.mark.embedded
def test_a_lease_runs_out_and_can_be_taken_over(world: World) -> None:
    first = lease(world, range(16))
    assert first is not None
    world.now = first.until
    second = lease(world, range(16))
    assert second is not None and second.token != first.token


@pytest.mark.embedded
def test_a_lease_from_the_future_does_not_bind(world: World) -> None:
    assert lease(world, range(16)) is not None
    world.pass_time(hours=-1)
    assert lease(world, range(16)) is not None


@pytest.mark.embedded
@pytest.mark.parametrize("state", [State.PAUSED, State.DRAFT, State.DELETED])
def test_only_a_current_that_sends_is_claimed(world: World, state: State) -> None:
    world.receive(event())
    Current.objects.update(state=state)
    assert claiming.claim(8, world.now) is None


@pytest.mark.embedded
def test_nothing_is_claimed_before_its_due_time(world: World) -> None:
    world.receive(event())
    Current.objects.update(due_at=world.now + timedelta(seconds=5))
    assert claiming.claim(8, world.now) is None
    assert claiming.claim(8, world.now + timedelta(seconds=5)) is not None


@pytest.mark.embedded
def test_a_backlog_is_claimed_in_quarters_and_little_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "BACKLOG_FOR_ALL_LANES", 1_000)
    world.receive(*(event(f"user-{n}") for n in range(10)))
    claimed = claiming.claim(8, world.now)
    assert claimed is not None and len(claimed.lanes) == 16
    claiming.release(claimed)
    world.receive(*(event(f"user-{n}") for n in range(1_000)))
    claimed = claiming.claim(8, world.now)
    assert claimed is not None and len(claimed.lanes) == 4


def test_the_number_of_queries_does_not_grow_with_currents(
    world: World, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        CurrentFactory(workspace=world.current.workspace, event_types=[])
    world.receive(event())
    with django_assert_num_queries(3):
        candidates.candidates(world.now)


@pytest.mark.embedded
def test_shortly_after_a_claim_little_gathers_and_much_goes_at_once(world: World) -> None:
    world.receive(event())
    world.run()
    world.receive(event())
    soon = world.now + timedelta(seconds=GATHERING / 2)
    assert claiming.claim(8, soon, GATHERING) is None
    assert claiming.claim(8, world.now + timedelta(seconds=GATHERING), GATHERING) is not None
    Lane.objects.update(lease_token="", lease_until=None)
    world.receive(*(event(f"user-{n}") for n in range(WORTH_A_REQUEST)))
    assert claiming.claim(8, soon, GATHERING) is not None
