"""Wake-ups of the imports of people. Knows when; importing.py knows what."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.people import importing


@shared_task(name="people.run_import", ignore_result=True)
def run_import(pk: int) -> None:
    if importing.run(pk, timezone.now):
        wake(run_import, pk)


@shared_task(name="people.sweep_imports", ignore_result=True)
def sweep_imports() -> None:
    """Wakes imports that nobody holds (a lost message, a killed worker); clears old uploads."""
    now = timezone.now()
    for pk in importing.forgotten(now):
        wake(run_import, pk)
    importing.remove_unstarted(now)
