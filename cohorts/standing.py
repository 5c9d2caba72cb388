"""In which of a workspace's cohorts one person is, and the run that put them into each.

Knows blocks, runs and folds as bytes of which it reads little (probing.py), so that a thousand
cohorts cost a few statements and no whole base. Knows people by their number.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from braze_partners.people import postgres
from braze_partners.people.numbers import BLOCK_SIZE
from cohorts import bitmaps
from cohorts.probing import Piece, Probe

# Bytes of a first look: the head of a block's sixteen containers, and of a set over ten million.
BLOCK_HEAD = 256
SET_HEAD = 2_048
# Folds of a cohort that are asked who touched a person, the newest first: some 30,000 runs.
FOLDS_ASKED = 512

ADDED, REMOVED = 0, 1
Key = tuple[int, int]  # a row and which of its bitmaps


@dataclass(frozen=True, slots=True)
class Standing:
    """A person is in the cohort. `run_id` is the run that put them there, where it is not folded
    yet; else `put_by` finds it."""

    cohort_id: int
    run_id: int | None


# One moment: who is in the base, and the runs that it has not taken in.
_ALL = f"""
SELECT b.id, b.cohort_id, c.folded_sequence, NULL,
       length(b.bits), substr(b.bits, 1, {BLOCK_HEAD}), NULL, NULL
  FROM cohorts_cohort c JOIN cohorts_cohortblock b ON b.cohort_id = c.id AND b.block = %s
 WHERE c.workspace_id = %s
UNION ALL
SELECT r.id, r.cohort_id, NULL, r.sequence,
       length(r.added_bits), substr(r.added_bits, 1, {SET_HEAD}),
       length(r.removed_bits), substr(r.removed_bits, 1, {SET_HEAD})
  FROM cohorts_cohort c
  JOIN cohorts_importrun r ON r.cohort_id = c.id AND r.sequence > c.folded_sequence
 WHERE c.workspace_id = %s
"""
_BLOCK_PIECES = """
SELECT k.id, k.side, c.folded_sequence,
       substr(b.bits, CAST(k.start + 1 AS int), CAST(k.size AS int))
  FROM {given} JOIN cohorts_cohortblock b ON b.id = k.id JOIN cohorts_cohort c ON c.id = b.cohort_id
"""
_RUN_PIECES = """
SELECT k.id, k.side, NULL, substr(
       CASE WHEN k.side = 0 THEN r.added_bits ELSE r.removed_bits END,
       CAST(k.start + 1 AS int), CAST(k.size AS int))
  FROM {given} JOIN cohorts_importrun r ON r.id = k.id
"""
_FOLD_PIECES = """
SELECT k.id, k.side, NULL,
       substr(f.touched_bits, CAST(k.start + 1 AS int), CAST(k.size AS int))
  FROM {given} JOIN cohorts_fold f ON f.id = k.id
"""
_FOLDS = f"""
SELECT id, cohort_id, first_sequence, last_sequence,
       length(touched_bits), substr(touched_bits, 1, {SET_HEAD})
  FROM (SELECT f.*, row_number() OVER (
               PARTITION BY f.cohort_id ORDER BY f.last_sequence DESC) AS place
          FROM {{given}} JOIN cohorts_fold f ON f.cohort_id = k.cohort) newest
 WHERE place <= {FOLDS_ASKED}
"""
_RUNS = f"""
SELECT r.id, r.cohort_id, r.sequence, length(r.added_bits), substr(r.added_bits, 1, {SET_HEAD})
  FROM {{given}} JOIN cohorts_importrun r
    ON r.cohort_id = k.cohort AND r.sequence >= k.first AND r.sequence <= k.last
