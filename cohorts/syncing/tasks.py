"""Wake-ups of pull syncs. Celery only: the work is acts' and engine's."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="syncing.run_sync", ignore_result=True)
def run_sync(pk: int) -> None:
    """Goes on with a sync run as far as it gets; safe to run together."""
