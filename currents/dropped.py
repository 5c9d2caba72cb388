"""Which dropped range an event was dropped with: the one place that reads what a range means."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from braze_partners.events.event_log import Found
from currents.models import DroppedRange


def between(current_ids: Collection[int], first: int, last: int) -> QuerySet[DroppedRange]:
    """Those with any sequence from `first` to `last`."""
    return DroppedRange.objects.filter(
        current_id__in=current_ids, first_sequence__lte=last, last_sequence__gte=first
    )


def covering(ranges: Iterable[DroppedRange], event: Found) -> DroppedRange | None:
    """The one that covers the event; its identity's own before that of its lane."""
    best = None
    for one in ranges:
        if _covers(one, event):
            if one.identity:
                return one
            best = best or one
    return best


def _covers(one: DroppedRange, event: Found) -> bool:
    sequence, _, record = event
    return (
        one.first_lane <= record.lane <= one.last_lane
        and one.first_sequence <= sequence <= one.last_sequence
        and one.identity in ("", record.identity)
    )
