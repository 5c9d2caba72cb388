"""Takes deleted people out of every cohort, in the transaction that deletes them.

A deletion is a run of kind *deletion* in each cohort that held one of the people, so that sizes,
their history and the fold stay exact by themselves. It counts no data points. All cohorts of the
workspace count it in `deletions`: an import that resolved its identifiers before is computed
again, without the people who went.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.db.models import F
from pyroaring import BitMap

from cohorts import bitmaps
from cohorts.bitmaps import Delta
from cohorts.models import Cohort, ImportRun
from cohorts.placing import RunFacts, place

COHORTS_AT_ONCE = 100  # at most 13 MB of blocks in memory


def take_out(
    sender: object, workspace_id: int, numbers: BitMap, now: datetime, **_: object
) -> None:
    """Receives `people_deleted`."""
    cohorts = Cohort.objects.filter(workspace_id=workspace_id)
    held = cohorts.select_for_update().order_by("pk")
    ids = list(held.values_list("pk", "partner"))
    cohorts.update(deletions=F("deletions") + 1)
    for start in range(0, len(ids), COHORTS_AT_ONCE):
        some = dict(ids[start : start + COHORTS_AT_ONCE])
        _take_out_of(some, workspace_id, numbers, now)


def _take_out_of(
    partners: dict[int, str], workspace_id: int, numbers: BitMap, now: datetime
) -> None:
    started = time.perf_counter()
    blocks = list(bitmaps.split(numbers))
    for cohort_id, before in bitmaps.load_versioned(list(partners), blocks).items():
        gone = bitmaps.members_among(numbers, before.blocks)
        if gone:
            facts = RunFacts(
                workspace_id, partners[cohort_id], ImportRun.Kind.DELETION, now, started
            )
            place(cohort_id, before, Delta(bitmaps.EMPTY, gone), facts)
