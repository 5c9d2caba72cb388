"""The periodic work of segments. Celery only: the work is sizing's."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cohorts.segments import sizing


@shared_task(ignore_result=True)
def measure_sizes() -> int:
    """Idempotent: a second run of the same day writes the same rows again."""
    return sizing.measure_all(timezone.now())


@shared_task(ignore_result=True)
def forget_sizes() -> int:
    return sizing.forget_old(timezone.now())
