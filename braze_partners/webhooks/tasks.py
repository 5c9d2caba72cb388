"""The periodic work of webhooks. Thin: what is done stands in the modules that are called."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.webhooks import delivering, letters


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Wakes a worker for each webhook that has something to send. Safe to run together."""
    now = timezone.now()
    for webhook_id in delivering.webhooks_with_due(now):
        wake(deliver, webhook_id)
    letters.send_due(now)


@shared_task(name="webhooks.deliver")
def deliver(webhook_id: int) -> None:
    delivering.turn(webhook_id, timezone.now)


@shared_task(name="webhooks.forget_old")
def forget_old() -> None:
    delivering.forget_old(timezone.now())
