"""The periodic work of the dashboard's demo. Thin: what is done stands in demo_events."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from braze_partners.dashboard import demo_events


@shared_task(name="dashboard.make_demo_events")
def make_demo_events() -> None:
    """Nothing where no sandbox may run, so that production pays no query for it."""
    if settings.SANDBOX_ENABLED:
        demo_events.make_due(timezone.now())
