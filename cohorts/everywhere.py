"""One change of people, written as a run into every cohort that it concerns, in one transaction.

Knows cohorts, runs and bitmaps; knows not why people change. The rows of all cohorts of the
workspace are held in the order of their ids, and every one of them counts it in `deletions`, so
that an import that found its people before is computed again. Since the rows are held, runs need
no compare-and-set (placing.py), and those of many cohorts are two statements.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import F
from pyroaring import BitMap

from cohorts import bitmaps, standing
from cohorts.bitmaps import Delta
from cohorts.models import Cohort, ImportRun

COHORTS_AT_ONCE = 100  # at most 13 MB of blocks in memory
# People who are looked for one by one (24 ms each in 1,000 dense cohorts, measured); for more of
# them reading whole blocks (240 ms) costs less.
FEW_PEOPLE = 8

# From those of the people concerned who are in a cohort, to what changes in it.
Change = Callable[[BitMap], Delta]

_MOVE = """
UPDATE cohorts_cohort SET sequence = sequence + 1, size = size + %s, last_run_at = %s WHERE id = %s
"""


def change(
    workspace_id: int, numbers: BitMap, change_of: Change, kind: ImportRun.Kind, now: datetime
) -> None:
    started = time.perf_counter()
    rows = Cohort.objects.filter(workspace_id=workspace_id)
    cohorts = {one.pk: one for one in rows.select_for_update().order_by("pk")}
    rows.update(deletions=F("deletions") + 1)
    few = len(numbers) <= FEW_PEOPLE
    for held in _by_few(workspace_id, numbers) if few else _by_blocks(list(cohorts), numbers):
        changes = []
        for key, inside in sorted(held.items()):
            delta = change_of(inside)
            if delta.added or delta.removed:
                changes.append((cohorts[key], delta))
        _write(changes, kind, now, started)


def _by_few(workspace_id: int, numbers: BitMap) -> Iterator[dict[int, BitMap]]:
    """By cohort, who of the people is in it, from a few bytes of each cohort and person."""
    inside: dict[int, BitMap] = {}
    for number in numbers:
        for one in standing.of_person(workspace_id, number):
            inside.setdefault(one.cohort_id, BitMap()).add(number)
    yield inside


def _by_blocks(cohorts: Sequence[int], numbers: BitMap) -> Iterator[dict[int, BitMap]]:
    """The same from whole blocks, some cohorts at a time."""
    blocks = list(bitmaps.split(numbers))
    for start in range(0, len(cohorts), COHORTS_AT_ONCE):
        loaded = bitmaps.load_versioned(cohorts[start : start + COHORTS_AT_ONCE], blocks)
        yield {key: bitmaps.members_among(numbers, found.blocks) for key, found in loaded.items()}


def _write(
    changes: Sequence[tuple[Cohort, Delta]], kind: ImportRun.Kind, at: datetime, started: float
) -> None:
    if not changes:
        return
    grown = [len(delta.added) - len(delta.removed) for _cohort, delta in changes]
    with connection.cursor() as cursor:
        cursor.executemany(
            _MOVE,
            [(more, at, cohort.pk) for (cohort, _d), more in zip(changes, grown, strict=True)],
        )
    ImportRun.objects.bulk_create(
        ImportRun(
            workspace_id=cohort.workspace_id,
            partner=cohort.partner,
            cohort=cohort,
            sequence=cohort.sequence + 1,
            kind=kind,
            state=ImportRun.State.COMPLETED,
            at=at,
            duration_ms=(time.perf_counter() - started) * 1000,
            added=len(delta.added),
            removed=len(delta.removed),
            size_after=cohort.size + more,
            added_bits=bitmaps.encode(delta.added),
            removed_bits=bitmaps.encode(delta.removed),
        )
        for (cohort, delta), more in zip(changes, grown, strict=True)
    )
