"""Forgets what runs keep only for a time: skipped identifiers and removals of who was not in
after 30 days, bitmaps after 400.
The counts of a run stay. A run that is not folded yet keeps its bitmaps: they are the membership.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from cohorts import data_points
from cohorts.limits import (
    DATA_POINTS_KEPT,
    RETIRED_PER_STATEMENT,
    RUN_BITMAPS_KEPT,
    SKIPPED_KEPT,
)
from cohorts.models import Fold, ImportRun


@dataclass(frozen=True, slots=True)
class Retired:
    """How many runs lost their list, how many their bitmaps; how many rows of the ledger of data
    points went."""

    skipped_lists: int
    bitmaps: int
    data_points: int


def retire(now: datetime) -> Retired:
    lists = ImportRun.objects.filter(
        Q(skipped_list__isnull=False) | Q(absent_bits__isnull=False), at__lt=now - SKIPPED_KEPT
    )
    old = ImportRun.objects.filter(at__lt=now - RUN_BITMAPS_KEPT)
    folded = old.filter(added_bits__isnull=False, sequence__lte=F("cohort__folded_sequence"))
    retired = Retired(
        _in_steps(lists, {"skipped_list": None, "absent_bits": None}),
        _in_steps(folded, {"added_bits": None, "removed_bits": None}),
        _forget_points(now),
    )
    _forget_folds(old)
    return retired


def _forget_points(now: datetime) -> int:
    count, before = 0, (now - DATA_POINTS_KEPT).date()
    while gone := data_points.forget_before(before, RETIRED_PER_STATEMENT):
        count += gone
    return count


def _forget_folds(old: QuerySet[ImportRun]) -> None:
    """A fold's union says where to look; with the last of its runs there is nothing to find."""
    last_run = old.filter(
        cohort=OuterRef("cohort"), sequence=OuterRef("last_sequence"), added_bits=None
    )
    Fold.objects.filter(Exists(last_run)).delete()


def _in_steps(runs: QuerySet[ImportRun], emptied: dict[str, None]) -> int:
    count = 0
    while keys := list(runs.values_list("pk", flat=True)[:RETIRED_PER_STATEMENT]):
        count += ImportRun.objects.filter(pk__in=keys).update(**emptied)
    return count
