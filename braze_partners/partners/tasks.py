"""The work on Amplitude projects beside the web: thin, what is done stands in project_checks."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.partners import project_checks


@shared_task(name="partners.run_project_check")
def run_project_check(pk: int) -> None:
    project_checks.run(pk, timezone.now)


@shared_task(name="partners.sweep_project_checks")
def sweep_project_checks() -> None:
    """Ends those that waited too long, and wakes the others that nobody holds."""
    now = timezone.now()
    project_checks.give_up(now)
    project_checks.forget_old(now)
    for pk in project_checks.forgotten(now):
        wake(run_project_check, pk)
