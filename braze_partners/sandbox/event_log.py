"""Reads the events that were ingested, by filter and in order, and forgets them all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Count, QuerySet, Sum

from braze_partners.sandbox import tallies
from braze_partners.sandbox.models import AmplitudeUser, EventType, ReceivedEvent
from braze_partners.sandbox.upload.admission import admission

# Rows of the compact list in one answer: a chaos test compares 50,000 events at a time.
COMPACT_ROWS = 50_000

_COMPACT = """
    SELECT sequence, insert_id, user_id, device_id, duplicates
    FROM sandbox_receivedevent WHERE sequence > %s ORDER BY sequence LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What the event stream and the REST interface may ask for; None asks for nothing."""

    event_type: str | None = None
    user_id: str | None = None
    device_id: str | None = None
    insert_id: str | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, one.name) is None for one in fields(self))

    def rows(self) -> QuerySet[ReceivedEvent]:
        names = ("event_type", "user_id", "device_id", "insert_id")
        wanted = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        rows = ReceivedEvent.objects.filter(**wanted)
        if self.received_from:
            rows = rows.filter(received_ms__gte=to_ms(self.received_from))
        if self.received_until:
            rows = rows.filter(received_ms__lt=to_ms(self.received_until))
        return rows


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)


def of_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def counts(wanted: Filter) -> dict[str, int]:
    """Events and their repeats; without a filter the project's totals, which cost nothing."""
    if wanted.is_empty:
        totals = tallies.totals()
        return {"count": totals[tallies.INGESTED], **totals}
    found = wanted.rows().aggregate(count=Count("*"), duplicates=Sum("duplicates"))
    return {"count": found["count"], "duplicates": found["duplicates"] or 0}


def compact(after: int, limit: int) -> list[tuple[Any, ...]]:
    """(sequence, insert id, user id, device id, duplicates) in the order of ingestion."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPACT, [after, limit])
        return list(cursor.fetchall())


def of_user(user: AmplitudeUser) -> QuerySet[ReceivedEvent]:
    """What the user did, with what their devices did before they were known."""
    rows = ReceivedEvent.objects.all()
    devices = list(user.devices.values_list("device_id", flat=True))
    anonymous = rows.filter(user_id__isnull=True, device_id__in=devices)
    return anonymous if user.user_id is None else rows.filter(user_id=user.user_id) | anonymous


def as_json(event: ReceivedEvent) -> dict[str, Any]:
    received = event.received_body
    return {
        "sequence": event.sequence,
        "event_type": event.event_type,
        "user_id": event.user_id,
        "device_id": event.device_id,
        "insert_id": event.insert_id,
        "time": event.time_ms,
        "received_at": of_ms(event.received_ms),
        "duplicates": event.duplicates,
        "event": orjson.Fragment(event.body),
        "received": orjson.Fragment(received) if received is not None else None,
    }


def event_types() -> Iterator[str]:
    yield from EventType.objects.values_list("name", flat=True)


def delete_all() -> int:
    """Events, totals, rates and quotas begin anew; users, cohorts, keys and faults stay."""
    with transaction.atomic():
        deleted = ReceivedEvent.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sandbox_receivedevent")
        EventType.objects.all().delete()
        tallies.begin_anew()
    admission.forget()
    return deleted
