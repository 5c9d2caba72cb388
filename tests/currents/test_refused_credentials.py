"""A refused key: stopped, probed, told about, dropped by the rule, and going on again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from currents import dropping, failures
from currents.fates import Fate
from currents.models import Attempt, CredentialFailure, DroppedRange, FailureMail
from currents.states import State
from tests.currents.destination import answer
from tests.currents.world import START, World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

INVALID = answer(400, {"error": "Invalid API key: 91c2"})
Stage = FailureMail.Stage


@pytest.fixture
def world() -> World:
    made = make_world()
    made.destination.always = INVALID
    return made


def stages() -> list[str]:
    return list(FailureMail.objects.order_by("pk").values_list("stage", flat=True))


def watch(world: World, *, hours: float) -> None:
    """Some sweeps of these hours, the last at their end, with the probes that fall due."""
    steps = 12
    for _ in range(steps):
        world.pass_time(hours=hours / steps)
        failures.sweep(world.now)
        dropping.sweep(world.now)
        world.run()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (INVALID, "invalid_key"),
        (answer(401, {"error": "Unauthorized"}), "unauthorized"),
        (answer(403, {"error": "Forbidden"}), "forbidden"),
        (answer(403, b"<html>blocked</html>"), "forbidden"),
    ],
)
def test_it_stops_at_the_first_refusal_and_loses_nothing(
    world: World, reply: object, kind: str
) -> None:
    world.destination.always = reply  # type: ignore[assignment]
    world.receive(event(), event("b"))
    world.run(seconds=60)
    assert len(world.destination.requests) == 1
    assert world.fresh().state == State.STOPPED
    assert CredentialFailure.objects.get().kind == kind
    assert world.balance().waiting == 2


def test_it_probes_with_the_oldest_waiting_batch_and_goes_on_by_itself(world: World) -> None:
    received = world.receive(event(), event("b"))
    world.run()
    later = world.receive(event("c"))
    world.run(seconds=400, most=1_000)
    assert [len(request) for request in world.destination.requests] == [2, 3, 3]
    kinds = list(Attempt.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["delivery", "probe", "probe"]
    world.destination.always = None
    world.run(seconds=180, most=1_000)
    assert world.destination.ids == received + later
    assert world.fresh().state == State.ACTIVE
    assert CredentialFailure.objects.get().ended_at is not None
    failures.sweep(world.now)
    assert stages() == [Stage.FIRST, Stage.RECOVERED]


def test_any_answer_but_a_refusal_says_that_the_credentials_are_taken(world: World) -> None:
    world.receive(event(), event("b"))
    world.run()
    body = {"error": "x", "events_with_invalid_fields": {"time": [0]}}
    world.destination.always = None
    world.destination.first = [answer(400, body)]
    world.run(seconds=180, most=1_000)
    assert world.fresh().state == State.ACTIVE
    assert world.fates() == {Fate.DEAD: 1, Fate.RETRIED: 1}


def test_the_contact_is_told_once_for_each_stage(world: World) -> None:
    world.receive(event())
    world.run()
    failures.sweep(world.now)
    failures.sweep(world.now)
    assert stages() == [Stage.FIRST]
    watch(world, hours=25)
    assert stages() == [Stage.FIRST, Stage.HALF]
    watch(world, hours=12)
    watch(world, hours=8)
    assert stages() == [Stage.FIRST, Stage.HALF, Stage.THREE_QUARTERS, Stage.NINE_TENTHS]


def test_after_47_hours_nothing_is_dropped(world: World) -> None:
    world.receive(*(event(f"user-{n}") for n in range(50)))
    world.run()
    watch(world, hours=47)
    assert world.fresh().state == State.STOPPED
    assert world.fates() == {Fate.WAITING: 50}


def test_after_49_hours_it_drops_what_has_waited_48_and_nothing_else(world: World) -> None:
    """Longer than 48 hours since the failure began or since the event came, whichever is later."""
    old = world.receive(*(event(f"user-{n}") for n in range(50)))
    world.run()
    watch(world, hours=0.5)
    half_past = world.receive(*(event(f"user-{n}") for n in range(20)))
    watch(world, hours=1.5)
    two_hours = world.receive(*(event(f"user-{n}") for n in range(30)))
    watch(world, hours=47)
    assert world.now - START == timedelta(hours=49)
    assert world.fresh().state == State.DROPPING
    assert world.fates() == {Fate.DROPPED: len(old) + len(half_past), Fate.WAITING: 30}
    assert sum(DroppedRange.objects.values_list("count", flat=True)) == 70
    world.destination.always = None
    watch(world, hours=0.5)
    assert world.destination.ids == two_hours
    assert world.fresh().state == State.ACTIVE


def test_what_was_not_chosen_is_filtered_and_not_dropped(world: World) -> None:
    world.current.event_types = ["users.messages.email.Open"]
    world.current.save()
    world.receive(event(), event(kind="users.messages.email.Send"))
    world.run()
    watch(world, hours=49)
    assert world.fates() == {Fate.DROPPED: 1, Fate.NOT_SELECTED: 1}


def test_held_events_are_dropped_by_the_same_rule(world: World) -> None:
    """A hold that is due in a day has waited as long as any other event."""
    world.destination.always = None
    world.receive(event("a", device="hot"), event("b"))
    over = answer(429, {"error": "x", "exceeded_daily_quota_devices": {"hot": 500_001}})
    world.destination.first = [over]
    world.run()
    world.destination.always = INVALID
    world.receive(event("c"))
    world.run()
    watch(world, hours=49)
    assert world.fates() == {Fate.RETRIED: 1, Fate.DROPPED: 2}


def test_an_outage_of_49_hours_drops_nothing(world: World) -> None:
    world.destination.always = answer(503, b"")
    received = world.receive(*(event(f"user-{n}") for n in range(20)))
    world.run()
    watch(world, hours=49)
    assert world.fresh().state == State.FAILING
    assert world.fates() == {Fate.WAITING: 20}
    world.destination.always = None
    watch(world, hours=0.5)
    assert sorted(world.destination.ids) == sorted(received)


def test_an_outage_during_a_refusal_says_nothing_of_the_key(world: World) -> None:
    world.receive(event())
    world.run()
    world.destination.always = answer(503, b"")
    watch(world, hours=1)
    assert world.fresh().state == State.STOPPED
    assert CredentialFailure.objects.get().ended_at is None
