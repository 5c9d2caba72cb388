"""Pull syncs on screen: the story of a marketer, without a browser."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pyroaring import BitMap

from braze_partners.partners import tasks as project_tasks
from braze_partners.partners.models import AmplitudeProject, ProjectCheck, Verdict
from cohorts import bitmaps
from cohorts.models import ImportRun
from cohorts.syncing import tasks
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State
from cohorts.undoing import Undoable
from tests.cast import Cast
from tests.cohorts.factories import CohortFactory
from tests.partners.factories import AmplitudeProjectFactory, ProjectCheckFactory
from tests.people.factories import ProfileFactory
from tests.syncing.factories import PullScheduleFactory, SyncRunFactory

pytestmark = pytest.mark.django_db
SYNCS = "/w/lumen/cohorts/syncs/"
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)
LISTED = [{"id": "k3x9a7f2", "name": "High-intent shoppers", "size": 142_318, "archived": False}]
TYPED = {
    "cohort": "k3x9a7f2",
    "cadence": "hourly",
    "minute": "15",
    "time": "06:00",
    "time_zone": "Europe/Paris",
    "hold": "1",
    "hold_percent": "20",
    "email": "crm@lumen.example",
}


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that a worker was told of."""
    found: list[str] = []
    for task in (tasks.run_sync, project_tasks.run_project_check):
        monkeypatch.setattr(task, "apply_async", lambda args, _t=task, **_: found.append(_t.name))
    return found


@pytest.fixture
def project(cast: Cast) -> AmplitudeProject:
    now = datetime.now(UTC)
    made: AmplitudeProject = AmplitudeProjectFactory.create(
        workspace=cast.workspace,
        name="Lumen production",
        checked_at=now,
        check_verdict=Verdict.ACCEPTED,
        cohorts_seen=1,
    )
    ProjectCheckFactory.create(project=made, cohorts=LISTED)
    return made


def a_schedule(cast: Cast, project: AmplitudeProject, **fields: Any) -> PullSchedule:
    cohort = CohortFactory.create(workspace=cast.workspace, size=100)
    made: PullSchedule = PullScheduleFactory.create(cohort=cohort, project=project, **fields)
    return made


def page_of(cast: Cast, schedule: PullSchedule) -> str:
    path = f"/w/lumen/cohorts/{schedule.cohort_id}/"
    return cast.client(cast.bob).get(path).content.decode()


def test_a_cohort_of_the_list_is_scheduled(
    cast: Cast, project: AmplitudeProject, woken: list[str]
) -> None:
    client = cast.client(cast.bob)
    chosen = client.get(f"{SYNCS}new/").content.decode()
    assert "High-intent shoppers" in chosen and not woken
    form = client.get(f"{SYNCS}new/{project.pk}/", {"cohort": "k3x9a7f2"}).content.decode()
    assert "720 downloads a month" in form and "More than most plans allow" in form

    made = client.post(f"{SYNCS}new/{project.pk}/", TYPED, follow=True).content.decode()
    schedule = PullSchedule.objects.get()
    assert (schedule.minute, schedule.time_zone, schedule.hold_percent) == (15, "Europe/Paris", 20)
    assert "Hourly at :15, Europe/Paris" in made and "Sync now" in made
    assert "Pulled already" in client.get(f"{SYNCS}new/").content.decode()
    assert "Hourly at :15" in client.get(SYNCS).content.decode()


def test_one_time_begins_at_once(cast: Cast, project: AmplitudeProject, woken: list[str]) -> None:
    cast.client(cast.bob).post(f"{SYNCS}new/{project.pk}/", TYPED | {"cadence": "once"})
    assert SyncRun.objects.get().state == State.QUEUED and woken == ["syncing.run_sync"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"cadence": "weekly"}, "Choose one-time, hourly or daily."),
        ({"minute": "99"}, "A minute is a number from 0 to 59."),
        ({"minute": "²"}, "A minute is a number from 0 to 59."),
        ({"hold_percent": "²"}, "A share is a number from 0 to 100 percent."),
        ({"minute": "soon"}, "A minute is a number from 0 to 59."),
        ({"cadence": "daily", "time": "noon"}, "Enter a time such as 12:00."),
        ({"time_zone": "Mars/Base"}, "Choose a time zone from the list."),
        ({"hold_percent": "lots"}, "A share is a number from 0 to 100 percent."),
        ({"email": "nobody"}, "Enter an e-mail address."),
    ],
)
def test_what_can_not_be_scheduled_is_said(
    cast: Cast, project: AmplitudeProject, typed: dict[str, str], said: str
) -> None:
    answer = cast.client(cast.bob).post(f"{SYNCS}new/{project.pk}/", TYPED | typed)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not PullSchedule.objects.exists()


