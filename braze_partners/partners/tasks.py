"""The work on Amplitude projects beside the web: thin, what is done stands in project_checks and
profile_look_ups."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.partners import profile_look_ups, project_checks


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


@shared_task(name="partners.run_look_up")
def run_look_up(pk: int) -> None:
    profile_look_ups.run(pk, timezone.now)


@shared_task(name="partners.sweep_look_ups")
def sweep_look_ups() -> None:
    """As for checks; answers go after some minutes."""
    now = timezone.now()
    profile_look_ups.give_up(now)
    profile_look_ups.forget_old(now)
    for pk in profile_look_ups.forgotten(now):
        wake(run_look_up, pk)
