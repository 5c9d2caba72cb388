"""Wake-ups of segments' sizes and exports. Celery only: the work is sizing's and exporting's."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from cohorts.segments import export_callbacks, exporting, sizing


@shared_task(ignore_result=True)
def measure_sizes() -> int:
    """Idempotent: a second run of the same day writes the same rows again."""
    return sizing.measure_all(timezone.now())


@shared_task(ignore_result=True)
def forget_sizes() -> int:
    return sizing.forget_old(timezone.now())


@shared_task(name="segments.run_export", ignore_result=True)
def run_export(pk: str) -> None:
    if exporting.run(pk, timezone.now):
        wake(run_export, pk)
    elif pk in export_callbacks.due(timezone.now()):
        wake(call_back, pk)


@shared_task(name="segments.call_back", ignore_result=True)
def call_back(pk: str) -> None:
    export_callbacks.call(pk, timezone.now)


@shared_task(name="segments.sweep_exports", ignore_result=True)
def sweep_exports() -> None:
    """Wakes exports that nobody holds (a lost message, a killed worker) and callbacks that are due;
    removes old files."""
    now = timezone.now()
    for pk in exporting.forgotten(now):
        wake(run_export, pk)
    for pk in export_callbacks.due(now):
        wake(call_back, pk)
    exporting.expire(now)
