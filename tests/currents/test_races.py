"""What a person does while a request is under way stays done, and no event is lost over it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from braze_partners.keys import credentials
from braze_partners.workspaces.audit import Actor
from currents import dropping, editing, ledger, moving
from currents.fates import Fate
from currents.models import CredentialFailure, Current
from currents.states import State
from tests.bed.stack import wait_until
from tests.currents.destination import Event, answer
from tests.currents.factories import EMAIL_OPEN
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

INVALID = answer(400, {"error": "Invalid API key: 91c2"})
DOWN = answer(503, b"")
NEW_KEY = "f" * 32
Act = Callable[[World], None]


@pytest.fixture
def world() -> World:
    return make_world()


def pause(world: World) -> None:
    moving.pause(world.fresh(), Actor(), world.now)


def resume(world: World) -> None:
    moving.resume(world.fresh(), Actor(), world.now)


def delete(world: World) -> None:
    moving.delete(world.fresh(), Actor(), world.now)


def enter_key(world: World) -> None:
    current = world.fresh()
    Current.objects.filter(pk=current.pk).update(
        api_key=credentials.encrypt(NEW_KEY),
        project=editing.project_of(current.region, NEW_KEY),
        due_at=world.now,
    )


def while_under_way(world: World, act: Act, reply: object) -> Callable[[list[Event]], object]:
    """The first request is answered after the person has acted; later ones as ever."""
    left = [act]

    def answered(events: list[Event]) -> object:
        if not left:
            return None
        left.pop()(world)
        return reply

    return answered


@pytest.mark.parametrize("act", [pause, delete])
@pytest.mark.parametrize("reply", [None, DOWN, INVALID], ids=["taken", "down", "refused"])
@pytest.mark.parametrize("before", [None, DOWN, INVALID], ids=["well", "failing", "stopped"])
def test_what_was_paused_or_deleted_stays_so_whatever_is_answered_then(
    world: World, act: Act, reply: object, before: object
) -> None:
    received = world.receive(event(), event("b"))
    if before is not None:
        world.destination.first = [before]  # type: ignore[list-item]
        world.run()
        world.pass_time(seconds=200)
    world.destination.always = while_under_way(world, act, reply)  # type: ignore[assignment]
    world.run()
    assert world.fresh().state == (State.PAUSED if act is pause else State.DELETED)
    if act is pause:
        assert not CredentialFailure.objects.filter(ended_at=None).exists()
        resume(world)
        world.run()
        assert world.destination.ids == received
        assert world.fresh().state == State.ACTIVE


@pytest.mark.parametrize("before", [None, INVALID], ids=["active", "stopped"])
def test_a_refusal_of_the_old_key_says_nothing_of_the_new_one(world: World, before: object) -> None:
    received = world.receive(event(), event("b"))
    if before is not None:
        world.destination.first = [before]  # type: ignore[list-item]
        world.run()
        world.pass_time(seconds=200)
    world.destination.always = while_under_way(world, enter_key, INVALID)  # type: ignore[assignment]
    world.run()
    assert world.destination.ids == received
    assert world.fresh().state == State.ACTIVE
    assert not CredentialFailure.objects.filter(ended_at=None).exists()


def test_the_old_key_that_is_taken_after_all_does_not_vouch_for_the_new_one(world: World) -> None:
    world.receive(event())
    world.destination.first = [INVALID]
    world.run()
    world.pass_time(seconds=200)
    world.destination.always = while_under_way(world, enter_key, None)  # type: ignore[assignment]
    world.step()
    assert world.fresh().state == State.STOPPED
    assert CredentialFailure.objects.filter(ended_at=None).exists()
    world.receive(event())
    world.run()
    assert world.fresh().state == State.ACTIVE


def test_resuming_what_has_been_stopped_meanwhile_probes_it(world: World) -> None:
    pause(world)
    seen = world.fresh()
    other = Current.objects.get(pk=seen.pk)
    moving.resume(other, Actor(), world.now)
    world.receive(event())
    world.destination.first = [INVALID]
    world.run()
    moving.resume(seen, Actor(), world.now)
    assert Current.objects.get(pk=seen.pk).state == State.STOPPED
    world.run()
    assert world.fresh().state == State.ACTIVE
    assert not CredentialFailure.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("act", [pause, enter_key])
def test_dropping_ends_with_the_reason_for_it(
    world: World, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        world.receive(*(event(f"user-{n}") for n in range(1_500)))
    world.destination.always = INVALID
    world.run()
    world.pass_time(hours=49)
    moving.move(world.current.pk, State.DROPPING, world.now)
    settle = dropping.settle

    def settle_and_act(*args: object) -> object:
        made = settle(*args)  # type: ignore[arg-type]
        if world.fresh().state == State.DROPPING and world.current.due_at != world.now:
            act(world)
        return made

    monkeypatch.setattr(dropping, "settle", settle_and_act)
    dropping.sweep(world.now)
    fates = world.fates()
    assert 0 < fates[Fate.DROPPED] < 4_500
    assert fates[Fate.DROPPED] + fates[Fate.WAITING] == 4_500


def test_counting_and_settling_never_wait_for_each_other_in_a_circle(world: World) -> None:
    """Both change the Current's row and the ledger's; in two orders, one would be broken off."""
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    world.receive(event(), event("b"))
    failed: list[BaseException] = []

    def deliver() -> None:
        try:
            world.step()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    world.balance()
    answered = threading.Event()

    def answered_while_counted(events: list[Event]) -> object:
        if len(events) == 2:
            return answer(400, {"error": "x", "events_with_invalid_fields": {"time": [0]}})
        answered.set()
        return DOWN

    world.destination.always = answered_while_counted  # type: ignore[assignment]
    thread = threading.Thread(target=deliver)
    with transaction.atomic():
        Current.objects.filter(pk=world.current.pk).update(slow=False)
        thread.start()
        assert answered.wait(10)
        wait_until(lambda: blocked() > 0)
        place = (ledger.minute_of(world.now), EMAIL_OPEN, Fate.WAITING)
        ledger.move(world.current.pk, {place: 1})
    thread.join(10)
    assert failed == []
    assert world.fresh().state == State.FAILING


def blocked() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(cursor.fetchone()[0])
