"""The periodic work on cohorts, and wake-ups of re-applies. Thin: what is done stands in folding,
retiring and reapplying.

A push wakes nobody: a message took 0.4 ms by files and 0.7 by Redis, up to 116 at the worst, and
the sweep finds what has piled up within five seconds anyway, with one query.
"""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from cohorts import folding, reapplying, retiring, telling

log = structlog.get_logger(__name__)


@shared_task(name="cohorts.fold_cohorts")
def fold_cohorts() -> None:
    """Folds cohorts with many runs waiting, or some for a while. Safe to run together."""
    for cohort_id in folding.due(timezone.now()):
        runs = folding.fold(cohort_id)
        if runs:
            log.info("cohort_folded", cohort=cohort_id, runs=runs)


@shared_task(name="cohorts.retire_old_runs")
def retire_old_runs() -> None:
    retired = retiring.retire(timezone.now())
    log.info(
        "runs_retired",
        skipped_lists=retired.skipped_lists,
        bitmaps=retired.bitmaps,
        data_points=retired.data_points,
    )


@shared_task(name="cohorts.run_reapplication", ignore_result=True)
def run_reapplication(pk: str) -> None:
    if reapplying.run(pk, timezone.now):
        wake(run_reapplication, pk)


@shared_task(name="cohorts.sweep_reapplications", ignore_result=True)
def sweep_reapplications() -> None:
    """Wakes re-applies that nobody holds (a lost message, a killed worker, an overtaken one)."""
    now = timezone.now()
    for pk in reapplying.forgotten(now):
        wake(run_reapplication, pk)
    reapplying.forget_old(now)


@shared_task(name="cohorts.tell_webhooks")
def tell_webhooks() -> None:
    """Of cohorts whose group of pushes is over, or that something else has changed."""
    telling.tell_changes(timezone.now())
