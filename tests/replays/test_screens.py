"""Replays on screen, and the ways that lead to them."""

from __future__ import annotations

import pytest
from django.test import Client

from currents.replays import sending
from currents.replays.models import Replay
from tests.cast import Cast
from tests.currents.factories import DeadLetterFactory
from tests.currents.world import World, event, make_world
from tests.replays.factories import ReplayFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def world(cast: Cast) -> World:
    made = make_world(workspace=cast.workspace)
    made.receive(event("bad"), event("bad"))
    for sequence in range(2):
        DeadLetterFactory.create(current=made.current, sequence=sequence, cause="Invalid time")
    return made


def path(world: World, *parts: object) -> str:
    found = ["/w", world.current.workspace.slug, "currents", world.current.pk, "replays", *parts]
    return "/".join(map(str, found)) + "/"


def test_the_form_says_what_would_be_sent_before_it_starts(
    cast: Cast, client: Client, world: World
) -> None:
    client.force_login(cast.bob)
    text = client.get(path(world)).content.decode()
    assert "<b>2</b> events would be sent" in text
    counted = client.get(path(world, "count"), {"kind": "dropped"}).content.decode()
    assert "There is nothing to replay" in counted


def test_a_marketer_starts_watches_and_sees_what_came_of_it(
    cast: Cast, client: Client, world: World
) -> None:
    client.force_login(cast.bob)
    client.post(path(world, "start"), {"kind": "dead_letters", "cause": "Invalid time"})
    replay = Replay.objects.get()
    assert replay.created_by == cast.bob
    running = client.get(path(world, replay.pk)).content.decode()
    assert "0 of 2 delivered" in running
    while sending.run(replay.pk, world.clock, world.destination):
        pass
    ended = client.get(path(world, replay.pk))
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    assert "Completed" in client.get(path(world)).content.decode()


def test_a_running_one_is_cancelled(cast: Cast, client: Client, world: World) -> None:
    replay = ReplayFactory.create(current=world.current)
    client.force_login(cast.bob)
    answer = client.post(path(world, replay.pk, "cancel"), follow=True)
    assert "What was sent stays sent" in answer.content.decode()
    replay.refresh_from_db()
    assert replay.state == Replay.State.CANCELLED


def test_a_viewer_sees_replays_and_starts_none(cast: Cast, client: Client, world: World) -> None:
    ReplayFactory.create(current=world.current)
    client.force_login(cast.charlie)
    text = client.get(path(world)).content.decode()
    assert "Dead letters" in text and "Start replay" not in text and "Cancel replay" not in text
    assert client.post(path(world, "start"), {"kind": "dead_letters"}).status_code == 403


def test_one_that_waits_says_for_what(cast: Cast, client: Client, world: World) -> None:
    replay = ReplayFactory.create(current=world.current, failures=2, words="503: no answer")
    client.force_login(cast.bob)
    assert "503: no answer" in client.get(path(world, replay.pk)).content.decode()


def test_dead_letters_and_the_guided_path_lead_to_the_form(cast: Cast, client: Client) -> None:
    letter = DeadLetterFactory.create(current__workspace=cast.workspace, cause="Invalid time")
    client.force_login(cast.bob)
    page = client.get(f"/w/{cast.workspace.slug}/currents/{letter.current_id}/dead-letters/")
    assert "replays/?kind=dead_letters&amp;cause=Invalid%20time" in page.content.decode()


def test_the_query_count_does_not_grow_with_the_replays(
    cast: Cast, client: Client, world: World, django_assert_max_num_queries: object
) -> None:
    for _ in range(10):
        ReplayFactory.create(current=world.current, state=Replay.State.COMPLETED)
    client.force_login(cast.bob)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        client.get(path(world))
