"""A pull from queued to its end: what is applied, held, stored, retried, given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from werkzeug import Response

from braze_partners.people.models import Profile
from braze_partners.workspaces.models import Workspace
from cohorts import skipped
from cohorts.models import ImportRun
from cohorts.syncing import acts, engine, mailing
from cohorts.syncing.errors import SyncRefused
from cohorts.syncing.limits import POLL_DELAYS, RETRY_DELAYS
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State
from tests.syncing.world import ACTOR, REMOTE, World, always, once

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def test_a_first_pull_fills_the_cohort(world: World) -> None:
    run = world.sync("u1", "u2", "u3")
    assert run.state == State.COMPLETED, run.error
    assert world.members() == world.numbers("u1", "u2", "u3")
    assert (run.received, run.added, run.removed, run.unchanged, run.skipped) == (3, 3, 0, 0, 0)
    assert world.amplitude.seen == ["request", "status", "file"]
    assert not run.target_kept and run.target_bits is None and run.lease_until is None
    assert run.import_run == world.last_pull()


def test_the_next_one_applies_the_difference_only(world: World) -> None:
    world.schedule.hold_percent = None
    world.schedule.save()
    world.sync("u1", "u2", "u3")
    run = world.sync("u2", "u3", "u4", "u5", "u3", "ghost")
    assert world.members() == world.numbers("u2", "u3", "u4", "u5")
    assert run.state == State.WITH_SKIPS
    assert (run.received, run.added, run.removed, run.unchanged, run.skipped) == (6, 2, 1, 3, 1)
    assert (run.size_before, run.size_after) == (3, 4)
    applied = world.last_pull()
    assert applied.received == applied.added + applied.unchanged + applied.skipped == 6
    assert (applied.removed, applied.size_after, applied.kind) == (1, 4, ImportRun.Kind.PULL)


def test_a_zipped_file_and_a_list_that_takes_long_are_waited_for(world: World) -> None:
    world.amplitude.zipped, world.amplitude.polls = True, 3
    began = world.now
    assert world.sync("u1").state == State.COMPLETED
    assert world.now - began == timedelta(seconds=sum(POLL_DELAYS[:3]))


def test_members_without_an_external_id_stay(world: World) -> None:
    world.partner.users([{"user_ids": ["u1"], "device_ids": ["x0", "x1"]}], cohort_id=REMOTE)
    run = world.sync("u2")
    anonymous = set(world.partner.anonymous[:2])
    assert world.members() == world.numbers("u2") | anonymous
    assert (run.added, run.removed) == (1, 1)


def test_rows_without_a_user_id_are_told_apart(world: World) -> None:
    run = world.sync("u1", "", "")
    assert (run.rows, run.nameless, run.received) == (3, 2, 1)


def test_unknown_ids_are_listed_and_a_later_pull_lists_what_is_new(world: World) -> None:
    world.sync("u1", "ghost", "ghost")
    assert world.last_pull().skipped_unknown == 1 and world.last_pull().unchanged == 1
    first = skipped.unpack(world.last_pull().skipped_list)
    world.sync("u1", "ghost", "spectre")
    second = skipped.unpack(world.last_pull().skipped_list)
    assert [entry.identifier for entry in first] == ["ghost"]
    assert [entry.identifier for entry in second] == ["spectre"]
    assert world.last_pull().skipped_unknown == 2


def test_unknown_people_are_created_where_the_workspace_wants_it(world: World) -> None:
    Workspace.objects.update(create_unknown_users=True)
    run = world.sync("u1", "new-1", "new-2", "n" * 10_000)
    assert Profile.objects.filter(external_id__in=["new-1", "new-2"]).count() == 2
    assert (run.state, run.added, run.skipped) == (State.WITH_SKIPS, 3, 1)
    assert world.cohort.size == 3


def test_nobody_is_created_for_a_dry_run_or_what_is_held(world: World) -> None:
    Workspace.objects.update(create_unknown_users=True)
    world.sync("u1")
    world.amplitude.ids = ["u1", "new-1"]
    dry = world.finish(acts.dry_run(world.schedule, ACTOR, world.now))
    held = world.finish(acts.sync(world.schedule, ACTOR, world.now))
    assert (dry.state, held.state) == (State.WITH_SKIPS, State.HELD)
    assert not Profile.objects.filter(external_id="new-1").exists()
    acts.approve(held, ACTOR, world.now)
    assert world.finish(held).state == State.COMPLETED
    assert Profile.objects.filter(external_id="new-1").exists() and world.cohort.size == 2


def test_a_change_larger_than_the_share_is_held_and_changes_nothing(world: World) -> None:
    world.sync(*[f"u{n}" for n in range(10)])
    held = world.sync("u0", "u1", "u11")
    assert (held.state, held.hold_reason) == (State.HELD, SyncRun.HoldReason.SHARE)
    assert (held.added, held.removed, held.size_before, held.size_after) == (1, 8, 10, 3)
    assert held.changed_share == 0.9 and held.removed_share == 0.8
    assert world.cohort.size == 10 and ImportRun.objects.filter(kind="pull").count() == 1


def test_a_change_of_just_the_share_is_applied(world: World) -> None:
    world.sync(*[f"u{n}" for n in range(10)])
    assert world.sync(*[f"u{n}" for n in range(2, 10)]).state == State.COMPLETED


def test_what_is_held_is_applied_to_the_membership_of_that_moment(world: World) -> None:
    world.sync(*[f"u{n}" for n in range(10)])
    held = world.sync("u0", "u1", "u11")
    world.partner.users(
        [{"user_ids": ["u12"]}, {"user_ids": ["u0"], "should_remove": True}], REMOTE
    )
    acts.approve(held, ACTOR, world.now)
    done = world.finish(held)
    assert done.state == State.COMPLETED
    assert world.members() == world.numbers("u0", "u1", "u11")
    assert (done.added, done.removed, done.unchanged) == (2, 9, 1)


def test_people_deleted_while_it_was_held_do_not_come_in(world: World) -> None:
    from braze_partners.people.profiles import delete_profiles

    world.sync(*[f"u{n}" for n in range(10)])
    held = world.sync("u0", "u11")
    delete_profiles(world.partner.workspace.pk, [world.partner.numbers[11]], world.now)
    acts.approve(held, ACTOR, world.now)
    assert world.finish(held).state == State.COMPLETED
    assert world.members() == world.numbers("u0")


def test_the_first_pull_of_a_pushed_cohort_is_never_held(world: World) -> None:
    world.partner.users([{"user_ids": [f"u{n}" for n in range(10)]}], cohort_id=REMOTE)
    assert world.sync("u0").state == State.COMPLETED
    assert world.members() == world.numbers("u0")


def test_a_dry_run_stores_its_difference_and_can_be_applied(world: World) -> None:
    world.sync(*[f"u{n}" for n in range(10)])
    world.amplitude.ids = ["u0", "u19"]
    dry = world.finish(acts.dry_run(world.schedule, ACTOR, world.now))
    assert dry.state == State.COMPLETED and dry.can_be_applied and dry.import_run is None
    assert (dry.added, dry.removed, world.cohort.size) == (1, 9, 10)
    done = world.finish(acts.apply_dry_run(dry, ACTOR, world.now))
    assert done.state == State.COMPLETED and world.members() == world.numbers("u0", "u19")


def test_a_full_resync_always_shows_its_difference_first(world: World) -> None:
    world.amplitude.ids = ["u0"]
    held = world.finish(acts.resync(world.schedule, ACTOR, world.now))
    assert (held.state, held.hold_reason) == (State.HELD, SyncRun.HoldReason.PREVIEW)
    acts.approve(held, ACTOR, world.now)
    assert world.finish(held).state == State.COMPLETED and world.cohort.size == 1


@pytest.mark.parametrize("step", ["request", "status", "file"])
def test_an_error_of_amplitudes_own_is_tried_again(world: World, step: str) -> None:
    world.amplitude.faults[step] = once(Response("down", 503))
    began = world.now
    run = world.sync("u1")
    assert run.state == State.COMPLETED and run.attempts == 1 and run.error == ""
    assert world.now - began >= timedelta(seconds=RETRY_DELAYS[0])


def test_a_run_that_fails_again_and_again_fails_and_the_next_due_one_tries(world: World) -> None:
    world.amplitude.faults["request"] = always(lambda: Response("down", 503))
    run = world.sync("u1")
    assert (run.state, run.error_code) == (State.FAILED, "server_error")
    assert "503" not in run.error and "down" in run.error
    assert world.last_pull().state == ImportRun.State.FAILED
    assert len(world.amplitude.seen) == len(RETRY_DELAYS) + 1
    world.amplitude.faults.clear()
    assert world.sync("u1").state == State.COMPLETED


def test_a_429_waits_as_long_as_it_says(world: World) -> None:
    world.amplitude.faults["request"] = once(Response("", 429, {"Retry-After": "90"}))
    began = world.now
    assert world.sync("u1").state == State.COMPLETED
    assert world.now - began >= timedelta(seconds=90)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "unauthorized"), (403, "forbidden"), (404, "not_found")]
)
def test_what_no_wait_mends_fails_at_once(world: World, status: int, code: str) -> None:
    world.amplitude.faults["request"] = always(lambda: Response('{"error": "No way"}', status))
    run = world.sync("u1")
    assert (run.state, run.error_code) == (State.FAILED, code)
    assert "No way" in run.error and len(world.amplitude.seen) == 1


def test_no_key_stands_in_an_error(world: World) -> None:
    def telling() -> Response:
        return Response(world.amplitude.headers[-1]["Authorization"], 401)

    world.amplitude.faults["request"] = always(telling)
    from tests.syncing.factories import API_KEY, SECRET_KEY

    run = world.sync("u1")
    sent = world.amplitude.headers[-1]["Authorization"].removeprefix("Basic ")
    assert run.state == State.FAILED
    assert not any(secret in run.error for secret in (API_KEY, SECRET_KEY, sent))


def test_a_request_that_amplitude_forgot_is_made_again(world: World) -> None:
    world.amplitude.faults["file"] = once(Response("{}", 404))
    run = world.sync("u1")
    assert run.state == State.COMPLETED and world.amplitude.jobs == 2


def test_a_job_that_failed_is_requested_again(world: World) -> None:
    world.amplitude.faults["status"] = once(Response('{"async_status": "JOB FAILED"}', 200))
    run = world.sync("u1")
    assert run.state == State.COMPLETED and world.amplitude.jobs == 2


def test_a_list_that_is_computed_for_ever_fails_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "JOB_PATIENCE", timedelta(minutes=3))
    began = world.now
    world.amplitude.faults["status"] = always(
        lambda: Response('{"async_status": "JOB INPROGRESS"}', 202)
    )
    made = world.finish(acts.sync(world.schedule, ACTOR, world.now))
    assert (made.state, made.error_code) == (State.FAILED, "job_failed")
    assert world.now - began > timedelta(minutes=18)


BAD_FILES = {
    "without a user-id column": (b"amplitude_id,email\n1,a@b.c\n", "no_user_id_column"),
    "empty": (b"", "empty"),
    "truncated": (b'amplitude_id,user_id\n1,u1\n2,"u', "malformed"),
    "HTML": (b"<html><title>Sign in</title></html>", "html"),
    "3,000,000 rows": (b"amplitude_id,user_id\n" + b"1,u1\n" * 3_000_000, "too_many_rows"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_an_error_and_nothing_of_it_is_applied(world: World, kind: str) -> None:
    world.sync("u5", "u6")
    world.amplitude.body, code = BAD_FILES[kind]
    run = world.sync()
    assert (run.state, run.error_code) == (State.FAILED, code)
    assert world.members() == world.numbers("u5", "u6")
    assert run.target_bits is None and not run.added and not run.removed
    assert world.last_pull().error == run.error


def test_the_owner_is_told_when_it_begins_to_fail_and_when_it_works_again(world: World) -> None:
    world.amplitude.faults["request"] = always(lambda: Response('{"error": "Invalid"}', 401))
    for _ in range(3):
        world.sync("u1")
        world.go(3_600)
        mailing.send_due(world.now)
    assert [message.to for message in mail.outbox] == [["owner@lumen.example"]]
    assert "fails" in mail.outbox[0].subject and "Invalid" in str(mail.outbox[0].body)
    world.amplitude.faults.clear()
    for _ in range(2):
        world.sync("u1")
        mailing.send_due(world.now)
    assert len(mail.outbox) == 2 and "works again" in mail.outbox[1].subject
    assert PullSchedule.objects.get().failing_since is None


def test_nobody_is_told_of_a_dry_run_that_fails(world: World) -> None:
    world.amplitude.faults["request"] = always(lambda: Response("", 401))
    world.finish(acts.dry_run(world.schedule, ACTOR, world.now))
    assert mailing.send_due(world.now) == 0 and PullSchedule.objects.get().failing_since is None


def test_a_cancelled_run_stops_where_it_is(world: World) -> None:
    world.amplitude.polls = 5
    run = acts.sync(world.schedule, ACTOR, world.now)
    engine.run(run.pk, world.clock)
    acts.cancel(run, ACTOR, world.now)
    engine.run(run.pk, world.clock)
    run.refresh_from_db()
    assert run.state == State.CANCELLED and world.cohort.size == 0
    assert world.sync("u1").state == State.COMPLETED


def test_a_run_whose_cohort_is_deleted_meanwhile_ends_without_a_trace(world: World) -> None:
    run = acts.sync(world.schedule, ACTOR, world.now)
    world.cohort.delete()
    engine.run(run.pk, world.clock)
    assert not SyncRun.objects.exists()


def test_undo_takes_the_last_pull_back_and_pauses_the_schedule(world: World) -> None:
    world.sync("u1", "u2")
    world.schedule.refresh_from_db()
    world.schedule.hold_percent = None
    world.schedule.next_due_at = world.now + timedelta(hours=1)
    world.schedule.save()
    world.sync("u2", "u3", "u4")
    done = acts.undo(world.cohort, ACTOR, world.now)
    assert (done.added, done.removed) == (1, 2)
    assert world.members() == world.numbers("u1", "u2")
    world.schedule.refresh_from_db()
    assert world.schedule.pause_reason == PullSchedule.PauseReason.UNDO
    assert world.schedule.next_due_at is None


def test_nothing_is_undone_while_a_sync_is_at_work(world: World) -> None:
    world.sync("u1", "u2")
    acts.sync(world.schedule, ACTOR, world.now)
    with pytest.raises(SyncRefused):
        acts.undo(world.cohort, ACTOR, world.now)
    assert world.members() == world.numbers("u1", "u2")
    assert not PullSchedule.objects.get().is_paused
