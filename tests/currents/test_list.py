"""The list of Currents and what is done to a whole one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from braze_partners.workspaces.models import AuditEntry
from currents import editing
from currents.fates import Fate
from currents.models import Current, Lane
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import API_KEY, CurrentFactory, LedgerEntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def at(name: str, *args: Any) -> str:
    return reverse(f"currents:{name}", args=["lumen", *args])


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


@pytest.fixture
def bob(cast: Cast) -> Client:
    return cast.client(cast.bob)


def make(cast: Cast, **fields: Any) -> Current:
    return CurrentFactory.create(workspace=cast.workspace, **fields)


def test_a_workspace_without_currents_says_what_they_are_for(cast: Cast, bob: Client) -> None:
    assert "No Current yet" in text(bob.get(at("list")))
    assert "Create Amplitude Export" in text(bob.get(at("list")))
    assert "Create" not in text(cast.client(cast.charlie).get(at("list"))).split("<main")[1]


def test_the_list_shows_state_counts_and_the_latest_delivery(cast: Cast, bob: Client) -> None:
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    current = make(cast, name="Engagement")
    Lane.objects.filter(current=current, lane=7).update(delivered_at=now)
    LedgerEntryFactory.create(current=current, minute=minute - timedelta(hours=2), count=1_200)
    LedgerEntryFactory.create(
        current=current, minute=minute - timedelta(hours=3), fate=Fate.RETRIED, count=34
    )
    LedgerEntryFactory.create(current=current, minute=minute - timedelta(hours=30), count=50_000)
    LedgerEntryFactory.create(
        current=current, minute=minute - timedelta(hours=40), fate=Fate.WAITING, count=77
    )
    make(cast, name="Drafted", draft=True)
    page = text(bob.get(at("list")))
    assert "2 Currents Integrations created" in page
    assert "1,234" in page and "77" in page and "Today" in page
    assert "Active" in page and "Draft" in page and "sparkline" in page


def test_the_other_types_stand_greyed(bob: Client) -> None:
    page = text(bob.get(at("list")))
    assert page.count("not available") == 4
    assert "Amazon S3" in page


def test_the_list_is_searched_by_name(cast: Cast, bob: Client) -> None:
    make(cast, name="Alpha"), make(cast, name="Beta")
    page = text(bob.get(at("list"), {"q": "alph"}))
    assert ">Alpha</a>" in page and ">Beta</a>" not in page
    assert "1 Currents Integration created" in page
    assert "No Current matches" in text(bob.get(at("list"), {"q": "gamma"}))


def test_a_page_costs_the_same_queries_with_many_currents(cast: Cast, bob: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            text(bob.get(at("list")))
        return len(caught)

    make(cast)
    queries()
    one = queries()
    for _ in range(12):
        make(cast)
    assert queries() == one <= 15


def test_currents_of_others_and_deleted_ones_are_not_listed(cast: Cast, bob: Client) -> None:
    CurrentFactory.create(workspace=cast.other_workspace, name="Theirs")
    make(cast, name="Gone", state=State.DELETED)
    page = text(bob.get(at("list")))
    assert "Theirs" not in page and "Gone" not in page
    assert "0 Currents Integrations created" in page


def test_pausing_and_resuming_lead_back_to_where_one_was(cast: Cast, bob: Client) -> None:
    current = make(cast, name="Alpha")
    here = at("list") + "?q=alpha"
    assert bob.post(at("pause", current.pk), {"back": here})["Location"] == here
    current.refresh_from_db()
    assert current.state == State.PAUSED
    answer = bob.post(at("resume", current.pk), {"back": "https://elsewhere.example/"})
    assert answer["Location"] == at("detail", current.pk)
    current.refresh_from_db()
    assert current.state == State.ACTIVE
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert actions == [("current.paused", cast.bob.pk), ("current.resumed", cast.bob.pk)]


def test_a_move_that_came_too_late_changes_nothing_and_says_so(cast: Cast, bob: Client) -> None:
    current = make(cast, name="Alpha", state=State.PAUSED)
    page = text(bob.post(at("pause", current.pk), {"back": at("list")}, follow=True))
    assert "Nothing was changed: “Alpha” is in the state Paused by now." in page
    assert not AuditEntry.objects.exists()


def test_a_complete_draft_is_launched_from_the_list(cast: Cast, bob: Client) -> None:
    current = make(cast, draft=True)
    bob.post(at("launch", current.pk), {"back": at("list")})
    current.refresh_from_db()
    assert current.state == State.ACTIVE
    answer = bob.post(at("launch", current.pk), follow=True)
    assert "Nothing was changed" in text(answer)


def test_a_draft_that_lacks_something_is_opened_with_what_it_lacks(cast: Cast, bob: Client) -> None:
    current = make(cast, draft=True, event_types=[])
    answer = bob.post(at("launch", current.pk))
    assert answer["Location"] == f"{at('edit', current.pk)}?missing=1"
    assert "Select at least one event type." in text(bob.get(answer["Location"]))


def test_a_new_key_is_entered_and_its_hidden_characters_are_said(cast: Cast, bob: Client) -> None:
    due = timezone.now() + timedelta(minutes=3)
    current = make(cast, state=State.STOPPED, due_at=due)
    key = "b9c2" + "1" * 24 + "52e8"
    page = text(bob.post(at("key", current.pk), {"api_key": f" {key}\u200b"}, follow=True))
    assert "The new key is stored. 2 hidden characters were removed" in page
    assert key not in page
    current.refresh_from_db()
    assert editing.stored_key(current) == key
    assert current.due_at is not None and current.due_at < due


def test_what_is_no_key_is_refused(cast: Cast, bob: Client) -> None:
    current = make(cast, state=State.STOPPED)
    page = text(bob.post(at("key", current.pk), {"api_key": "\u200b"}, follow=True))
    assert "Only hidden characters were entered." in page
    current.refresh_from_db()
    assert editing.stored_key(current) == API_KEY


def test_only_an_admin_deletes_and_the_key_is_forgotten(cast: Cast, bob: Client) -> None:
    current = make(cast)
    assert bob.post(at("delete", current.pk)).status_code == 403
    assert f'id="delete-{current.pk}"' not in text(bob.get(at("list")))
    alice = cast.client(cast.alice)
    assert f'id="delete-{current.pk}"' in text(alice.get(at("list")))
    assert alice.post(at("delete", current.pk))["Location"] == at("list")
    current.refresh_from_db()
    assert (current.state, current.api_key, current.api_key_hint) == (State.DELETED, None, "")
    assert alice.post(at("delete", current.pk)).status_code == 404
    assert alice.get(at("edit", current.pk)).status_code == 404


def test_a_viewer_sees_and_touches_nothing(cast: Cast) -> None:
    current = make(cast, name="Alpha")
    viewer = cast.client(cast.charlie)
    page = text(viewer.get(at("list")))
    assert "Alpha" in page and "Actions for" not in page
    for name in ("edit", "pause", "resume", "launch", "key", "test", "delete"):
        assert viewer.post(at(name, current.pk)).status_code == 403, name
    assert viewer.get(at("create")).status_code == 403
