"""The days into which PostgreSQL's log is cut: made ahead, dropped when their time has come. Knows
the table's partitions; knows nothing of what may go. SQLite has none.

A day is made as a table of its own and attached, so that readers and writers are held up for a
moment only, and for PARTITION_PATIENCE_MS at most. What finds no day falls into the default
partition: nothing is lost, and `strays` says that the job which makes days has not run.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from braze_partners.events.limits import (
    MOVABLE_BYTES,
    PARTITION_DAYS_AHEAD,
    PARTITION_PATIENCE_MS,
)
from braze_partners.people import postgres

DEFAULT = "events_batch_default"
_PREFIX = "events_batch_"
_ONE_AT_A_TIME = 0x6576_656E_7473  # "events"
_ALL = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = to_regclass('events_batch') ORDER BY c.relname
"""
_MOVE = f"""
WITH strays AS (
  DELETE FROM {DEFAULT} WHERE received_at >= %s AND received_at < %s RETURNING *)
INSERT INTO {{day}} SELECT * FROM strays
"""


def name_of(day: date) -> str:
    return f"{_PREFIX}{day:%Y%m%d}"


def days() -> list[date]:
    """The days that have a partition, oldest first."""
    if not postgres.is_postgres():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        names = [name for (name,) in cursor.fetchall() if name != DEFAULT]
    return [datetime.strptime(name.removeprefix(_PREFIX), "%Y%m%d").date() for name in names]  # noqa: DTZ007


def make_ahead(now: datetime) -> list[date]:
    """Makes today's and the next days' partitions; gives those it made. Batches that have begun to
    fall into the default one move to their day, unless they are too many: then the day is left
    out, and they stay there until they retire."""
    made: list[date] = []
    if not postgres.is_postgres():
        return made
    today = now.astimezone(UTC).date()
    wanted = [today + timedelta(days=ahead) for ahead in range(PARTITION_DAYS_AHEAD + 1)]
    for day in sorted(set(wanted) - set(days())):
        try:
            with _patiently() as cursor:
                _make(cursor, day)
            made.append(day)
        except DatabaseError:
            continue  # held up by others, or too many strays: the next run, or `strays`, tells
    return made


def _make(cursor: CursorWrapper, day: date) -> None:
    name, begins, ends = name_of(day), f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
    cursor.execute(f"CREATE TABLE {name} (LIKE events_batch INCLUDING ALL)")
    cursor.execute(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE")
    cursor.execute("SELECT pg_total_relation_size(%s)", [DEFAULT])
    if cursor.fetchone()[0] <= MOVABLE_BYTES:
        cursor.execute(_MOVE.format(day=name), [begins, ends])
    cursor.execute(
        f"ALTER TABLE events_batch ATTACH PARTITION {name}"
        f" FOR VALUES FROM ('{begins}') TO ('{ends}')"
    )


def drop(day: date) -> bool:
    """False when others held the log for too long: the next run tries again."""
    try:
        with _patiently() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name_of(day)}")
    except DatabaseError:
        return False
    return True


def strays() -> int:
    """How many batches have fallen into the default partition."""
    if not postgres.is_postgres():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {DEFAULT}")
        return int(cursor.fetchone()[0])


@contextmanager
def _patiently() -> Generator[CursorWrapper, None, None]:
    """One transaction that waits for no lock for long; two such jobs at once go one by one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {PARTITION_PATIENCE_MS}")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        yield cursor
