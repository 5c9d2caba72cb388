"""What people and the clock do with pulls: from the schedule to the run and its moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import AuditEntry
from cohorts.models import Cohort
from cohorts.syncing import acts, schedules
from cohorts.syncing.errors import ScheduleRefused, SyncRefused
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.schedules import Remote, Timing
from cohorts.syncing.states import MOVES, State
from tests.syncing.factories import (
    NOW,
    AmplitudeProjectFactory,
    PullScheduleFactory,
    SyncRunFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
ACTOR = Actor(text="tests")
HOUR = timedelta(hours=1)


def test_a_schedule_makes_its_cohort_and_is_due_at_its_minute() -> None:
    project = AmplitudeProjectFactory.create()
    timing = Timing("hourly", minute=15, time_zone="Asia/Kolkata", email="a@lumen.example")
    made = schedules.schedule(
        project.workspace, project, Remote("k3x9a7f2", "Shoppers"), timing, ACTOR, NOW
    )
    assert made.cohort.label == "[Amplitude] Shoppers: k3x9a7f2"
    assert made.next_due_at == NOW.replace(minute=45)
    assert AuditEntry.objects.filter(action="cohort.pull_scheduled").count() == 1


def test_a_schedule_joins_the_cohort_that_was_pushed() -> None:
    project = AmplitudeProjectFactory.create()
    pushed = Cohort.objects.create(
        workspace=project.workspace,
        partner="amplitude",
        cohort_id="pushed01",
        name="By push",
        first_received_at=NOW,
    )
    made = schedules.schedule(
        project.workspace, project, Remote("pushed01", "Other"), Timing(), ACTOR, NOW
    )
    assert made.cohort == pushed and made.next_due_at == NOW


@pytest.mark.parametrize(
    ("timing", "field"),
    [
        (Timing("weekly"), "cadence"),
        (Timing(minute=60), "minute"),
        (Timing(hour=24), "hour"),
        (Timing(time_zone="Mars/Olympus"), "time_zone"),
        (Timing(hold_percent=101), "hold_percent"),
        (Timing(email="nobody"), "email"),
    ],
)
def test_what_no_schedule_may_be_is_said_by_field(timing: Timing, field: str) -> None:
    project = AmplitudeProjectFactory.create()
    with pytest.raises(ScheduleRefused) as refused:
        schedules.schedule(project.workspace, project, Remote("k3x9a7f2"), timing, ACTOR, NOW)
    assert list(refused.value.problems) == [field]
    assert not PullSchedule.objects.exists() and not Cohort.objects.exists()


def test_a_project_of_another_workspace_is_refused() -> None:
    project, other = AmplitudeProjectFactory.create(), AmplitudeProjectFactory.create()
    with pytest.raises(ScheduleRefused) as refused:
        schedules.schedule(other.workspace, project, Remote("k3x9a7f2"), Timing(), ACTOR, NOW)
    assert "project" in refused.value.problems


def test_a_cohort_is_pulled_by_one_schedule() -> None:
    schedule = PullScheduleFactory.create()
    with pytest.raises(ScheduleRefused) as refused:
        schedules.schedule(
            schedule.workspace, schedule.project, Remote(schedule.remote_id), Timing(), ACTOR, NOW
        )
    assert "remote" in refused.value.problems


def test_what_is_due_is_started_once_and_books_its_next() -> None:
    schedule = PullScheduleFactory.create(minute=0, next_due_at=NOW - 5 * HOUR)
    assert schedules.due(NOW) == [schedule.pk]
    run = acts.start_due(schedule.pk, NOW)
    assert run is not None and run.state == State.QUEUED and run.scheduled
    assert acts.start_due(schedule.pk, NOW) is None
    schedule.refresh_from_db()
    assert schedule.next_due_at == NOW.replace(hour=4, minute=0)
    assert schedules.due(NOW) == []


def test_one_that_is_due_while_another_is_at_work_is_skipped() -> None:
    schedule = PullScheduleFactory.create(next_due_at=NOW)
    acts.sync(schedule, ACTOR, NOW)
    run = acts.start_due(schedule.pk, NOW)
    assert run is not None and run.state == State.SKIPPED and run.finished_at == NOW
    assert run.error


def test_nothing_of_an_archived_cohort_is_due() -> None:
    PullScheduleFactory.create(next_due_at=NOW, cohort__archived_at=NOW)
    assert schedules.due(NOW) == []


def test_a_pause_makes_up_for_nothing() -> None:
    schedule = PullScheduleFactory.create(next_due_at=NOW, minute=30)
    schedules.pause(schedule, ACTOR, NOW)
    assert schedule.is_paused and schedules.due(NOW) == []
    schedules.go_on(schedule, ACTOR, NOW + HOUR)
    assert schedule.next_due_at == NOW.replace(hour=4, minute=30)


def test_of_a_cohort_one_sync_is_at_work() -> None:
    schedule = PullScheduleFactory.create()
    acts.sync(schedule, ACTOR, NOW)
    for again in (acts.sync, acts.dry_run, acts.resync):
        with pytest.raises(SyncRefused):
            again(schedule, ACTOR, NOW)
    assert SyncRun.objects.count() == 1


def _schedule(run: SyncRun) -> PullSchedule:
    assert run.schedule is not None
    return run.schedule


def test_the_next_due_one_supersedes_what_is_held() -> None:
    held = SyncRunFactory.create(state=State.HELD, target_kept=True, target_bits=b"bits")
    PullSchedule.objects.update(next_due_at=NOW)
    acts.start_due(_schedule(held).pk, NOW)
    held.refresh_from_db()
    assert held.state == State.SUPERSEDED and held.finished_at == NOW
    assert held.target_bits is None and not held.target_kept


def test_a_dry_run_leaves_what_is_held() -> None:
    held = SyncRunFactory.create(state=State.HELD)
    acts.dry_run(_schedule(held), ACTOR, NOW)
    held.refresh_from_db()
    assert held.state == State.HELD


def test_what_is_held_is_approved_or_rejected_once() -> None:
    held = SyncRunFactory.create(state=State.HELD)
    acts.approve(held, ACTOR, NOW)
    assert held.state == State.APPLYING and held.due_at == NOW
    for again in (acts.approve, acts.reject, acts.cancel):
        with pytest.raises(SyncRefused):
            again(held, ACTOR, NOW)
    other = SyncRunFactory.create(state=State.HELD, target_kept=True)
    acts.reject(other, ACTOR, NOW)
    assert other.state == State.REJECTED and not other.target_kept


def test_nothing_is_approved_while_another_is_at_work() -> None:
    held = SyncRunFactory.create(state=State.HELD)
    acts.dry_run(_schedule(held), ACTOR, NOW)
    with pytest.raises(SyncRefused):
        acts.approve(held, ACTOR, NOW)
    held.refresh_from_db()
    assert held.state == State.HELD


@pytest.mark.parametrize("state", list(State))
def test_only_what_applies_nothing_yet_can_be_cancelled(state: State) -> None:
    run = SyncRunFactory.create(state=state)
    if State.CANCELLED in MOVES.get(state, frozenset()):
        acts.cancel(run, ACTOR, NOW)
        assert run.state == State.CANCELLED and run.finished_at == NOW and run.due_at is None
    else:
        with pytest.raises(SyncRefused):
            acts.cancel(run, ACTOR, NOW)


def test_a_dry_run_is_applied_or_discarded_once() -> None:
    dry = SyncRunFactory.create(
        mode=SyncRun.Mode.DRY_RUN, state=State.COMPLETED, target_kept=True, target_bits=b"bits"
    )
    made = acts.apply_dry_run(dry, ACTOR, NOW)
    assert made.state == State.APPLYING and bytes(made.target_bits or b"") == b"bits"
    assert made.from_run == dry and not dry.can_be_applied
    for again in (acts.apply_dry_run, acts.discard):
        with pytest.raises(SyncRefused):
            again(dry, ACTOR, NOW)
