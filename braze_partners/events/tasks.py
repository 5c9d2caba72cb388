"""The periodic work on the log. Thin: what is done stands in partitions, deletion and activity."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from braze_partners.events import activity, deletion, partitions

log = structlog.get_logger(__name__)


@shared_task(name="events.make_partitions")
def make_partitions() -> None:
    """Makes the days to come; says loudly when batches had no day to go to."""
    for day in partitions.make_ahead(timezone.now()):
        log.info("log_partition_made", day=day.isoformat())
    strays = partitions.strays()
    if strays:
        log.error("log_without_partition", batches=strays)


@shared_task(name="events.blank_deleted")
def blank_deleted() -> None:
    """Blanks the events of people who were deleted; forgets deletions that nothing is left of."""
    for workspace_id in deletion.pending():
        batches = deletion.blank(workspace_id)
        log.info("deleted_events_blanked", workspace=workspace_id, batches=batches)
    deletion.forget_old()


@shared_task(name="events.follow_activity")
def follow_activity() -> None:
    """Moves last-active times on by the events since the last run."""
    for workspace_id in activity.behind():
        activity.follow(workspace_id, timezone.now)
