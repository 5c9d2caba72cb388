"""Syncs that end in failure: the run's end, the run of the cohort that tells of it, and the letters
that are owed when a schedule begins to fail and when it works again. Knows rows; sends nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cohorts.models import ImportRun
from cohorts.syncing.models import PullSchedule, SyncLetter, SyncRun
from cohorts.syncing.moving import FORGOTTEN, move
from cohorts.syncing.states import State

Stage = SyncLetter.Stage
MAX_ERROR_CHARACTERS = 400  # what the columns hold
MILLISECOND = 0.001


def failed(run: SyncRun, code: str, words: str, now: datetime) -> bool:
    """Ends the run; whether it was still ours to end."""
    told = {"error": words[:MAX_ERROR_CHARACTERS], "error_code": code, **FORGOTTEN}
    with transaction.atomic():
        if not move(run.pk, State.FAILED, now, token=run.lease_token, **told):
            return False
        made = ImportRun.objects.create(
            workspace_id=run.workspace_id,
            partner=run.cohort.partner,
            cohort_id=run.cohort_id,
            kind=ImportRun.Kind.PULL,
            state=ImportRun.State.FAILED,
            request_id=f"sync-{run.pk}",
            at=now,
            duration_ms=(now - (run.started_at or now)).total_seconds() / MILLISECOND,
            error=words[:MAX_ERROR_CHARACTERS],
        )
        SyncRun.objects.filter(pk=run.pk).update(import_run=made)
        if run.mode == SyncRun.Mode.SYNC:
            _begins_to_fail(run, now)
    return True


def worked(run: SyncRun, now: datetime) -> None:
    """What a person or the clock started has reached Amplitude and its list was good, whether
    it was applied or held. In the transaction that ends the run."""
    schedule = _schedule(run)
    if schedule is None or schedule.failing_since is None:
        return
    _owe(schedule, run, Stage.RECOVERED, now)
    schedule.failing_since = None
    schedule.save(update_fields=["failing_since"])


def _begins_to_fail(run: SyncRun, now: datetime) -> None:
    schedule = _schedule(run)
    if schedule is None or schedule.failing_since is not None:
        return
    schedule.failing_since = now
    schedule.save(update_fields=["failing_since"])
    _owe(schedule, run, Stage.FAILING, now)


def _schedule(run: SyncRun) -> PullSchedule | None:
    if run.schedule_id is None:
        return None
    return PullSchedule.objects.select_for_update().filter(pk=run.schedule_id).first()


def _owe(schedule: PullSchedule, run: SyncRun, stage: SyncLetter.Stage, now: datetime) -> None:
    """To nobody where nobody gave an address."""
    if not schedule.email or schedule.failing_since is None:
        return
    SyncLetter.objects.get_or_create(
        schedule=schedule,
        failing_since=schedule.failing_since,
        stage=stage,
        defaults={"run": run, "to": schedule.email, "due_at": now},
    )
