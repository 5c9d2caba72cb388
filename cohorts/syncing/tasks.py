"""Wake-ups of pull syncs. Celery only: the work is acts', engine's and mailing's."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from cohorts.syncing import acts, engine, keeping, mailing, schedules, telling

log = structlog.get_logger(__name__)


@shared_task(name="syncing.run_sync", ignore_result=True)
def run_sync(pk: int) -> None:
    """Goes on with a sync run as far as it gets; safe to run together."""
    engine.run(pk, timezone.now)


@shared_task(name="syncing.sweep", ignore_result=True)
def sweep() -> None:
    """Starts what is due by its clock; wakes runs that are due and in nobody's hands (booked, a
    lost message, a killed worker); sends the letters that are owed."""
    now = timezone.now()
    for pk in schedules.due(now):
        made = acts.start_due(pk, now)
        if made is not None:
            log.info("sync_due", schedule=pk, run=made.pk, state=made.state)
    for pk in engine.due(now):
        wake(run_sync, pk)
    mailing.send_due(now)


@shared_task(name="syncing.clear_up", ignore_result=True)
def clear_up() -> None:
    keeping.clear_up(timezone.now())


@shared_task(name="syncing.tell_webhooks", ignore_result=True)
def tell_webhooks() -> None:
    telling.tell_finished(timezone.now())
