"""What this room does by the clock: forgetting remembered answers."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from braze_partners.rest import idempotency


@shared_task(name="rest.forget_old_answers")
def forget_old_answers() -> None:
    """Answers past their day, and calls that never came to one."""
    idempotency.forget_old(timezone.now())
