"""What leaves the log, and when: whole days, never what an active Current has still to decide, up
to a hard limit. Knows batches and days; the caller says what is still needed.

A batch goes when the day of its receipt ended `EVENT_LOG_RETENTION_DAYS` ago. What is needed
stays, on PostgreSQL with all other batches of its day; beyond the hard limit it goes all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from braze_partners.events import log_sql, partitions
from braze_partners.events.limits import HARD_LIMIT_DAYS, RETIRE_CHUNK
from braze_partners.people import postgres

_NEEDED = """
SELECT EXISTS (
  SELECT 1 FROM unnest(%s::bigint[], %s::bigint[]) AS kept (workspace_id, sequence)
    JOIN {day} AS batch ON batch.workspace_id = kept.workspace_id
     AND batch.end_sequence > kept.sequence)
"""
_OVERDUE = "SELECT DISTINCT workspace_id FROM {table} WHERE received_at < %s"
_DELETE = """
DELETE FROM {table} WHERE {row} IN (
  SELECT {row} FROM {table}
   WHERE workspace_id = %s AND received_at < %s AND end_sequence <= %s LIMIT {chunk})
"""
_BEYOND = (
    "SELECT workspace_id, max(end_sequence) FROM events_batch WHERE received_at < %s GROUP BY 1"
)
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Retired:
    days: list[date]
    batches: int  # deleted one by one, where there was no day to drop


def soft_limit(now: datetime) -> datetime:
    """Batches received before it may go."""
    return _midnight(now, settings.EVENT_LOG_RETENTION_DAYS)


def hard_limit(now: datetime) -> datetime:
    """Batches received before it go, needed or not."""
    return _midnight(now, max(HARD_LIMIT_DAYS, settings.EVENT_LOG_RETENTION_DAYS))


def beyond_hard_limit(now: datetime) -> dict[int, int]:
    """By workspace, the sequence before which `retire` of this moment takes everything. Whoever
    still waits for such events has to give them up first."""
    with connection.cursor() as cursor:
        cursor.execute(_BEYOND, [log_sql.moment_value(hard_limit(now))])
        return dict(cursor.fetchall())


def retire(now: datetime, protected: Mapping[int, int]) -> Retired:
    """Takes what is past its time. `protected` is by workspace the first sequence that is still
    needed; a workspace that is not in it needs nothing."""
    gone: list[date] = []
    soft, hard = soft_limit(now), hard_limit(now)
    for day in partitions.days():
        ends = datetime.combine(day + timedelta(days=1), time(), UTC)
        if ends > soft or (ends > hard and _is_needed(day, protected)):
            continue
        if partitions.drop(day):
            gone.append(day)
    return Retired(gone, _delete_overdue(soft, protected) + _delete_overdue(hard, {}))


def _midnight(now: datetime, days: int) -> datetime:
    return datetime.combine(now.astimezone(UTC).date() - timedelta(days=days), time(), UTC)


def _is_needed(day: date, protected: Mapping[int, int]) -> bool:
    with connection.cursor() as cursor:
        statement = _NEEDED.format(day=partitions.name_of(day))
        cursor.execute(statement, [list(protected), list(protected.values())])
        return bool(cursor.fetchone()[0])


def _delete_overdue(limit: datetime, protected: Mapping[int, int]) -> int:
    """In short transactions: on SQLite everything, on PostgreSQL what has no day of its own."""
    table = partitions.DEFAULT if postgres.is_postgres() else "events_batch"
    row = "ctid" if postgres.is_postgres() else "rowid"
    before = log_sql.moment_value(limit)
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE.format(table=table), [before])
        overdue = [workspace_id for (workspace_id,) in cursor.fetchall()]
    statement = _DELETE.format(table=table, row=row, chunk=RETIRE_CHUNK)
    return sum(
        _delete_some(statement, [workspace_id, before, protected.get(workspace_id, _ALL)])
        for workspace_id in overdue
    )


def _delete_some(statement: str, parameters: list[Any]) -> int:
    count = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            count += cursor.rowcount
            if cursor.rowcount < RETIRE_CHUNK:
                return count