def test_the_list_is_asked_for_while_the_page_polls(cast: Cast, woken: list[str]) -> None:
    project = AmplitudeProjectFactory.create(workspace=cast.workspace)
    client = cast.client(cast.bob)
    page = client.get(f"{SYNCS}new/").content.decode()
    assert "Asking Amplitude for its cohorts" in page and "data-poll" in page
    assert woken == ["partners.run_project_check"]

    ProjectCheck.objects.update(
        state="done", verdict=Verdict.ACCEPTED, finished_at=NOW, cohorts=LISTED
    )
    found = client.get(f"{SYNCS}new/{project.pk}/list/", {"q": "HIGH"}).content.decode()
    assert "High-intent shoppers" in found and "data-poll" not in found
    nothing = client.get(f"{SYNCS}new/{project.pk}/list/", {"q": "x9z"}).content.decode()
    assert "No cohort matches" in nothing


def test_without_a_project_it_says_whom_to_ask(cast: Cast) -> None:
    assert "Ask an Admin" in cast.client(cast.bob).get(f"{SYNCS}new/").content.decode()
    assert "Add project" in cast.client(cast.alice).get(f"{SYNCS}new/").content.decode()


def test_a_held_change_is_shown_with_who_and_then_approved(
    cast: Cast, project: AmplitudeProject, woken: list[str]
) -> None:
    schedule = a_schedule(cast, project)
    leaving = ProfileFactory.create(workspace=cast.workspace, external_id="usr_leaving")
    run = SyncRunFactory.create(
        schedule=schedule,
        state=State.HELD,
        hold_reason=SyncRun.HoldReason.SHARE,
        hold_percent=20,
        size_before=100,
        added=2,
        removed=38,
        target_kept=True,
        target_bits=bitmaps.encode(BitMap()),
        removed_bits=bitmaps.encode(BitMap([leaving.number])),
    )
    page = page_of(cast, schedule)
    assert f"Sync {run.pk} would change 40.0% of the members." in page
    assert "The limit is 20%." in page and "Approve and apply…" in page
    who = cast.client(cast.bob).get(f"{SYNCS}runs/{run.pk}/").content.decode()
    assert "usr_leaving" in who

    cast.client(cast.bob).post(f"{SYNCS}runs/{run.pk}/act/approve/")
    run.refresh_from_db()
    assert run.state == State.APPLYING and woken == ["syncing.run_sync"]
    again = cast.client(cast.bob).post(f"{SYNCS}runs/{run.pk}/act/reject/", follow=True)
    assert "no longer waits for a decision" in again.content.decode()


def test_a_sync_at_work_polls_can_be_cancelled_and_then_reloads_the_page(
    cast: Cast, project: AmplitudeProject, woken: list[str]
) -> None:
    schedule = a_schedule(cast, project)
    client = cast.client(cast.bob)
    client.post(f"{SYNCS}{schedule.pk}/act/sync/")
    run = SyncRun.objects.get()
    assert "Waits for a worker." in page_of(cast, schedule) and woken == ["syncing.run_sync"]
    busy = client.post(f"{SYNCS}{schedule.pk}/act/dry-run/", follow=True).content.decode()
    assert "A sync of this cohort is at work." in busy

    client.post(f"{SYNCS}runs/{run.pk}/act/cancel/")
    over = client.get(f"{SYNCS}runs/{run.pk}/progress/")
    assert over.status_code == 204 and over.headers["HX-Refresh"] == "true"
    assert "Cancelled" in page_of(cast, schedule)


def test_a_dry_run_is_shown_and_applied_or_discarded(
    cast: Cast, project: AmplitudeProject, woken: list[str]
) -> None:
    schedule = a_schedule(cast, project)
    run = SyncRunFactory.create(
        schedule=schedule,
        mode=SyncRun.Mode.DRY_RUN,
        state=State.COMPLETED,
        added=1_204,
        removed=961,
        target_kept=True,
        target_bits=bitmaps.encode(BitMap()),
        finished_at=NOW,
    )
    assert "Would add" in page_of(cast, schedule) and "+1,204" in page_of(cast, schedule)
    cast.client(cast.bob).post(f"{SYNCS}runs/{run.pk}/act/discard/")
    assert "Would add" not in page_of(cast, schedule)


