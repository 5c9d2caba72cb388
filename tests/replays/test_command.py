"""`manage.py replay_current`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from currents.replays.models import Replay
from tests.currents.factories import DeadLetterFactory
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def world() -> World:
    made = make_world()
    made.receive(event("bad"))
    DeadLetterFactory.create(current=made.current, sequence=0)
    return made


def command(*given: object) -> str:
    out = StringIO()
    call_command("replay_current", *map(str, given), stdout=out)
    return out.getvalue()


def test_it_counts_and_starts_nothing_unless_told(world: World) -> None:
    assert command(world.current.pk, "dead_letters") == "1 events, 0 no longer in the log\n"
    assert not Replay.objects.exists()


def test_it_starts_and_prints_the_id_last(world: World) -> None:
    printed = command(world.current.pk, "dead_letters", "--start")
    assert printed.splitlines()[-1] == str(Replay.objects.get().pk)


def test_what_is_wrong_is_said(world: World) -> None:
    with pytest.raises(CommandError, match="nobody"):
        command(world.current.pk, "window", "--events", "users.nobody")
    with pytest.raises(CommandError, match="no Current 0"):
        command(0, "window")
