"""Wake-ups of the imports of people. Knows when; importing.py knows what."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.people import importing


@shared_task(name="people.run_import", ignore_result=True)
def run_import(pk: int) -> None:
    importing.run(pk, timezone.now)


@shared_task(name="people.sweep_imports", ignore_result=True)
def sweep_imports() -> None:
    """Wakes imports that nobody holds (a lost message, a killed worker); clears old uploads."""
    now = timezone.now()
    for pk in importing.forgotten(now):
        run_import.delay(pk)
    importing.remove_unstarted(now)
