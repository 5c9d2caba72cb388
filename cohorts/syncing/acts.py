"""What people and the clock do with pulls: start, cancel, approve, reject, apply or discard a dry
run, undo. Each is one short transaction; the work itself is engine.py's, so whoever calls one of
these wakes `tasks.run_sync` with the run's id afterwards.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from braze_partners.workspaces.audit import Actor, record_by
from cohorts import undoing
from cohorts.membership import Applied
from cohorts.models import Cohort
from cohorts.syncing import schedules
from cohorts.syncing.errors import SyncRefused
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.moving import FORGOTTEN, move
from cohorts.syncing.states import ACTIVE, CANCELLABLE, DONE, State

Mode = SyncRun.Mode


def sync(schedule: PullSchedule, actor: Actor, now: datetime) -> SyncRun:
    """*Sync now*: as the next due one would be; what is held is superseded. Raises SyncRefused
    while a sync of the cohort is at work."""
    return _start(schedule, Mode.SYNC, actor, now)


def dry_run(schedule: PullSchedule, actor: Actor, now: datetime) -> SyncRun:
    """Finds the difference and stores it; what is held stays. Raises SyncRefused."""
    return _start(schedule, Mode.DRY_RUN, actor, now)


def resync(schedule: PullSchedule, actor: Actor, now: datetime) -> SyncRun:
    """A full re-sync: has Amplitude compute the list anew, always ends *held* with the whole
    difference, and applies it when it is approved. Raises SyncRefused."""
    return _start(schedule, Mode.RESYNC, actor, now)


def start_due(schedule_pk: int, now: datetime) -> SyncRun | None:
    """The run of a schedule whose time has come, made once however many ask: queued, or *skipped*
    where one is at work. What was missed while nobody ran is one run, not many."""
    with transaction.atomic():
        found = PullSchedule.objects.select_for_update().filter(pk=schedule_pk).first()
        if found is None or found.is_paused or not found.next_due_at or found.next_due_at > now:
            return None
        found.next_due_at = schedules.next_due(found, now)
        found.save(update_fields=["next_due_at"])
        try:
            return _make(found, Mode.SYNC, now, scheduled=True)
        except SyncRefused:
            with translation.override(found.workspace.language):
                return _make_skipped(found, _one_at_work(), now)


def cancel(run: SyncRun, actor: Actor, now: datetime) -> None:
    """Stops it before it applies anything. Raises SyncRefused once it is applying or over."""
    with transaction.atomic():
        if not move(
            run.pk, State.CANCELLED, now, CANCELLABLE, decided_by=actor.account, **FORGOTTEN
        ):
            raise SyncRefused(_("This sync can no longer be cancelled."))
        _record(run, actor, "cohort.sync_cancelled")
    run.refresh_from_db()


def approve(run: SyncRun, actor: Actor, now: datetime) -> None:
    """Lets what is held be applied: the target set, against the membership of that moment. Raises
    SyncRefused where it is no longer held, or another sync is at work."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                moved = move(
                    run.pk,
                    State.APPLYING,
                    now,
                    [State.HELD],
                    due_at=now,
                    finished_at=None,
                    decided_by=actor.account,
                    approved=True,
                    attempts=0,
                )
        except IntegrityError as error:
            raise SyncRefused(_one_at_work()) from error
        if not moved:
            raise SyncRefused(_("This sync no longer waits for a decision."))
        _record(run, actor, "cohort.sync_approved")
    run.refresh_from_db()


def reject(run: SyncRun, actor: Actor, now: datetime) -> None:
    """Nothing of it is applied; the next due sync comes as ever. Raises SyncRefused."""
    with transaction.atomic():
        if not move(run.pk, State.REJECTED, now, decided_by=actor.account, **FORGOTTEN):
            raise SyncRefused(_("This sync no longer waits for a decision."))
        _record(run, actor, "cohort.sync_rejected")
    run.refresh_from_db()


