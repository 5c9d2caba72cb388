"""Gives a run its place in its cohort, by compare-and-set. Knows rows and the two databases;
knows nothing of who is in. Only membership calls it.

A run is written only where the cohort still stands at the sequence from which the run's net
change was computed. On PostgreSQL that is one statement, in autocommit, that sets its own limit
for waiting: a row that another session holds is waited for, and then usually lost. The same
statement moves the group of pushes and the day's data points: 0.2 ms of a push's 9, and so they
are never behind, and nobody has to add up what is still uncounted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from pyroaring import BitMap

from cohorts import placing_sqlite
from cohorts.bitmaps import EMPTY, Delta, Membership, encode, fetch
from cohorts.data_point_days import COUNTED, SYNCS, day_of
from cohorts.errors import LostRace
from cohorts.limits import GROUP_LASTS, GROUP_PAUSE, LOCK_WAIT
from cohorts.models import ImportRun

KEEPS_GROUP = (ImportRun.Kind.DELETION, ImportRun.Kind.MERGE)  # what no partner did ends none


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
    "removed_bits, skipped_list, absent_bits"
)
_FIELDS = ", ".join(f"%({name})s" for name in _COLUMNS.split(", "))

_PLACE_POSTGRESQL = f"""
WITH free AS (
  SELECT c.id, COALESCE(
           %(pushes)s AND c.group_key = %(group_key)s AND c.group_last_at >= %(group_since)s
           AND c.group_began_at > %(group_began_since)s, false) AS goes_on
    FROM (SELECT set_config('lock_timeout', %(patience)s, true)) AS patience, cohorts_cohort c
   WHERE c.id = %(cohort)s AND c.sequence = %(sequence)s AND c.deletions = %(deletions)s
     FOR NO KEY UPDATE OF c
), moved AS (
  UPDATE cohorts_cohort c
     SET sequence = c.sequence + %(step)s, size = c.size + %(growth)s, last_run_at = %(at)s,
         group_number = c.group_number + CASE WHEN %(pushes)s AND NOT goes_on THEN 1 ELSE 0 END,
         group_key = CASE WHEN %(pushes)s THEN %(group_key)s ELSE c.group_key END,
         group_began_at = CASE WHEN %(pushes)s AND NOT goes_on THEN %(at)s
                               ELSE c.group_began_at END,
         group_last_at = CASE WHEN %(pushes)s THEN %(at)s WHEN %(ends)s THEN NULL
                              ELSE c.group_last_at END
    FROM free WHERE c.id = free.id
  RETURNING c.id, c.size, c.group_number, goes_on, c.workspace_id, c.partner, c.cohort_id,
            CASE WHEN %(step)s > 0 THEN c.sequence END AS place
), grouped AS (
  INSERT INTO cohorts_rungroup AS g
         (cohort_id, number, began_at, last_at, runs, received, added, removed, unchanged,
          skipped_unknown, skipped_identified, first_sequence, last_sequence, size_after)
  SELECT id, group_number, %(at)s, %(at)s, 1, %(received)s, %(added)s, %(removed)s, %(unchanged)s,
         %(skipped_unknown)s, %(skipped_identified)s, place, place, size
    FROM moved WHERE %(pushes)s
  ON CONFLICT (cohort_id, number) DO UPDATE
     SET last_at = GREATEST(g.last_at, excluded.last_at), runs = g.runs + 1,
         received = g.received + excluded.received, added = g.added + excluded.added,
         removed = g.removed + excluded.removed, unchanged = g.unchanged + excluded.unchanged,
         skipped_unknown = g.skipped_unknown + excluded.skipped_unknown,
         skipped_identified = g.skipped_identified + excluded.skipped_identified,
         first_sequence = COALESCE(g.first_sequence, excluded.first_sequence),
         last_sequence = COALESCE(excluded.last_sequence, g.last_sequence),
         size_after = excluded.size_after
  RETURNING id
), counted AS (
  INSERT INTO cohorts_datapoints AS d
         (workspace_id, day, partner, cohort_id, kind, key, added, removed, syncs, resent)
  SELECT workspace_id, %(day)s, partner, cohort_id, %(kind)s, %(group_key)s, %(added)s,
         %(removed)s, CASE WHEN %(syncs)s AND NOT goes_on THEN 1 ELSE 0 END,
         CASE WHEN NOT %(syncs)s THEN 0 WHEN goes_on THEN %(growth)s ELSE size END
    FROM moved WHERE %(counts)s AND (%(step)s > 0 OR NOT goes_on)
  ON CONFLICT (workspace_id, day, partner, cohort_id, kind, key) DO UPDATE
     SET added = d.added + excluded.added, removed = d.removed + excluded.removed,
         syncs = d.syncs + excluded.syncs, resent = d.resent + excluded.resent
)
INSERT INTO cohorts_importrun
       (cohort_id, sequence, size_after, group_id, first_of_group, {_COLUMNS})
