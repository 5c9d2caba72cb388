"""Replays of a world's Current, run on the world's own clock and against its destination."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from braze_partners.workspaces.audit import Actor
from currents.replays import asking, sending
from currents.replays.asking import Wanted
from currents.replays.models import Replay
from tests.currents.world import World

Kind, State = Replay.Kind, Replay.State


def ask(world: World, kind: str, **wanted: Any) -> Replay:
    return asking.start(world.fresh(), Wanted(kind, **wanted), Actor(), world.now)


def run(world: World, replay: Replay, seconds: float = 0) -> Replay:
    """Turns until it is done or waits, and on through the next seconds of the clock."""
    end = world.now + timedelta(seconds=seconds)
    while True:
        while sending.run(replay.pk, world.clock, world.destination):
            pass
        replay.refresh_from_db()
        if not replay.is_running or world.now >= end:
            return replay
        world.pass_time(seconds=min(1.0, (end - world.now).total_seconds()))


def replayed(world: World, kind: str, seconds: float = 0, **wanted: Any) -> Replay:
    return run(world, ask(world, kind, **wanted), seconds)
