"""A worker that dies at any statement of a pull leaves no wrong member, and the pull goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from braze_partners.people import postgres
from cohorts import bitmaps, remembered
from cohorts.models import ImportRun
from cohorts.syncing import acts, engine
from cohorts.syncing.limits import LEASE
from cohorts.syncing.models import SyncRun
from cohorts.syncing.states import State
from tests.syncing.world import ACTOR, World

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


class Killed(BaseException):
    """Nothing may catch it, as nothing catches a kill."""


@contextmanager
def dies_at(statement: int, monkeypatch: pytest.MonkeyPatch) -> Generator[list[int], None, None]:
    """Dies instead of its `statement`-th statement; gives how many there were."""
    count = [0]

    def tick() -> None:
        if count[0] == statement:
            count[0] += 1
            raise Killed
        count[0] += 1

    def wrapper(execute: Callable[..., Any], *arguments: Any) -> Any:
        tick()
        return execute(*arguments)

    def ask(*arguments: Any) -> Any:
        tick()
        return asked(*arguments)

    asked = postgres.ask
    with monkeypatch.context() as patched, connection.execute_wrapper(wrapper):
        patched.setattr(postgres, "ask", ask)
        yield count


def lists(turn: int) -> list[str]:
    """Each differs from the one before in both directions."""
    return [f"u{n}" for n in range(turn % 3, 12 + turn % 5)] + [f"ghost{turn}"]


def test_a_pull_killed_at_any_statement_goes_on_and_changes_the_cohort_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.schedule.hold_percent = None
    world.schedule.save()
    world.amplitude.polls = 1
    states = set()
    for statement in range(500):
        ids = world.amplitude.ids = lists(statement)
        run = acts.sync(world.schedule, ACTOR, world.now)
        before = ImportRun.objects.filter(kind="pull").count()
        died = _die_once(world, run, statement, monkeypatch)
        if died:
            states.add(_state_at_death(run))
        done = world.finish(run)
        assert done.state == State.WITH_SKIPS, (statement, done.error)
        assert world.members() == world.numbers(*ids[:-1]), statement
        assert _cold(world) == world.members()
        assert ImportRun.objects.filter(kind="pull").count() == before + 1
        assert (done.added, done.removed) == (world.last_pull().added, world.last_pull().removed)
        world.go(700)  # beyond the window of requests
        if not died:
            break
    assert statement > 20
    assert states >= {State.QUEUED, State.REQUESTING, State.DOWNLOADING, State.APPLYING}


def _die_once(world: World, run: SyncRun, statement: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Two turns, of which the first waits for Amplitude; the worker dies within them."""
    with dies_at(statement, monkeypatch):
        try:
            engine.run(run.pk, world.clock)
            world.go(2)
            engine.run(run.pk, world.clock)
        except Killed:
            # What it knew is gone with it, and its lease runs out.
            remembered.memberships.clear()
            world.now += LEASE + LEASE / 60
            return True
    return False


def _state_at_death(run: SyncRun) -> str:
    return str(SyncRun.objects.values_list("state", flat=True).get(pk=run.pk))


def _cold(world: World) -> set[int]:
    blocks = bitmaps.load([world.schedule.cohort_id])[world.schedule.cohort_id]
    return {number for bits in blocks.values() for number in bits}


def test_a_worker_that_lost_its_lease_writes_nothing_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was slow, another took over and is done: what it does last is taken back."""
    from cohorts.syncing import applying

    world.amplitude.ids = ["u1", "u2"]
    run = acts.sync(world.schedule, ACTOR, world.now)
    slow: list[SyncRun] = []
    with monkeypatch.context() as patched:
        patched.setattr(applying, "apply", lambda held, now: slow.append(held))
        engine.run(run.pk, world.clock)
    world.now += 2 * LEASE
    assert world.finish(run).state == State.COMPLETED
    world.partner.users([{"user_ids": ["u9"]}], cohort_id=world.cohort.cohort_id)
    with pytest.raises(engine.LeaseLost):
        applying.apply(slow[0], world.now)
    assert world.members() == world.numbers("u1", "u2", "u9")
    assert ImportRun.objects.filter(kind="pull").count() == 1


def test_a_file_that_kills_its_workers_ends_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killing(*_: Any) -> None:
        raise Killed

    run = acts.sync(world.schedule, ACTOR, world.now)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "gather", lambda *_, **__: killing())
        for _ in range(10):
            try:
                engine.run(run.pk, world.clock)
            except Killed:
                world.now += 2 * LEASE
    run.refresh_from_db()
    assert (run.state, run.error_code) == (State.FAILED, "died")
