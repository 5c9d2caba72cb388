"""Currents that need somebody: in the bell, on the home page, on the navigation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from braze_partners.dashboard.attention import attention_items
from braze_partners.dashboard.searching import search_workspace
from braze_partners.workspaces.models import Member
from currents.fates import Fate
from currents.models import Current, Refusal
from currents.states import State
from currents.trouble import troubles
from tests.cast import Cast
from tests.currents.factories import (
    CredentialFailureFactory,
    CurrentFactory,
    DroppedRangeFactory,
    LedgerEntryFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

NOW = timezone.now()


def stopped(cast: Cast, **fields: Any) -> Any:
    current = CurrentFactory.create(workspace=cast.workspace, state=State.STOPPED, **fields)
    CredentialFailureFactory.create(current=current, began_at=NOW - timedelta(hours=35, minutes=14))
    return current


def items(cast: Cast) -> Any:
    member = Member.objects.get(workspace=cast.workspace, account=cast.charlie)
    return attention_items(cast.workspace, member, NOW)


def test_a_refused_key_says_how_long_events_are_safe(cast: Cast) -> None:
    current = stopped(cast, name="Lifecycle EU")
    LedgerEntryFactory.create(
        current=current,
        minute=NOW - timedelta(hours=35, minutes=14),
        fate=Fate.WAITING,
        count=441_907,
    )
    (item,) = items(cast)
    assert item.title == "Lifecycle EU has stopped: Amplitude refuses its API key"
    assert item.facts.startswith("441,907 events wait · dropping starts in 12\u00a0h 46\u00a0min (")
    assert item.action == "Enter new key"
    assert item.url.endswith(f"/currents/{current.pk}/#new-key")


def test_each_kind_of_trouble_has_its_own_words(cast: Cast) -> None:
    dropping = stopped(cast, name="Drops")
    dropping.state = State.DROPPING
    dropping.save()
    walled = CurrentFactory.create(workspace=cast.workspace, name="Walled", state=State.STOPPED)
    CredentialFailureFactory.create(current=walled, kind=Refusal.FORBIDDEN)
    CurrentFactory.create(
        workspace=cast.workspace,
        name="Out",
        state=State.FAILING,
        failing_since=NOW - timedelta(minutes=11),
    )
    assert {(item.title, item.tone, item.action) for item in items(cast)} == {
        ("Drops drops events: its key has been refused for too long", "red", "Enter new key"),
        ("Walled has stopped: Amplitude answers 403 Forbidden", "red", "Open the Current"),
        ("Out can’t reach Amplitude", "amber", "See attempts"),
    }


def test_a_paused_current_needs_someone_once_its_events_are_five_days_old(cast: Cast) -> None:
    paused = CurrentFactory.create(workspace=cast.workspace, name="Pilot", state=State.PAUSED)
    waits = {"current": paused, "fate": Fate.WAITING, "count": 8_204}
    LedgerEntryFactory.create(minute=NOW - timedelta(days=4, hours=23), **waits)
    assert troubles(cast.workspace, NOW) == []
    LedgerEntryFactory.create(minute=NOW - timedelta(days=5, hours=4), **waits)
    (item,) = items(cast)
    assert item.title == "Pilot is paused, and its events grow old"
    assert item.facts == "16,408 events wait · the oldest for 5\u00a0d 4\u00a0h"


def test_the_worst_come_first_and_say_how_many_were_dropped(cast: Cast) -> None:
    stopped(cast, name="Stops")
    dropping = stopped(cast, name="Drops")
    Current.objects.filter(pk=dropping.pk).update(state=State.DROPPING)
    DroppedRangeFactory.create(current=dropping, count=12_410)
    DroppedRangeFactory.create(current=dropping, count=99, at=NOW - timedelta(days=9))
    found = troubles(cast.workspace, NOW)
    assert [(one.current.name, one.dropped) for one in found] == [("Drops", 12_410), ("Stops", 0)]


def test_a_short_outage_an_active_and_a_deleted_one_need_nobody(cast: Cast) -> None:
    for fields in (
        {"state": State.FAILING, "failing_since": NOW - timedelta(minutes=2)},
        {"state": State.ACTIVE},
        {"state": State.PAUSED},
        {"state": State.DELETED},
    ):
        CurrentFactory.create(workspace=cast.workspace, **fields)
    CurrentFactory.create(workspace=cast.other_workspace, state=State.STOPPED)
    assert troubles(cast.workspace, NOW) == []


def test_the_queries_do_not_grow_with_the_troubles(cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            troubles(cast.workspace, NOW)
        return len(caught)

    stopped(cast)
    one = queries()
    for _ in range(5):
        stopped(cast)
    assert queries() == one == 1


def test_the_navigation_carries_their_number(cast: Cast) -> None:
    client = cast.client(cast.charlie)
    assert "nav-badge" not in client.get("/w/lumen/").content.decode()
    stopped(cast), stopped(cast)
    page = client.get("/w/lumen/").content.decode()
    badge = page.split('class="nav-badge">')[1]
    assert badge.startswith("2") and "need attention" in badge[:80]


def test_the_header_finds_a_current_by_its_name(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, name="Lifecycle EU")
    (group,) = search_workspace(cast.workspace, "lifecycle")
    assert [(hit.title, hit.note) for hit in group.found] == [("Lifecycle EU", "Active")]
    assert group.found[0].url.endswith(f"/currents/{current.pk}/")
