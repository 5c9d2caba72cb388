"""The periodic work on Currents, and the threads that deliver in each worker process. Thin: what
is done stands in the modules that are called.
"""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task, signals
from django.conf import settings
from django.utils import timezone

from braze_partners.celery import wake
from currents import (
    connection_tests,
    dropping,
    failures,
    keeping,
    ledger,
    mailing,
    metrics,
    pacing,
    retiring,
)
from currents.pacing import checkpoints
from currents.running import Delivery

log = structlog.get_logger(__name__)

_delivery: Delivery | None = None


@signals.worker_ready.connect
def begin_delivery(**_: Any) -> None:
    global _delivery
    if settings.DELIVERY_THREADS and _delivery is None:
        _delivery = Delivery()
        _delivery.start()
        metrics.serve()


@signals.worker_shutting_down.connect
def end_delivery(**_: Any) -> None:
    if _delivery is not None:
        _delivery.end()


@shared_task(name="currents.watch_failures")
def watch_failures() -> None:
    """Letters that are owed, events that have waited too long. Safe to run together."""
    now = timezone.now()
    failures.sweep(now)
    dropping.sweep(now)
    mailing.send_due(now)


@shared_task(name="currents.count")
def count() -> None:
    """Paused and stopped Currents are counted by nobody else. Safe to run together."""
    ledger.count_behind()


@shared_task(name="currents.write_down_pacing")
def write_down_pacing() -> None:
    checkpoints.write_down(pacing.pacer(), timezone.now())


@shared_task(name="currents.retire_events")
def retire_events() -> None:
    retired = retiring.retire(timezone.now())
    if retired is not None and (retired.days or retired.batches):
        days = [day.isoformat() for day in retired.days]
        log.info("events_retired", days=days, batches=retired.batches)


@shared_task(name="currents.clear_up")
def clear_up() -> None:
    now = timezone.now()
    attempts, minutes = keeping.forget_attempts(now), keeping.gather(now)
    tests = connection_tests.forget_old(now)
    log.info("currents_cleared_up", attempts=attempts, minutes=minutes, connection_tests=tests)


@shared_task(name="currents.run_connection_test")
def run_connection_test(pk: int) -> None:
    connection_tests.run(pk, timezone.now)


@shared_task(name="currents.sweep_connection_tests")
def sweep_connection_tests() -> None:
    """Ends those that waited too long, and wakes the others that nobody holds."""
    now = timezone.now()
    connection_tests.give_up(now)
    for pk in connection_tests.forgotten(now):
        wake(run_connection_test, pk)