SELECT id, place, size, (SELECT id FROM grouped), NOT goes_on, {_FIELDS} FROM moved
RETURNING id, size_after
"""


def place(
    cohort_id: int, before: Membership, delta: Delta, facts: RunFacts, absent: BitMap = EMPTY
) -> Placed:
    """Writes the run that takes `before` to the next sequence, or only counts what changed
    nothing. `absent` were to be removed and were not in. Raises LostRace where the cohort has
    moved on, or is held, or gone."""
    added, removed = len(delta.added), len(delta.removed)
    step = 1 if added or removed else 0
    bits = (encode(delta.added), encode(delta.removed)) if step else (None, None)
    values = {
        "cohort": cohort_id,
        "sequence": before.sequence,
        "deletions": before.deletions,
        "step": step,
        "growth": added - removed,
        "added": added,
        "removed": removed,
        "added_bits": bits[0],
        "removed_bits": bits[1],
        "absent_bits": encode(absent) if absent else None,
        **_said(facts, _named(facts.kind, added, removed)),
        **_grouping(facts),
    }
    if connection.vendor == "postgresql":
        rows = fetch(_PLACE_POSTGRESQL, values)
        found = (rows[0][0], rows[0][1]) if rows else None
    else:
        found = placing_sqlite.place(values, _COLUMNS, _FIELDS)
    if found is None:
        raise LostRace
    stored = sum(len(part or b"") for part in bits)
    return Placed(found[0], before.sequence + step, found[1], stored)


def _named(kind: ImportRun.Kind, added: int, removed: int) -> int:
    """How many of what was received changed something: a pulled list does not name those that it
    removes (product.md 3.3)."""
    return added if kind == ImportRun.Kind.PULL else added + removed


def _said(facts: RunFacts, changed: int) -> dict[str, Any]:
    skipped = facts.skipped_unknown + facts.skipped_identified
    state = ImportRun.State.WITH_SKIPS if skipped else ImportRun.State.COMPLETED
    return {
        "workspace_id": facts.workspace_id,
        "partner": facts.partner,
        "kind": str(facts.kind),
        "state": str(state),
        "key_id": facts.key_id,
        "address": facts.address,
        "request_id": facts.request_id,
        "at": facts.at,
        "duration_ms": (time.perf_counter() - facts.started) * 1000,
        "received": facts.received,
        "unchanged": max(0, facts.received - changed - skipped),
        "skipped_unknown": facts.skipped_unknown,
        "skipped_identified": facts.skipped_identified,
        "error": "",
        "skipped_list": facts.skipped_list,
    }


def _grouping(facts: RunFacts) -> dict[str, Any]:
    """What decides whether a push goes on with the group before it, and what a run costs."""
    counts = facts.kind in COUNTED
    return {
        "patience": f"{LOCK_WAIT // timedelta(milliseconds=1)}ms",
        "pushes": facts.kind == ImportRun.Kind.PUSH,
        "ends": facts.kind not in KEEPS_GROUP,
        "group_key": facts.key_id or 0,
        "group_since": facts.at - GROUP_PAUSE,
        "group_began_since": facts.at - GROUP_LASTS,
        "counts": counts,
        "syncs": facts.kind in SYNCS,
        "day": day_of(facts.workspace_id, facts.at) if counts else None,
    }
