"""Lets memberships follow people who became part of others, in the transaction that merges them.

A merge is one run of kind *merge* in each cohort that held somebody who was merged: they leave,
and the person they became part of enters, unless that person is in already. It counts no data
points.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pyroaring import BitMap

from cohorts import everywhere
from cohorts.bitmaps import Delta
from cohorts.models import ImportRun


def follow(
    sender: object, workspace_id: int, into: Mapping[int, int], now: datetime, **_: object
) -> None:
    """Receives `people_merged`."""
    retired = BitMap(into)

    def moved(inside: BitMap) -> Delta:
        leaving = inside & retired
        return Delta(BitMap([into[number] for number in leaving]) - inside, leaving)

    concerned = retired | BitMap(into.values())
    everywhere.change(workspace_id, concerned, moved, ImportRun.Kind.MERGE, now)
