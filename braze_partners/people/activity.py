"""Moves the last-active times of known people, in bulk. Knows profiles by number; knows not what
people did.

Rows are taken in the order of their numbers, as every writer takes them. A time only moves on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from braze_partners.people import changed, identity, postgres

# People per transaction: their rows are held for about 20 ms on PostgreSQL.
CHUNK = 1_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOVE = """
WITH told AS (
  SELECT number, timestamptz 'epoch' + micros * interval '1 microsecond' AS at
    FROM unnest(%s::bigint[], %s::bigint[]) AS one (number, micros)
), held AS (
  SELECT p.id, told.at FROM told JOIN people_profile p
      ON p.workspace_id = %s AND p.number = told.number
   WHERE p.last_active_at IS NULL OR p.last_active_at < told.at
   ORDER BY p.number FOR NO KEY UPDATE OF p
)
UPDATE people_profile p SET last_active_at = held.at FROM held WHERE p.id = held.id
"""
_MOVE_SQLITE = """
UPDATE people_profile SET last_active_at = %s
 WHERE workspace_id = %s AND number = %s AND (last_active_at IS NULL OR last_active_at < %s)
"""


def seen(
    workspace_id: int,
    external_ids: Mapping[str, int],
    devices: Mapping[str, int],
    braze_ids: Mapping[str, int],
) -> int:
    """Each identifier's last moment, in milliseconds since the epoch. Unknown ones are left alone.
    Gives how many known people were named."""
    moments: dict[int, int] = {}
    _note(moments, identity.resolve_external_ids(workspace_id, list(external_ids)), external_ids)
    matches = identity.resolve_devices(workspace_id, list(devices))
    _note(moments, [None if match is None else match.number for match in matches], devices)
    _note(moments, identity.resolve_braze_ids(workspace_id, list(braze_ids)), braze_ids)
    numbers = sorted(moments)
    for start in range(0, len(numbers), CHUNK):
        _move(workspace_id, {number: moments[number] for number in numbers[start : start + CHUNK]})
    return len(numbers)


def _note(moments: dict[int, int], numbers: Iterable[int | None], told: Mapping[str, int]) -> None:
    for number, moment in zip(numbers, told.values(), strict=True):
        if number is not None and moment > moments.get(number, -1):
            moments[number] = moment


def _move(workspace_id: int, moments: Mapping[int, int]) -> None:
    with transaction.atomic():
        if postgres.is_postgres():
            micros = postgres.Int8Array.of(moment * 1_000 for moment in moments.values())
            with connection.wrap_database_errors, postgres.binary_cursor() as cursor:
                cursor.execute(_MOVE, [postgres.Int8Array.of(moments), micros, workspace_id])
        else:
            rows = [_row(workspace_id, *one) for one in moments.items()]
            with connection.cursor() as plain:
                plain.executemany(_MOVE_SQLITE, rows)
        changed.note(workspace_id, moments, ("last_active_at",))


def _row(workspace_id: int, number: int, moment: int) -> list[Any]:
    at = _EPOCH + timedelta(milliseconds=moment)
    stored = connection.ops.adapt_datetimefield_value(at)
    return [stored, workspace_id, number, stored]
