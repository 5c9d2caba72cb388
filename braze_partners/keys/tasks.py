"""What this room does by the clock: forgetting what no screen shows any more."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.keys import usage


@shared_task(name="keys.forget_old_uses")
def forget_old_uses() -> None:
    """Calls per hour past their month."""
    usage.forget_old(timezone.now())
