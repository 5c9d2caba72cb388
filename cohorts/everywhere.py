"""One change of people, written as a run into every cohort that it concerns, in one transaction.

Knows cohorts, runs and bitmaps; knows not why people change. The rows of all cohorts of the
workspace are held in the order of their ids, and every one of them counts it in `deletions`, so
that an import that found its people before is computed again. Since the rows are held, runs need
no compare-and-set (placing.py), and those of many cohorts are two statements.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import F
from pyroaring import BitMap

from cohorts import bitmaps
from cohorts.bitmaps import Delta
from cohorts.models import Cohort, ImportRun

COHORTS_AT_ONCE = 100  # at most 13 MB of blocks in memory

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
    blocks = list(bitmaps.split(numbers))
    keys = list(cohorts)
    for start in range(0, len(keys), COHORTS_AT_ONCE):
        some = keys[start : start + COHORTS_AT_ONCE]
        found = bitmaps.load_versioned(some, blocks)
        changes = []
        for key in some:
            delta = change_of(bitmaps.members_among(numbers, found[key].blocks))
            if delta.added or delta.removed:
                changes.append((cohorts[key], delta))
        _write(changes, kind, now, started)


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
