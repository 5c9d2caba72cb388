"""Takes deleted people out of every cohort, in the transaction that deletes them.

A deletion is a run of kind *deletion* in each cohort that held one of the people, so that sizes,
their history and the fold stay exact by themselves. It counts no data points.
"""

from __future__ import annotations

from datetime import datetime

from pyroaring import BitMap

from cohorts import everywhere
from cohorts.bitmaps import EMPTY, Delta
from cohorts.models import ImportRun


def take_out(
    sender: object, workspace_id: int, numbers: BitMap, now: datetime, **_: object
) -> None:
    """Receives `people_deleted`."""

    def gone(inside: BitMap) -> Delta:
        return Delta(EMPTY, inside)

    everywhere.change(workspace_id, numbers, gone, ImportRun.Kind.DELETION, now)
