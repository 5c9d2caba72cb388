"""Wakes replays. Thin."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from currents.replays import sending


@shared_task(name="replays.run")
def run_replay(pk: int) -> None:
    """For one turn; what is left is woken for at once. Safe to run together."""
    if sending.run(pk, timezone.now):
        wake(run_replay, pk)


@shared_task(name="replays.sweep")
def sweep_replays() -> None:
    """Those that wait for their time, and those whose worker was killed."""
    for pk in sending.due(timezone.now()):
        wake(run_replay, pk)
