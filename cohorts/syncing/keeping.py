"""What pull syncs keep only for a time: targets of dry runs, calls of projects, old runs. Knows
rows and ages."""

from __future__ import annotations

from datetime import datetime

from cohorts.syncing import allowance
from cohorts.syncing.limits import DRY_RUN_KEPT, RUNS_KEPT
from cohorts.syncing.models import SyncRun
from cohorts.syncing.moving import FORGOTTEN
from cohorts.syncing.states import ACTIVE, DONE, State


def clear_up(now: datetime) -> None:
    dry = SyncRun.objects.filter(mode=SyncRun.Mode.DRY_RUN, state__in=DONE, target_kept=True)
    dry.filter(finished_at__lt=now - DRY_RUN_KEPT).update(**FORGOTTEN)
    ended = SyncRun.objects.exclude(state__in=[*ACTIVE, State.HELD])
    ended.filter(finished_at__lt=now - RUNS_KEPT).delete()
    allowance.forget_old(now)
