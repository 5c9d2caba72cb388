"""Replays over /api/v1/."""

from __future__ import annotations

import pytest

from currents.replays.models import Replay
from tests.cast import Cast
from tests.currents.factories import DeadLetterFactory
from tests.currents.world import World, event, make_world
from tests.keys.factories import RestApiKeyFactory
from tests.replays.factories import ReplayFactory
from tests.rest.conftest import KeyClient

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

LETTERS = {"kind": "dead_letters"}


@pytest.fixture
def api(cast: Cast) -> KeyClient:
    secret = "brk_" + "r" * 43
    RestApiKeyFactory.create(
        workspace=cast.workspace, secret=secret, permissions=["currents.read", "currents.write"]
    )
    return KeyClient(secret)


@pytest.fixture
def world(cast: Cast) -> World:
    """With one event in its log that is a dead letter."""
    made = make_world(workspace=cast.workspace)
    made.receive(event("bad"))
    DeadLetterFactory.create(current=made.current, sequence=0, cause="Invalid")
    return made


def address(world: World, *parts: object) -> str:
    return "/".join(["/api/v1/currents", str(world.current.pk), "replays", *map(str, parts)])


def test_it_is_counted_started_watched_and_cancelled(api: KeyClient, world: World) -> None:
    counted = api.call("POST", address(world, "count"), LETTERS)
    assert counted.json() == {"events": 1, "gone": 0, "seconds": 1}
    started = api.call("POST", address(world), LETTERS)
    assert started.status_code == 201
    made = started.json()
    assert (made["state"], made["total"], made["share"]) == ("running", 1, 0.0)
    (listed,) = api.call("GET", address(world)).json()["data"]
    assert listed == api.call("GET", address(world, made["id"])).json() == made
    assert api.call("DELETE", address(world, made["id"])).status_code == 204
    assert api.call("GET", address(world, made["id"])).json()["state"] == "cancelled"
    assert api.call("DELETE", address(world, made["id"])).status_code == 409


def test_a_second_one_is_a_conflict(api: KeyClient, world: World) -> None:
    ReplayFactory.create(current=world.current)
    refused = api.call("POST", address(world), LETTERS)
    assert refused.status_code == 409
    assert "running already" in refused.json()["detail"]


def test_nothing_to_replay_is_a_conflict_that_says_so(api: KeyClient, world: World) -> None:
    refused = api.call("POST", address(world), {"kind": "dropped"})
    assert refused.status_code == 409
    assert "nothing to replay" in refused.json()["detail"]
    assert not Replay.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "everything"}, "kind"),
        ({"kind": "window", "event_types": ["users.nobody.knows"]}, "event_types"),
        (
            {
                "kind": "window",
                "since": "2026-05-11T12:00:00Z",
                "until": "2026-05-11T12:00:00Z",
            },
            "until",
        ),
        ({"kind": "window", "since": "yesterday"}, "since"),
    ],
)
def test_what_is_wrong_is_named(
    api: KeyClient, world: World, body: dict[str, object], field: str
) -> None:
    for place in ((), ("count",)):
        refused = api.call("POST", address(world, *place), body)
        assert refused.status_code == 400
        assert field in refused.json()["errors"]
