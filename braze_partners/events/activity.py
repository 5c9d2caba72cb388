"""Events move the last-active times of those they name, and make the names of custom events known:
followed in the log by a job, never inside intake. Knows the log and its own position in it; how
people are found is theirs.

The position moves after the times have, so a job that dies does the same once more, to the same
end: a time only moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from braze_partners.events import event_log, names
from braze_partners.events.event_log import LogBatch
from braze_partners.events.limits import FOLLOW_SECONDS, FOLLOWED_AT_ONCE
from braze_partners.events.models import ActivityPosition, LogHead
from braze_partners.people import activity

Clock = Callable[[], datetime]


def behind() -> list[int]:
    """The workspaces with events that were not followed yet."""
    positions = dict(ActivityPosition.objects.values_list("workspace_id", "sequence"))
    heads = LogHead.objects.order_by("workspace_id").values_list("workspace_id", "next")
    return [workspace_id for workspace_id, head in heads if head > positions.get(workspace_id, 0)]


def follow(workspace_id: int, clock: Clock) -> int:
    """Up to the end of the log, or for a while; gives how many events it has seen."""
    place, _ = ActivityPosition.objects.get_or_create(workspace_id=workspace_id)
    began, start, count = clock(), place.sequence, 0
    while (clock() - began).total_seconds() < FOLLOW_SECONDS:
        batches = event_log.read(workspace_id, start, limit_events=FOLLOWED_AT_ONCE)
        if not batches:
            break
        activity.seen(workspace_id, *_last_moments(batches))
        records = (record for batch in batches for record in batch.records)
        names.learn(workspace_id, names.of_records(records), clock())
        start = batches[-1].end
        count += sum(len(batch.records) for batch in batches)
        ActivityPosition.objects.filter(workspace_id=workspace_id, sequence__lt=start).update(
            sequence=start
        )
    return count


Moments = dict[str, int]


def _last_moments(batches: Sequence[LogBatch]) -> tuple[Moments, Moments, Moments]:
    """By external id, else device, else Braze's own id, in milliseconds. A time that is still to
    come counts as that of receipt."""
    external_ids: Moments = {}
    devices: Moments = {}
    braze_ids: Moments = {}
    for batch in batches:
        received_ms = int(batch.received_at.timestamp() * 1000)
        for record in batch.records:
            if record.external_user_id:
                told, identity = external_ids, record.external_user_id
            elif record.device_id:
                told, identity = devices, record.device_id
            elif record.user_id:
                told, identity = braze_ids, record.user_id
            else:
                continue
            moment = min(record.time_ms, received_ms)
            if moment > told.get(identity, -1):
                told[identity] = moment
    return external_ids, devices, braze_ids
