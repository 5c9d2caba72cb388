"""The limits of a project's API are kept over runs, workspaces and restarts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cohorts.syncing import allowance
from cohorts.syncing.limits import DOWNLOADS_AT_ONCE, REQUEST_WINDOW, REQUESTS_AT_ONCE
from cohorts.syncing.models import ProjectCall, SyncRun
from cohorts.syncing.states import State
from tests.syncing.factories import (
    NOW,
    AmplitudeProjectFactory,
    PullScheduleFactory,
    SyncRunFactory,
)
from tests.syncing.world import ACTOR, World

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
REQUEST, DOWNLOAD = ProjectCall.Kind.REQUEST, ProjectCall.Kind.DOWNLOAD
SECOND = timedelta(seconds=1)


def test_sixty_requests_go_in_ten_minutes_and_the_next_waits_for_the_first() -> None:
    run = SyncRunFactory.create()
    for count in range(60):
        assert allowance.take(run, "key", REQUEST, NOW + count * SECOND) is None
        allowance.end(run.pk, NOW + count * SECOND)
    later = NOW + 60 * SECOND
    assert allowance.take(run, "key", REQUEST, later) == NOW + REQUEST_WINDOW
    assert allowance.take(run, "another key", REQUEST, later) is None
    assert allowance.take(run, "key", REQUEST, NOW + REQUEST_WINDOW) is None


@pytest.mark.parametrize(("kind", "most"), [(REQUEST, REQUESTS_AT_ONCE), (DOWNLOAD, 5)])
def test_only_so_many_are_at_work_at_once(kind: ProjectCall.Kind, most: int) -> None:
    assert DOWNLOADS_AT_ONCE == 5 and REQUESTS_AT_ONCE == 4
    runs = [SyncRunFactory.create() for _ in range(most + 1)]
    for run in runs[:most]:
        assert allowance.take(run, "key", kind, NOW) is None
    assert allowance.take(runs[-1], "key", kind, NOW) is not None
    allowance.end(runs[0].pk, NOW)
    assert allowance.take(runs[-1], "key", kind, NOW) is None


def test_a_killed_workers_place_comes_free_and_its_run_has_no_two() -> None:
    run, *others = [SyncRunFactory.create() for _ in range(DOWNLOADS_AT_ONCE)]
    for _ in range(3):
        assert allowance.take(run, "key", DOWNLOAD, NOW) is None
    for other in others:
        assert allowance.take(other, "key", DOWNLOAD, NOW) is None
    late = NOW + allowance.LASTS[DOWNLOAD] + SECOND
    assert allowance.take(SyncRunFactory.create(), "key", DOWNLOAD, late) is None


def test_what_a_key_has_used_is_shown_over_all_workspaces() -> None:
    schedule = PullScheduleFactory.create(cadence="hourly")
    other = AmplitudeProjectFactory.create(fingerprint=schedule.project.fingerprint)
    PullScheduleFactory.create(project=other, cadence="daily")
    PullScheduleFactory.create(project=other, cadence="hourly", paused_at=NOW)
    run = SyncRunFactory.create(schedule=schedule)
    for moment in (NOW, NOW, NOW - timedelta(days=20)):
        allowance.take(run, schedule.project.fingerprint, DOWNLOAD, moment)
    used = allowance.usage(other, NOW)
    assert (used.downloads_this_month, used.downloads_per_month) == (2, 500)
    assert (used.requests_in_window, used.requests_per_window) == (0, 60)
    assert used.scheduled == 24 * 30 + 30


def test_a_run_waits_its_turn_and_counts_no_failure(world: World) -> None:
    from cohorts.syncing import acts, engine

    fingerprint = world.schedule.project.fingerprint
    others = [SyncRunFactory.create(state=State.REQUESTING) for _ in range(REQUESTS_AT_ONCE)]
    for other in others:
        allowance.take(other, fingerprint, REQUEST, world.now)
    world.amplitude.ids = ["u1"]
    run = acts.sync(world.schedule, ACTOR, world.now)
    engine.run(run.pk, world.clock)
    run.refresh_from_db()
    assert (run.state, run.waiting_for, run.attempts) == (State.REQUESTING, "limit", 0)
    assert world.amplitude.seen == [] and run.due_at is not None and run.lease_until is None
    allowance.end(others[0].pk, world.now)
    assert world.finish(run).state == State.COMPLETED


def test_whoever_ends_gives_back_what_it_had_at_work(world: World) -> None:
    from cohorts.syncing import acts, engine

    world.amplitude.polls = 3
    run = acts.sync(world.schedule, ACTOR, world.now)
    engine.run(run.pk, world.clock)
    assert ProjectCall.objects.filter(run=run, ended_at=None).count() == 1
    acts.cancel(SyncRun.objects.get(pk=run.pk), ACTOR, world.now)
    assert not ProjectCall.objects.filter(ended_at=None).exists()
