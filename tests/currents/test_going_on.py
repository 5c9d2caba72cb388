"""A claim goes on with its lanes while all goes well, and no longer than it may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from braze_partners.partners.amplitude.exchange import Answer
from braze_partners.workspaces.audit import Actor
from currents import claiming, moving
from currents.limits import CLAIM_LASTS
from currents.models import Attempt, Current, Lane
from tests.currents.destination import Event, answer
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

FULL = {"text": "x" * 9_000}  # a hundred of them fill a request


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """With two requests' worth in each quarter of the lanes."""
    monkeypatch.setattr(claiming, "BACKLOG_FOR_ALL_LANES", 1_000)
    made = make_world()
    made.receive(*(event(f"user-{n}", properties=FULL) for n in range(1_600)))
    return made


def during_the_first(world: World, act: Callable[[], object]) -> None:
    def reply(_events: list[Event]) -> Answer | None:
        if len(world.destination.requests) == 1:
            act()
        return None

    world.destination.always = reply


def leased() -> int:
    return Lane.objects.exclude(lease_token="").count()


def test_what_waits_goes_out_request_after_request_under_one_claim(world: World) -> None:
    assert world.step()
    assert len(world.destination.requests) > 1
    first, *others = Attempt.objects.values_list("first_lane", flat=True)
    assert set(others) == {first}
    assert Lane.objects.filter(position__gte=1_600).count() == 4
    assert leased() == 0


def test_everything_arrives_once_and_in_order(world: World) -> None:
    world.run()
    assert len(world.destination.events) == 1_600
    assert set(world.destination.arrivals.values()) == {1}
    assert world.balance().delivered == 1_600


def test_it_ends_when_its_time_is_over(world: World) -> None:
    during_the_first(world, lambda: world.pass_time(seconds=CLAIM_LASTS.total_seconds()))
    assert world.step()
    assert len(world.destination.requests) == 1
    assert leased() == 0


def test_a_pause_takes_after_the_request_under_way(world: World) -> None:
    during_the_first(world, lambda: moving.pause(world.fresh(), Actor(), world.now))
    assert world.step()
    assert len(world.destination.requests) == 1
    assert leased() == 0


def test_an_edit_takes_with_the_next_request(world: World) -> None:
    def edit() -> None:
        later = world.now + timedelta(milliseconds=1)
        Current.objects.update(changed_at=later, event_types=[])

    during_the_first(world, edit)
    assert world.step()
    assert len(world.destination.requests) == 1
    world.run()
    assert len(world.destination.requests) == 1
    assert world.balance().filtered > 0


def test_an_answer_that_is_not_as_it_should_be_ends_it(world: World) -> None:
    world.destination.first = [answer(503, b"")]
    assert world.step()
    assert len(world.destination.requests) == 1
    assert leased() == 0


def test_lanes_that_are_kept_are_nobody_elses(world: World) -> None:
    claimed: list[object] = []

    def try_to_claim() -> None:
        lanes = Lane.objects.exclude(lease_token="").values_list("lane", flat=True)
        assert len(lanes) == 4
        other = claiming.claim(8, world.now)
        assert other is not None and not set(other.lanes) & set(lanes)
        claiming.release(other)
        claimed.append(other)

    during_the_first(world, try_to_claim)
    assert world.step()
    assert len(claimed) == 1 and len(world.destination.requests) > 1
    assert leased() == 0
