"""Gives a run its place in its cohort, by compare-and-set. Knows rows and the two databases;
knows nothing of who is in. Only membership calls it.

A run is written only where the cohort still stands at the sequence from which the run's net
change was computed. On PostgreSQL that is one statement, in autocommit, that sets its own limit
for waiting: a row that another session holds is waited for, and then usually lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from cohorts.bitmaps import Delta, Membership, encode, fetch
from cohorts.errors import LostRace
from cohorts.limits import LOCK_WAIT
from cohorts.models import ImportRun


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run says of the request behind it. `started` is a reading of `perf_counter`."""

    workspace_id: int
    partner: str
    kind: ImportRun.Kind
    at: datetime
    started: float
    received: int = 0
    skipped_unknown: int = 0
    skipped_identified: int = 0
    skipped_list: bytes | None = None
    key_id: int | None = None
    address: str | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A run as written. `sequence` is the cohort's after it, `added_bytes` what it stored."""

    run_id: int
    sequence: int
    size: int
    stored_bytes: int


_COLUMNS = (
    "workspace_id, partner, kind, state, key_id, address, request_id, at, duration_ms, received, "
    "added, removed, unchanged, skipped_unknown, skipped_identified, error, added_bits, "
    "removed_bits, skipped_list"
)
_FIELDS = ", ".join(["%s"] * 19)

_PLACE_POSTGRESQL = f"""
WITH free AS (
  SELECT c.id FROM (SELECT set_config('lock_timeout', %s, true)) AS patience, cohorts_cohort c
   WHERE c.id = %s AND c.sequence = %s AND c.deletions = %s
     FOR NO KEY UPDATE OF c
), moved AS (
  UPDATE cohorts_cohort c SET sequence = c.sequence + %s, size = c.size + %s, last_run_at = %s
    FROM free WHERE c.id = free.id
  RETURNING c.id, c.sequence, c.size
)
INSERT INTO cohorts_importrun (cohort_id, sequence, size_after, {_COLUMNS})
SELECT moved.id, CASE WHEN %s THEN moved.sequence END, moved.size, {_FIELDS} FROM moved
RETURNING id, size_after
"""

_MOVE_SQLITE = """
UPDATE cohorts_cohort SET sequence = sequence + %s, size = size + %s, last_run_at = %s
 WHERE id = %s AND sequence = %s AND deletions = %s
RETURNING size
"""

_INSERT_SQLITE = f"""
INSERT INTO cohorts_importrun (cohort_id, sequence, size_after, {_COLUMNS})
VALUES (%s, %s, %s, {_FIELDS}) RETURNING id
"""


def place(cohort_id: int, before: Membership, delta: Delta, facts: RunFacts) -> Placed:
    """Writes the run that takes `before` to the next sequence, or only counts what changed
    nothing. Raises LostRace where the cohort has moved on, or is held, or gone."""
    added, removed = len(delta.added), len(delta.removed)
    step = 1 if added or removed else 0
    growth = added - removed
    bits = (encode(delta.added), encode(delta.removed)) if step else (None, None)
    values = _values(facts, added, removed, bits)
    stands = (cohort_id, before.sequence, before.deletions)
    if connection.vendor == "postgresql":
        found = _place_postgresql(stands, step, growth, values, facts.at)
    else:
        found = _place_sqlite(stands, step, growth, values, facts.at)
    if found is None:
        raise LostRace
    stored = sum(len(part or b"") for part in bits)
    return Placed(found[0], before.sequence + step, found[1], stored)


def _values(
    facts: RunFacts, added: int, removed: int, bits: tuple[bytes | None, bytes | None]
) -> list[Any]:
    skipped = facts.skipped_unknown + facts.skipped_identified
    state = ImportRun.State.WITH_SKIPS if skipped else ImportRun.State.COMPLETED
    return [
        facts.workspace_id,
        facts.partner,
        str(facts.kind),
        str(state),
        facts.key_id,
        facts.address,
        facts.request_id,
        facts.at,
        (time.perf_counter() - facts.started) * 1000,
        facts.received,
        added,
        removed,
        max(0, facts.received - added - removed - skipped),
        facts.skipped_unknown,
        facts.skipped_identified,
        "",
        *bits,
        facts.skipped_list,
    ]


def _place_postgresql(
    stands: tuple[int, int, int], step: int, growth: int, values: list[Any], at: datetime
) -> tuple[int, int] | None:
    patience = f"{LOCK_WAIT // timedelta(milliseconds=1)}ms"
    parameters = [patience, *stands, step, growth, at, bool(step), *values]
    rows = fetch(_PLACE_POSTGRESQL, parameters)
    return (rows[0][0], rows[0][1]) if rows else None


def _place_sqlite(
    stands: tuple[int, int, int], step: int, growth: int, values: list[Any], at: datetime
) -> tuple[int, int] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MOVE_SQLITE, [step, growth, at, *stands])
        moved = cursor.fetchone()
        if moved is None:
            return None
        cohort_id, sequence, _ = stands
        place = sequence + step if step else None
        cursor.execute(_INSERT_SQLITE, [cohort_id, place, moved[0], *values])
        return cursor.fetchone()[0], moved[0]
