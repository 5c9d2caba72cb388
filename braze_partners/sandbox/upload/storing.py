"""Writes checked events in one transaction and recognises repeats; the only writer of events.

Plain SQL, since a request holds up to 2,000 events and demos and tests pour in many thousands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from braze_partners.sandbox import tallies
from braze_partners.sandbox.one_writer import writing
from braze_partners.sandbox.upload import profiles
from braze_partners.sandbox.upload.checking import Checked

# Milliseconds for which a repeat is recognised: 7 days (wire/amplitude-http-v2.md).
REPEATS_KNOWN_MS = 7 * 24 * 3_600 * 1_000

Key = tuple[str, str]  # (insert id, device id or else user id)

_KNOWN = """
    SELECT held.insert_id, COALESCE(held.device_id, held.user_id), MAX(held.sequence)
    FROM json_each(%s) AS asked
    JOIN sandbox_receivedevent AS held
      ON held.insert_id = json_extract(asked.value, '$[0]')
     AND COALESCE(held.device_id, held.user_id) = json_extract(asked.value, '$[1]')
    WHERE held.received_ms > %s
    GROUP BY 1, 2
"""
_INSERT = """
    INSERT INTO sandbox_receivedevent
      (event_type, user_id, device_id, insert_id, time_ms, received_ms, duplicates,
       body, received_body)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_REPEATED = "UPDATE sandbox_receivedevent SET duplicates = duplicates + %s WHERE sequence = %s"
_TYPES = """
    INSERT INTO sandbox_eventtype (name, events) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET events = events + excluded.events
"""


@dataclass(frozen=True, slots=True)
class Stored:
    new: int
    repeats: int


def store(events: Sequence[Checked], now: datetime) -> Stored:
    """Ingests them in their order; a repeat within 7 days only adds to its first one's count."""
    now_ms = int(now.timestamp() * 1_000)
    with writing, transaction.atomic(), connection.cursor() as cursor:
        known = _known(cursor, events, now_ms)
        first, again, within = _told_apart(events, known)
        cursor.executemany(_INSERT, [_row(event, within[id(event)], now_ms) for event in first])
        cursor.executemany(_REPEATED, [(count, number) for number, count in again.items()])
        cursor.executemany(_TYPES, list(Counter(one.event_type for one in first).items()))
        profiles.follow(cursor, first, now)
        stored = Stored(len(first), len(events) - len(first))
        tallies.add({tallies.INGESTED: stored.new, tallies.DUPLICATES: stored.repeats})
    return stored


def _known(cursor: Any, events: Sequence[Checked], now_ms: int) -> dict[Key, int]:
    asked = [(one.insert_id, one.identity) for one in events if one.insert_id]
    if not asked:
        return {}
    cursor.execute(_KNOWN, [orjson.dumps(asked).decode(), now_ms - REPEATS_KNOWN_MS])
    return {(insert_id, identity): number for insert_id, identity, number in cursor.fetchall()}


def _told_apart(
    events: Sequence[Checked], known: dict[Key, int]
) -> tuple[list[Checked], Counter[int], Counter[int]]:
    """(new ones, repeats by the sequence they repeat, repeats within this request by new one)."""
    first: list[Checked] = []
    again: Counter[int] = Counter()
    within: Counter[int] = Counter()
    met: dict[Key, Checked] = {}
    for event in events:
        key = (event.insert_id or "", event.identity)
        if event.insert_id and key in known:
            again[known[key]] += 1
        elif event.insert_id and key in met:
            within[id(met[key])] += 1
        else:
            met[key] = event
            first.append(event)
    return first, again, within


def _row(event: Checked, repeats: int, now_ms: int) -> tuple[str | int | None, ...]:
    return (
        event.event_type,
        event.user_id,
        event.device_id,
        event.insert_id,
        now_ms if event.time_ms is None else event.time_ms,
        now_ms,
        repeats,
        event.body,
        event.received_body,
    )
