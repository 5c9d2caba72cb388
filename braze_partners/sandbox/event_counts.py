"""How often each user did what a condition asks for: plain SQL over the received events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import orjson
from django.db import connection

from braze_partners.sandbox.limits import ROWS_PER_STATEMENT
from braze_partners.sandbox.rules import properties
from braze_partners.sandbox.rules.events import ANY_EVENT, EventCondition

# An event with a user id is that user's; one with a device only is whose the device is now.
_EVENTS = """
    SELECT held.amplitude_id AS number, event.body AS body
    FROM sandbox_receivedevent AS event
    JOIN sandbox_amplitudeuser AS held ON held.user_id = event.user_id
    WHERE {wanted}
    UNION ALL
    SELECT device.user_id, event.body
    FROM sandbox_receivedevent AS event
    JOIN sandbox_userdevice AS device ON device.device_id = event.device_id
    WHERE event.user_id IS NULL AND {wanted}
"""
_COUNTS = "SELECT number, COUNT(*) FROM ({events}) GROUP BY number"
_BODIES = "SELECT number, json_extract(body, '$.event_properties') FROM ({events})"


def of(condition: EventCondition, now: datetime) -> dict[int, int]:
    """By the users' numbers; who did none is not in it."""
    events, parameters = _events(condition, now)
    with connection.cursor() as cursor:
        if condition.where is None:
            cursor.execute(_COUNTS.format(events=events), parameters)
            return dict(cursor.fetchall())
        cursor.execute(_BODIES.format(events=events), parameters)
        counts: Counter[int] = Counter()
        while rows := cursor.fetchmany(ROWS_PER_STATEMENT):
            counts.update(_who(rows, condition.where))
    return dict(counts)


def _events(condition: EventCondition, now: datetime) -> tuple[str, list[str | int]]:
    wanted, parameters = ["true"], list[str | int]()
    if condition.event != ANY_EVENT:
        wanted.append("event.event_type = %s")
        parameters.append(condition.event)
    if condition.days is not None:
        since = now - timedelta(days=condition.days)
        wanted.append("event.time_ms >= %s")
        parameters.append(round(since.timestamp() * 1_000))
    return _EVENTS.format(wanted=" AND ".join(wanted)), parameters * 2


def _who(rows: list[tuple[int, str | None]], where: properties.Condition) -> Iterator[int]:
    for number, text in rows:
        held = orjson.loads(text) if text else {}
        if properties.holds(held, where):
            yield number
