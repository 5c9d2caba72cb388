"""Tells webhooks of pull syncs that have finished or are held, by reading what was written since.
Knows sync runs; webhooks keep whom to tell."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from braze_partners.webhooks import noting
from braze_partners.webhooks.kinds import Kind
from cohorts.syncing.models import SyncRun
from cohorts.syncing.states import State

AT_ONCE = 1_000  # syncs that are read together
# A sync's id is no promise that smaller ones are there already: so long after it, they are.
SETTLED = timedelta(minutes=5)


def tell_finished(now: datetime) -> int:
    wanting = noting.workspaces_wanting(Kind.SYNC_FINISHED)
    noting.forget_positions(Kind.SYNC_FINISHED, wanting)
    return sum(_tell_workspace(workspace_id, now) for workspace_id in sorted(wanting))


def _tell_workspace(workspace_id: int, now: datetime) -> int:
    """A held one is told as such, and again when it is decided."""
    syncs = SyncRun.objects.filter(workspace=workspace_id)
    newest = syncs.aggregate(newest=Max("pk"))["newest"] or 0
    begin = noting.position(workspace_id, Kind.SYNC_FINISHED, newest)
    bits = ("target_bits", "added_bits", "removed_bits", "skipped_list", "unknown_ids")
    rows = syncs.select_related("cohort").defer(*bits).order_by("pk")
    told, passed, all_over = 0, begin, True
    while batch := list(rows.filter(pk__gt=begin)[:AT_ONCE]):
        begin = batch[-1].pk
        known = noting.told(workspace_id, [_key(sync) for sync in batch])
        for sync in batch:
            if not sync.is_active and _key(sync) not in known:
                noting.note(workspace_id, Kind.SYNC_FINISHED, _data(sync), now, _key(sync))
                told += 1
            over = not sync.is_active and sync.state != State.HELD
            all_over = all_over and over and sync.created_at < now - SETTLED
            passed = sync.pk if all_over else passed
    noting.move_on(workspace_id, Kind.SYNC_FINISHED, passed)
    return told


def _key(sync: SyncRun) -> str:
    return f"sync:{sync.pk}:{sync.state}"


def _data(sync: SyncRun) -> dict[str, object]:
    return {
        "sync": sync.pk,
        "state": sync.state,
        "mode": sync.mode,
        "scheduled": sync.scheduled,
        "cohort": sync.cohort_id,
        "cohort_id": sync.cohort.cohort_id,
        "name": sync.cohort.name,
        "finished_at": sync.finished_at.isoformat() if sync.finished_at else None,
        "received": sync.received,
        "added": sync.added,
        "removed": sync.removed,
        "unchanged": sync.unchanged,
        "skipped": sync.skipped,
        "size": sync.size_after,
        "error": sync.error,
    }
