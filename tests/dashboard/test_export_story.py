"""The export job's first steps, each ticked by evidence, and the events that the demo makes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from braze_partners.dashboard import demo_current, demo_events, story
from braze_partners.dashboard.models import EventFlow, Visit
from braze_partners.dashboard.tasks import make_demo_events
from braze_partners.events import catalogue, event_log
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.workspaces.models import Account, Workspace
from currents import ledger
from currents.models import CredentialFailure, Current, Lane
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import CredentialFailureFactory, CurrentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

KEY = "0593fe7d0edc884204d138b20d7b33d4"


@pytest.fixture(autouse=True)
def running(settings: Any, tmp_path: Path) -> None:
    settings.RUN_FILE = tmp_path / "run.json"
    beside = {"sandbox": "http://127.0.0.1:8010", "sandbox_api_key": KEY}
    settings.RUN_FILE.write_text(json.dumps(beside))


def done(workspace: Workspace, account: Account) -> list[bool]:
    told = story.stories(workspace, account)[1]
    return [step.done_at is not None for step in told.steps]


def launched(cast: Cast, **columns: Any) -> Current:
    made: Current = CurrentFactory.create(
        workspace=cast.workspace, region=Region.SANDBOX, launched_by=cast.bob, **columns
    )
    return made


def count(current: Current) -> None:
    ledger.count(current, event_log.head(current.workspace_id))


def test_each_step_ticks_by_evidence(cast: Cast) -> None:
    def ticks() -> int:
        return sum(done(cast.workspace, cast.bob))

    client = cast.client(cast.bob)
    assert ticks() == 0
    current = launched(cast)
    assert ticks() == 1
    client.post(reverse("dashboard:send_event", args=["lumen"]))
    count(current)
    assert ticks() == 2
    Lane.objects.filter(current=current, lane=3).update(delivered_at=timezone.now())
    assert ticks() == 3
    page = reverse("currents:detail", args=["lumen", current.pk])
    client.get(page)
    assert ticks() == 3
    CredentialFailureFactory.create(current=current)
    Current.objects.filter(pk=current.pk).update(state=State.STOPPED)
    assert ticks() == 4
    client.get(page)
    assert ticks() == 5
    CredentialFailure.objects.update(ended_at=timezone.now())
    assert done(cast.workspace, cast.bob) == [True] * 6


def test_what_one_person_opened_is_not_anothers_step(cast: Cast) -> None:
    current = launched(cast, state=State.STOPPED)
    CredentialFailureFactory.create(current=current)
    cast.client(cast.bob).get(reverse("currents:detail", args=["lumen", current.pk]))
    assert done(cast.workspace, cast.bob)[4]
    assert not done(cast.workspace, cast.charlie)[4]


def test_the_demos_own_current_is_nobodys_step(cast: Cast) -> None:
    CurrentFactory.create(workspace=cast.workspace, region=Region.SANDBOX, launched_by=None)
    assert not done(cast.workspace, cast.bob)[0]


def test_a_step_that_is_not_due_leads_nowhere(cast: Cast) -> None:
    steps = story.stories(cast.workspace, cast.bob)[1].steps
    assert steps[0].url.endswith("/currents/create/?into=sandbox")
    assert [step.url for step in steps[1:]] == [""] * 5


def test_the_form_comes_filled_in_and_shows_no_key(cast: Cast) -> None:
    page = cast.client(cast.bob).get("/w/lumen/currents/create/", {"into": "sandbox"})
    text = page.content.decode()
    assert "Everything → Amplitude sandbox" in text
    assert KEY not in text
    assert text.count('name="event"') >= 94
    assert text.count("checked") >= 40


def test_the_cards_stand_at_the_end_once_all_is_seen(cast: Cast) -> None:
    client = cast.client(cast.bob)
    assert "stories-wait" in client.get("/w/lumen/").content.decode()
    Visit.objects.create(
        workspace=cast.workspace, account=cast.bob, page=story.END, at=timezone.now()
    )
    text = client.get("/w/lumen/").content.decode()
    assert "stories-wait" not in text
    assert text.index('id="starred"') < text.index('id="stories"')


def test_a_viewer_follows_the_story_and_makes_nothing(cast: Cast) -> None:
    client = cast.client(cast.charlie)
    assert "<form" not in client.get(reverse("dashboard:story", args=["lumen"])).content.decode()
    for name in ("send_event", "event_flow"):
        assert client.post(reverse(f"dashboard:{name}", args=["lumen"])).status_code == 403


def test_invented_events_are_refused_where_no_sandbox_runs(cast: Cast, settings: Any) -> None:
    settings.RUN_FILE.unlink()
    client = cast.client(cast.alice)
    for name in ("send_event", "event_flow"):
        address = reverse(f"dashboard:{name}", args=["lumen"])
        assert client.post(address, {"on": "1"}).status_code == 404
    assert event_log.head(cast.workspace.pk) == 0


def flow(client: Client, on: bool) -> None:
    client.post(reverse("dashboard:event_flow", args=["lumen"]), {"on": "1" if on else "0"})


def test_the_flow_makes_a_few_events_a_second_until_it_is_switched_off(cast: Cast) -> None:
    client = cast.client(cast.bob)
    flow(client, True)
    began = EventFlow.objects.get().made_until
    assert demo_events.make_due(began + timedelta(seconds=5)) == 20
    assert demo_events.make_due(began + timedelta(seconds=5)) == 0
    assert demo_events.make_due(began + timedelta(seconds=7)) == 8
    assert event_log.head(cast.workspace.pk) == 28
    assert (
        "28 events so far"
        in client.get(reverse("dashboard:story", args=["lumen"])).content.decode()
    )
    flow(client, False)
    assert demo_events.make_due(timezone.now() + timedelta(minutes=1)) == 0


def test_the_flow_ends_by_itself_and_makes_up_for_little(cast: Cast) -> None:
    now = timezone.now()
    demo_events.switch_on(cast.workspace, now)
    made = demo_events.make_due(now + timedelta(hours=3))
    assert made == demo_events.MOST_AT_ONCE.total_seconds() * demo_events.PER_SECOND
    assert demo_events.make_due(now + timedelta(hours=4)) == 0
    assert demo_events.flow_of(cast.workspace, now + timedelta(hours=3)) is None


def test_the_periodic_job_does_nothing_in_production(
    cast: Cast, settings: Any, django_assert_num_queries: Any
) -> None:
    demo_events.switch_on(cast.workspace, timezone.now() - timedelta(seconds=5))
    settings.SANDBOX_ENABLED = False
    with django_assert_num_queries(0):
        make_demo_events()
    settings.SANDBOX_ENABLED = True
    make_demo_events()
    assert event_log.head(cast.workspace.pk) >= 20


def test_what_flows_is_of_known_types_and_of_several() -> None:
    now = datetime.fromisoformat("2026-05-12T12:00:00+00:00")
    made = demo_events.some_events(300, now - timedelta(minutes=1), now)
    kinds = {event.type for event in made}
    assert len(kinds) >= 6
    assert catalogue.unknown(kinds) == []
    assert len({event.id for event in made}) == 300
    assert [event.time_ms for event in made] == sorted(event.time_ms for event in made)


def test_the_demo_gets_its_live_current_once(cast: Cast) -> None:
    now = timezone.now()
    assert demo_current.launch(cast.workspace, KEY, now)
    assert not demo_current.launch(cast.workspace, KEY, now)
    current = Current.objects.get()
    assert (current.name, current.state) == (demo_current.NAME, State.ACTIVE)
    count(current)
    assert ledger.balance(current.pk).received == demo_current.FIRST_EVENTS


def test_a_current_that_was_deleted_is_not_made_anew(cast: Cast) -> None:
    launched(cast, state=State.DELETED)
    assert not demo_current.launch(cast.workspace, KEY, timezone.now())