def apply_dry_run(run: SyncRun, actor: Actor, now: datetime) -> SyncRun:
    """A new run that applies the target of a dry run against the membership of that moment, no
    matter how large the change is: whoever asks has seen it. Raises SyncRefused."""
    with transaction.atomic():
        dry = SyncRun.objects.select_for_update().get(pk=run.pk)
        if not dry.can_be_applied or dry.schedule is None:
            raise SyncRefused(_("This dry run can no longer be applied. Run another one."))
        made = _make(
            dry.schedule,
            Mode.SYNC,
            now,
            actor=actor,
            from_run=dry,
            decided_by=actor.account,
            approved=True,
            state=State.APPLYING,
            started_at=now,
            target_bits=dry.target_bits,
            target_kept=True,
            unknown_ids=dry.unknown_ids,
            skipped_list=dry.skipped_list,
            rows=dry.rows,
            nameless=dry.nameless,
            received=dry.received,
            skipped=dry.skipped,
        )
        _give_up(dry)
        _record(made, actor, "cohort.dry_run_applied")
    run.refresh_from_db()
    return made


def discard(run: SyncRun, actor: Actor, now: datetime) -> None:
    """Gives up the target of a dry run; its counts stay. Raises SyncRefused."""
    with transaction.atomic():
        dry = SyncRun.objects.select_for_update().get(pk=run.pk)
        if not dry.can_be_applied:
            raise SyncRefused(_("This dry run was applied or discarded already."))
        dry.decided_by = actor.account
        _give_up(dry)
        _record(dry, actor, "cohort.dry_run_discarded")
    run.refresh_from_db()


def undo(cohort: Cohort, actor: Actor, now: datetime) -> Applied:
    """Takes back the last finished group or pull (cohorts/undoing.py) and pauses the cohort's pull
    schedule, in one transaction. A partner's later deltas will not repair what it takes back.

    `undoing.preview` tells what it would do. Raises NothingToUndo with the reason, SyncRefused
    while a sync is at work, ResourceLocked."""

    def beside(applied: Applied) -> None:
        if SyncRun.objects.filter(cohort=cohort, state__in=ACTIVE).exists():
            raise SyncRefused(_one_at_work())
        for found in PullSchedule.objects.filter(cohort=cohort).select_related("cohort"):
            schedules.pause(found, actor, now, PullSchedule.PauseReason.UNDO)
        changed = {"added": applied.added, "removed": applied.removed}
        record_by(actor, cohort.workspace, "cohort.undone", cohort.label, changed)

    return undoing.undo(cohort, now, beside)


def _start(schedule: PullSchedule, mode: SyncRun.Mode, actor: Actor, now: datetime) -> SyncRun:
    with transaction.atomic():
        made = _make(schedule, mode, now, actor=actor)
        _record(made, actor, "cohort.sync_started", {"mode": str(mode)})
    return made


def _make(
    schedule: PullSchedule,
    mode: SyncRun.Mode,
    now: datetime,
    *,
    actor: Actor | None = None,
    **columns: object,
) -> SyncRun:
    try:
        with transaction.atomic():
            made = SyncRun.objects.create(
                **_facts(schedule, now),
                mode=mode,
                due_at=now,
                started_by=actor.account if actor else None,
                **columns,
            )
    except IntegrityError as error:
        raise SyncRefused(_one_at_work()) from error
    if mode != Mode.DRY_RUN:
        _supersede(made, now)
    return made


def _make_skipped(schedule: PullSchedule, why: str, now: datetime) -> SyncRun:
    return SyncRun.objects.create(
        **_facts(schedule, now), state=State.SKIPPED, scheduled=True, finished_at=now, error=why
    )


def _facts(schedule: PullSchedule, now: datetime) -> dict[str, object]:
    return {
        "workspace_id": schedule.workspace_id,
        "cohort_id": schedule.cohort_id,
        "schedule": schedule,
        "project_id": schedule.project_id,
        "remote_id": schedule.remote_id,
        "hold_percent": schedule.hold_percent,
        "created_at": now,
        "state_since": now,
    }


def _supersede(by: SyncRun, now: datetime) -> None:
    held = SyncRun.objects.filter(cohort_id=by.cohort_id, state=State.HELD)
    for pk in held.values_list("pk", flat=True):
        move(pk, State.SUPERSEDED, now, **FORGOTTEN)


def _give_up(dry: SyncRun) -> None:
    SyncRun.objects.filter(pk=dry.pk, state__in=DONE).update(decided_by=dry.decided_by, **FORGOTTEN)


def _one_at_work() -> str:
    return _("A sync of this cohort is at work. Wait for it, or cancel it.")


def _record(
    run: SyncRun, actor: Actor, action: str, detail: dict[str, object] | None = None
) -> None:
    record_by(actor, run.workspace, action, run.cohort.label, {"sync": run.pk, **(detail or {})})