"""


def of_person(workspace_id: int, number: int) -> list[Standing]:
    """The cohorts that the person is in, archived ones too, in no order."""
    block = number // BLOCK_SIZE
    rows = bitmaps.fetch(_ALL, [block, workspace_id, workspace_id])
    folded: dict[int, int] = {}
    in_base: dict[int, Key] = {}
    later: dict[int, list[tuple[int, int]]] = defaultdict(list)
    blocks: dict[Key, Probe] = {}
    runs: dict[Key, Probe] = {}
    for row, cohort, folded_to, sequence, *bits in rows:
        if sequence is None:
            folded[row] = folded_to
            in_base[cohort] = (row, ADDED)
            blocks[row, ADDED] = _begun(number, bits[0], bits[1], BLOCK_HEAD)
        else:
            later[cohort].append((sequence, row))
            runs[row, ADDED] = _begun(number, bits[0], bits[1], SET_HEAD)
            runs[row, REMOVED] = _begun(number, bits[2], bits[3], SET_HEAD)
    _finish(runs, _RUN_PIECES)
    moved = _finish(blocks, _BLOCK_PIECES, folded)
    found = []
    for cohort in in_base.keys() | later.keys():
        base = in_base.get(cohort)
        if base in moved:
            found += _read_whole(cohort, number)
            continue
        run = _latest(later.get(cohort, ()), runs)
        if run is not None:
            found += [Standing(cohort, run)] if runs[run, ADDED].answer else []
        elif base is not None and blocks[base].answer:
            found.append(Standing(cohort, None))
    return found


def _latest(later: Iterable[tuple[int, int]], runs: Mapping[Key, Probe]) -> int | None:
    """The newest run that touched the person."""
    for _sequence, row in sorted(later, reverse=True):
        if runs[row, ADDED].answer or runs[row, REMOVED].answer:
            return row
    return None


def _read_whole(cohort: int, number: int) -> list[Standing]:
    """For a cohort that was folded while its bytes were read."""
    members = bitmaps.load_versioned([cohort], [number // BLOCK_SIZE]).get(cohort)
    return [Standing(cohort, None)] if members is not None and members.holds(number) else []


def put_by(standings: Sequence[Standing], number: int) -> dict[int, int]:
    """By cohort, the run that put the person there; absent where its bitmaps are kept no more."""
    found = {one.cohort_id: one.run_id for one in standings if one.run_id is not None}
    asked = [one.cohort_id for one in standings if one.run_id is None]
    spans = _folds_that_touched(asked, number)
    if not spans:
        return found
    given, parameters = _given(("cohort", "first", "last"), spans)
    rows = bitmaps.fetch(_RUNS.format(given=given), parameters)
    probes = {(row[0], ADDED): _begun(number, row[3], row[4], SET_HEAD) for row in rows}
    _finish(probes, _RUN_PIECES)
    for run, cohort, _sequence, *_ in sorted(rows, key=lambda row: row[2]):
        if probes[run, ADDED].answer:
            found[cohort] = run
    return found


def _folds_that_touched(cohorts: Sequence[int], number: int) -> list[tuple[int, int, int]]:
    """By cohort, the first and last sequence of the newest fold that touched the person."""
    if not cohorts:
        return []
    given, parameters = _given(("cohort",), [(cohort,) for cohort in cohorts])
    rows = bitmaps.fetch(_FOLDS.format(given=given), parameters)
    probes = {(row[0], ADDED): _begun(number, row[4], row[5], SET_HEAD) for row in rows}
    _finish(probes, _FOLD_PIECES)
    newest: dict[int, tuple[int, int]] = {}
    for fold, cohort, first, last, *_ in sorted(rows, key=lambda row: row[3]):
        if probes[fold, ADDED].answer:
            newest[cohort] = (first, last)
    return [(cohort, first, last) for cohort, (first, last) in newest.items()]


def _begun(number: int, size: int | None, head: Any, first_look: int) -> Probe:
    probe = Probe(number, size or 0, first_look)
    if probe.answer is None:
        probe.take(head)
    return probe


def _finish(
    probes: Mapping[Key, Probe], statement: str, folded: Mapping[int, int] | None = None
) -> set[Key]:
    """Reads on until every probe has its answer. Gives those whose bytes were written anew
    meanwhile, which `folded` (by row) tells."""
    moved: set[Key] = set()
    while open_ones := [
        (*key, *probe.wants)
        for key, probe in probes.items()
        if probe.answer is None and key not in moved
    ]:
        given, parameters = _given(("id", "side", *Piece._fields), open_ones)
        read = set()
        for row, side, folded_to, data in bitmaps.fetch(statement.format(given=given), parameters):
            read.add((row, side))
            if folded is not None and folded_to != folded[row]:
                moved.add((row, side))
            else:
                probes[row, side].take(data)
        moved |= {(row, side) for row, side, *_ in open_ones} - read  # the row is gone
    return moved


def _given(names: Sequence[str], rows: Sequence[Sequence[int]]) -> tuple[str, list[Any]]:
    """Rows of numbers as a table `k` of a statement, with its parameters."""
    if postgres.is_postgres():
        arrays = ", ".join(["%s::bigint[]"] * len(names))
        columns = [list(column) for column in zip(*rows, strict=True)]
        return f"unnest({arrays}) AS k ({', '.join(names)})", columns
    columns_sql = ", ".join(
        f"json_extract(value, '$[{at}]') AS {name}" for at, name in enumerate(names)
    )
    return f"(SELECT {columns_sql} FROM json_each(%s)) AS k", [json.dumps([*map(list, rows)])]
