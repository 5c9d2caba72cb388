"""Pull syncs where rooms meet: what needs attention, the partner's page, the demo."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from braze_partners.dashboard import demo_sync
from braze_partners.dashboard.attention_syncs import sync_items
from braze_partners.partners.models import AmplitudeProject
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State
from tests.cast import Cast
from tests.syncing.factories import PullScheduleFactory, SyncRunFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)


def a_schedule(cast: Cast, **fields: object) -> PullSchedule:
    project = AmplitudeProject.objects.filter(workspace=cast.workspace).first()
    fields = {"project": project} | fields if project else fields
    made: PullSchedule = PullScheduleFactory.create(cohort__workspace=cast.workspace, **fields)
    return made


def test_held_changes_and_failing_syncs_need_attention(cast: Cast) -> None:
    schedule = a_schedule(cast)
    SyncRunFactory.create(
        schedule=schedule,
        state=State.HELD,
        hold_reason=SyncRun.HoldReason.SHARE,
        hold_percent=20,
        size_before=100,
        removed=38,
    )
    SyncRunFactory.create(state=State.HELD)
    failing = a_schedule(cast, failing_since=NOW)
    a_schedule(cast, failing_since=NOW, paused_at=NOW)
    held, fails = sync_items(cast.workspace, timezone.now())

    assert held.title == f"A change of {schedule.cohort.label} waits for approval"
    assert "nothing has been changed" in str(held.facts)
    assert held.url == f"/w/lumen/cohorts/{schedule.cohort_id}/"
    assert fails.title == f"The sync of {failing.cohort.label} fails"


def test_attention_asks_as_often_for_many(cast: Cast) -> None:
    for _n in range(3):
        schedule = a_schedule(cast, failing_since=NOW)
        SyncRunFactory.create(schedule=schedule, state=State.HELD)
    with CaptureQueriesContext(connection) as seen:
        assert len(sync_items(cast.workspace, NOW)) == 6
    assert len(seen) == 1


def test_the_page_of_amplitude_shows_syncs_and_others_do_not(cast: Cast) -> None:
    client = cast.client(cast.bob)
    empty = client.get("/w/lumen/partners/amplitude/beside/").content.decode()
    assert "No cohort is pulled yet" in empty and "Currents exports" in empty
    schedule = a_schedule(cast, minute=15)
    page = client.get("/w/lumen/partners/amplitude/beside/").content.decode()
    assert schedule.cohort.name in page and "Hourly at :15" in page
    assert "amplitude/beside/" in client.get("/w/lumen/partners/amplitude/").content.decode()
    assert "Scheduled cohort syncs" not in client.get("/w/lumen/partners/heap/").content.decode()
    assert client.get("/w/lumen/partners/heap/beside/").status_code == 404


def test_the_demo_pulls_a_cohort_of_the_sandbox_once(cast: Cast) -> None:
    run = demo_sync.schedule(cast.workspace, "a" * 32, "s" * 32, NOW)
    assert run is not None and run.state == State.QUEUED
    assert run.cohort.label == "[Amplitude] Power users EU: w20cc4sn"
    assert demo_sync.schedule(cast.workspace, "a" * 32, "s" * 32, NOW) is None