def test_a_schedule_is_paused_resumed_changed_and_ended(
    cast: Cast, project: AmplitudeProject
) -> None:
    schedule = a_schedule(cast, project)
    client = cast.client(cast.bob)
    client.post(f"{SYNCS}{schedule.pk}/act/pause/")
    assert "Paused by a person" in page_of(cast, schedule)
    client.post(f"{SYNCS}{schedule.pk}/act/resume/")
    changed = client.post(f"{SYNCS}{schedule.pk}/edit/", TYPED | {"cadence": "daily"}, follow=True)
    assert "Daily at 06:00, Europe/Paris" in changed.content.decode()
    assert client.post(f"{SYNCS}{schedule.pk}/act/nonsense/").status_code == 404
    client.post(f"{SYNCS}{schedule.pk}/end/")
    assert not PullSchedule.objects.exists()
    assert "Not pulled by a schedule" in page_of(cast, schedule)


def test_a_failing_sync_says_since_when_and_why(cast: Cast, project: AmplitudeProject) -> None:
    schedule = a_schedule(cast, project, failing_since=NOW)
    words = "Amplitude refuses the project’s keys (401)."
    SyncRunFactory.create(schedule=schedule, state=State.FAILED, error=words, finished_at=NOW)
    page = page_of(cast, schedule)
    assert "The sync has been failing since" in page and words in page


def test_nothing_to_undo_is_said(cast: Cast, project: AmplitudeProject) -> None:
    schedule = a_schedule(cast, project)
    answer = cast.client(cast.bob).get(f"{SYNCS}undo/{schedule.cohort_id}/", follow=True)
    assert "Nothing has changed this cohort yet." in answer.content.decode()


def test_a_viewer_sees_and_may_not_act(cast: Cast, project: AmplitudeProject) -> None:
    schedule = a_schedule(cast, project)
    client = cast.client(cast.charlie)
    page = client.get(f"/w/lumen/cohorts/{schedule.cohort_id}/").content.decode()
    assert "Scheduled sync" in page and "Sync now" not in page
    assert client.post(f"{SYNCS}{schedule.pk}/act/sync/").status_code == 403


def test_a_project_with_syncs_is_not_deleted(cast: Cast, project: AmplitudeProject) -> None:
    a_schedule(cast, project)
    path = f"/w/lumen/settings/amplitude-projects/{project.pk}/"
    said = cast.client(cast.alice).post(f"{path}delete/", follow=True).content.decode()
    assert "Not deleted" in said and AmplitudeProject.objects.filter(pk=project.pk).exists()


def test_the_pages_ask_as_often_for_many_syncs_as_for_few(
    cast: Cast, project: AmplitudeProject
) -> None:
    client = cast.client(cast.bob)

    def queries(more: int) -> int:
        for _n in range(more):
            schedule = a_schedule(cast, project)
            SyncRunFactory.create(schedule=schedule, state=State.COMPLETED, finished_at=NOW)
        client.get(SYNCS)
        with CaptureQueriesContext(connection) as seen:
            client.get(SYNCS)
        return len(seen)

    few = queries(2)
    assert queries(8) == few <= 15


def test_the_last_pull_is_undone_after_its_preview(
    cast: Cast, project: AmplitudeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = a_schedule(cast, project)
    found = Undoable(ImportRun.Kind.PULL, 1, 1, 1, 961, 1_204)
    monkeypatch.setattr("cohorts.undoing.preview", lambda *_: found)
    page = cast.client(cast.bob).get(f"{SYNCS}undo/{schedule.cohort_id}/").content.decode()
    assert "+961" in page and "The schedule is paused with it" in page


def test_the_page_of_a_cohort_asks_as_often_for_many_runs_as_for_few(
    cast: Cast, project: AmplitudeProject
) -> None:
    schedule = a_schedule(cast, project)
    held = {"hold_reason": SyncRun.HoldReason.SHARE, "hold_percent": 20, "size_before": 9}
    SyncRunFactory.create(schedule=schedule, state=State.HELD, **held)
    client = cast.client(cast.bob)

    def queries(more: int) -> int:
        for _n in range(more):
            SyncRunFactory.create(schedule=schedule, state=State.COMPLETED, finished_at=NOW)
            SyncRunFactory.create(
                schedule=schedule, mode=SyncRun.Mode.DRY_RUN, state=State.COMPLETED
            )
        client.get(f"/w/lumen/cohorts/{schedule.cohort_id}/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/w/lumen/cohorts/{schedule.cohort_id}/")
        return len(seen)

    few = queries(2)
    assert queries(8) == few
    assert few <= 15
