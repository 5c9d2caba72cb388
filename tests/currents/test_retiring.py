"""What leaves the log, and what is dropped for it."""

from __future__ import annotations

import pytest

from braze_partners.events import event_log, partitions
from currents import moving, retiring
from currents.fates import Fate
from currents.models import DroppedRange
from currents.states import State
from tests.currents.destination import answer
from tests.currents.world import START, World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def world() -> World:
    partitions.make_ahead(START)
    return make_world()


def test_what_is_decided_leaves_after_its_days_and_the_totals_stay(world: World) -> None:
    world.receive(*(event(f"user-{n}") for n in range(20)))
    world.run()
    world.pass_time(days=9)
    assert retiring.retire(world.now) is not None
    assert event_log.oldest(world.current.workspace_id) is None
    assert world.current.ledger.get(fate=Fate.DELIVERED).count == 20


def test_what_an_outage_holds_up_stays(world: World) -> None:
    world.destination.always = answer(503, b"")
    received = world.receive(*(event(f"user-{n}") for n in range(20)))
    world.run()
    world.pass_time(days=10)
    retiring.retire(world.now)
    world.destination.always = None
    world.run(seconds=5)
    assert sorted(world.destination.ids) == sorted(received)


def test_beyond_the_hard_limit_it_is_dropped_with_its_reason_and_counted(world: World) -> None:
    world.receive(*(event(f"user-{n}") for n in range(20)))
    moving.move(world.current.pk, State.PAUSED, world.now)
    world.pass_time(days=10)
    late = world.receive(event("late"))
    world.pass_time(days=6)
    assert retiring.retire(world.now) is not None
    assert event_log.oldest(world.current.workspace_id) == 20
    moving.move(world.current.pk, State.ACTIVE, world.now)
    world.run()
    assert world.destination.ids == late
    by_fate = {row.fate: row.count for row in world.current.ledger.filter(count__gt=0)}
    assert by_fate == {Fate.RETENTION: 20, Fate.DELIVERED: 1}
    assert DroppedRange.objects.get().reason == Fate.RETENTION
