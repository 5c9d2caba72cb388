"""Event look-up: by id and by person, one event whole, the live tail; on screen and over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import reverse

from braze_partners.workspaces.models import Language
from currents import lookup
from currents.models import Current
from currents.verdicts import Outcome
from tests.cast import Cast
from tests.currents.destination import answer
from tests.currents.factories import API_KEY, EMAIL_OPEN, AttemptFactory, DroppedRangeFactory
from tests.currents.world import World, event, make_world
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

UNCHOSEN = "users.messages.email.Send"


def key(cast: Cast, *allowed: str) -> KeyClient:
    secret = "brk_" + "k" * 43
    RestApiKeyFactory.create(workspace=cast.workspace, secret=secret, permissions=allowed)
    return KeyClient(secret)


@pytest.fixture
def world(cast: Cast) -> World:
    made = make_world(workspace=cast.workspace, event_types=[EMAIL_OPEN], plain_key=API_KEY)
    made.current.changed_at = made.now - timedelta(days=1)
    made.current.save(update_fields=["changed_at"])
    return made


def address(world: World, name: str = "events", *more: int) -> str:
    return reverse(f"currents:{name}", args=["lumen", world.current.pk, *more])


def page(client: Client, url: str, **query: Any) -> str:
    answered = client.get(url, query)
    assert answered.status_code == 200
    return answered.content.decode()


def test_an_event_is_found_by_its_id_with_verdict_payload_changes_and_attempts(
    cast: Cast, world: World
) -> None:
    (sent,) = world.receive(event("ada", properties={"platform": "ios", "link_id": None}))
    world.run()
    text = page(cast.client(cast.bob), address(world), event_id=sent)
    for words in ("Amplitude has taken it.", "[Appboy] Email Open", "insert_id", "Copy as cURL"):
        assert words in text
    assert "properties.link_id" in text and "Left out" in text
    assert f'id="attempt-{world.current.attempts.get().pk}"' in text
    assert "$AMPLITUDE_API_KEY" in text and API_KEY not in text


def test_the_payload_shown_is_the_one_that_was_sent(world: World) -> None:
    world.receive(event("ada"))
    world.run()
    seen = lookup.one(world.current, 0)
    assert seen is not None
    assert [lookup.whole(seen).sent] == list(world.destination.events.values())


def test_a_person_is_found_by_external_id_or_by_device_page_by_page(
    cast: Cast, world: World
) -> None:
    world.receive(event("ada"), event(None, device="phone"), event("ada", kind=UNCHOSEN))
    world.run()
    client = cast.client(cast.bob)
    of_ada = page(client, address(world), user="ada")
    assert 'id="event-0"' in of_ada and 'id="event-2"' in of_ada and 'id="event-1"' not in of_ada
    assert "This Current does not export this event type." in of_ada
    assert 'id="event-1"' in page(client, address(world), user="phone")
    first = lookup.by_person(world.current, "ada", None, 1)
    assert [one.sequence for one in first.events] == [2]
    second = lookup.by_person(world.current, "ada", first.older, 1)
    assert [one.sequence for one in second.events] == [0]


def test_nothing_found_is_said(cast: Cast, world: World) -> None:
    assert "No event found" in page(cast.client(cast.bob), address(world), event_id="nope")
    assert cast.client(cast.bob).get(address(world, "event", 99)).status_code == 404


def test_what_cannot_be_sent_says_why_and_has_no_attempts(cast: Cast, world: World) -> None:
    world.receive(event("ada"), event(None), event("ada", kind="users.behaviors.Nap"))
    world.run()
    client = cast.client(cast.bob)
    assert "nobody could be named" in page(client, address(world, "event", 1))
    unknown = page(client, address(world, "event", 2))
    assert "No Current can export this type" in unknown and "Copy as cURL" not in unknown
    for sequence in (1, 2):
        seen = lookup.one(world.current, sequence)
        assert seen is not None and lookup.attempts_of(seen) == []


def test_attempts_of_other_lanes_or_sequences_are_not_an_events(world: World) -> None:
    world.receive(event("ada"))
    world.run()
    world.receive(event("bob"))
    world.run()
    seen = [lookup.one(world.current, sequence) for sequence in (0, 1)]
    found = [lookup.attempts_of(one) for one in seen if one is not None]
    assert [len(each) for each in found] == [1, 1]
    assert found[0] != found[1]


def test_a_dead_letter_quotes_amplitude(cast: Cast, world: World) -> None:
    refusal = {"error": "Invalid", "events_with_invalid_fields": {"time": [0]}}
    world.destination.first.append(answer(400, refusal))
    (refused,) = world.receive(event("ada"))
    world.run()
    text = page(cast.client(cast.bob), address(world), event_id=refused)
    assert "Dead letter" in text


def test_a_viewer_sees_the_verdict_and_no_body(cast: Cast, world: World) -> None:
    (sent,) = world.receive(event("ada", properties={"campaign_name": "Secret sale"}))
    world.run()
    text = page(cast.client(cast.charlie), address(world), event_id=sent)
    assert "Amplitude has taken it." in text
    assert "Secret sale" not in text and "cURL" not in text and "insert_id" not in text


def test_a_dropped_range_leads_to_its_events(cast: Cast, world: World) -> None:
    world.receive(event("ada"), event("ada", kind=UNCHOSEN), event("bob"))
    world.run()
    row = DroppedRangeFactory.create(current=world.current, last_sequence=1)
    text = page(cast.client(cast.bob), address(world), dropped=row.pk)
    assert 'id="event-0"' in text
    assert 'id="event-1"' not in text and 'id="event-2"' not in text


def test_a_dropped_range_is_looked_through_to_its_end(world: World, monkeypatch: Any) -> None:
    """Who was filtered first does not hide who was dropped behind."""
    monkeypatch.setattr(lookup, "LOOKED_AT_ONCE", 2)
    world.receive(*(event("ada", kind=UNCHOSEN) for _ in range(5)), event("ada"))
    for identity in ("", "ada"):
        row = DroppedRangeFactory.create(
            current=world.current, first_sequence=0, last_sequence=5, identity=identity
        )
        world.current.lanes.update(position=6)
        assert [one.sequence for one in lookup.dropped(world.current, row, 50).events] == [5]
        row.delete()


def test_what_a_backfill_sent_names_its_attempt(world: World) -> None:
    world.receive(event("ada"))
    Current.objects.filter(pk=world.current.pk).update(launch_sequence=1)
    AttemptFactory.create(current=world.current, first_sequence=0, last_sequence=0, kind="replay")
    seen = lookup.one(world.fresh(), 0)
    assert seen is not None and [one.kind for one in lookup.attempts_of(seen)] == ["replay"]


def test_the_tail_shows_the_latest_first_and_polls_until_it_is_paused(
    cast: Cast, world: World
) -> None:
    world.receive(event("ada"), event("bob"))
    client = cast.client(cast.charlie)
    text = page(client, address(world, "tail"))
    assert text.index('id="event-1"') < text.index('id="event-0"')
    assert "data-poll" in text
    assert "data-poll" not in page(client, address(world, "tail"), paused="1")
    assert "Live tail" in page(client, address(world))


def test_the_tail_begins_at_the_launch(world: World) -> None:
    world.receive(event("ada"))
    world.current.launch_sequence = 1
    assert lookup.latest(world.current, None, 5).events == []
    world.receive(event("bob"))
    assert [one.sequence for one in lookup.latest(world.current, None, 5).events] == [1]


@pytest.mark.parametrize("language", Language.values)
def test_it_is_told_in_both_languages(cast: Cast, world: World, language: str) -> None:
    cast.bob.language = language
    cast.bob.save()
    (sent,) = world.receive(event("ada"))
    text = page(cast.client(cast.bob), address(world), event_id=sent)
    assert ("Event look-up" in text) == (language == Language.ENGLISH)


def test_over_rest_an_event_is_found_and_told_whole(cast: Cast, world: World) -> None:
    (sent,) = world.receive(event("ada"))
    world.run()
    client = key(cast, "currents.read", "currents.bodies")
    found = client.get(f"/api/v1/currents/{world.current.pk}/events?event_id={sent}").json()
    (one,) = found["data"]
    assert one["outcome"] == Outcome.SENT and one["sentence"] == "Amplitude has taken it."
    whole = client.get(f"/api/v1/currents/{world.current.pk}/events/{one['sequence']}").json()
    assert whole["payload"] == world.destination.events[sent]
    assert whole["attempts"][0]["outcome"] == "delivered"
    assert {"how": "added", "before": "", "after": "library"} in whole["changes"]
    assert orjson.dumps(whole).decode().find(API_KEY) == -1


def test_over_rest_the_latest_come_page_by_page(cast: Cast, world: World) -> None:
    world.receive(event("ada"), event("bob"), event("ada"))
    client = key(cast, "currents.read")
    url = f"/api/v1/currents/{world.current.pk}/events?page_size=2"
    first = client.get(url).json()
    assert [one["sequence"] for one in first["data"]] == [2, 1]
    rest = client.get(first["next"]).json()
    assert [one["sequence"] for one in rest["data"]] == [0] and rest["next"] is None


def test_over_rest_bodies_need_their_permission(cast: Cast, world: World) -> None:
    world.receive(event("ada"))
    client = key(cast, "currents.read")
    whole = client.get(f"/api/v1/currents/{world.current.pk}/events/0").json()
    assert whole["event"]["outcome"] == Outcome.WAITING
    assert whole["raw"] is whole["payload"] is whole["curl"] is None and whole["changes"] == []
