"""Names of the custom events of a workspace: learned from the log by the job that follows it, so
never inside intake, and kept when the events have left the log. Knows names; knows nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from braze_partners.events.catalogue import CUSTOM_EVENT
from braze_partners.events.limits import MAX_EVENT_NAME, MAX_EVENT_NAMES, NAMES_PER_PAGE
from braze_partners.events.models import EventName
from braze_partners.events.records import EventRecord


class _Named(msgspec.Struct):
    name: Any = None


_named = msgspec.json.Decoder(_Named)


def of_records(records: Iterable[EventRecord]) -> set[str]:
    """The names that a column can hold; custom events without one can't be exported either."""
    found = set()
    for record in records:
        if record.type == CUSTOM_EVENT:
            name = _name(record)
            if isinstance(name, str) and 0 < len(name) <= MAX_EVENT_NAME and "\0" not in name:
                found.add(name)
    return found


def _name(record: EventRecord) -> object:
    try:
        return _named.decode(record.properties).name
    except msgspec.MsgspecError:
        return None


def learn(workspace_id: int, names: Iterable[str], now: datetime) -> int:
    """Keeps those that are new, up to a limit; how many."""
    wanted = set(names)
    if not wanted:
        return 0
    kept = EventName.objects.filter(workspace_id=workspace_id)
    new = wanted - set(kept.filter(name__in=wanted).values_list("name", flat=True))
    room = MAX_EVENT_NAMES - kept.count() if new else 0
    made = [
        EventName(workspace_id=workspace_id, name=name, first_seen_at=now)
        for name in sorted(new)[: max(0, room)]
    ]
    EventName.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def page(workspace_id: int, number: int) -> Sequence[str]:
    """250 a page in the order of the alphabet; a page that isn't there is empty."""
    if number < 0:
        return []
    rows = EventName.objects.filter(workspace_id=workspace_id).order_by("name")
    start = number * NAMES_PER_PAGE
    return list(rows.values_list("name", flat=True)[start : start + NAMES_PER_PAGE])
