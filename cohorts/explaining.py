"""Which run last put a person into a cohort or took them out. Knows numbers; whose number it is,
is for the caller to know.

Goes from the newest run back. Each fold keeps the union of what its runs touched, so that whole
groups of runs are skipped without reading them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cohorts import bitmaps
from cohorts.models import Cohort, Fold, ImportRun

AT_ONCE = 64  # bitmaps read by one statement: some hundred kilobytes

_RUNS = """
SELECT id, sequence, added_bits, removed_bits FROM cohorts_importrun
 WHERE cohort_id = %s AND sequence >= %s AND sequence < %s
 ORDER BY sequence DESC LIMIT %s
"""
_FOLDS = """
SELECT first_sequence, last_sequence, touched_bits FROM cohorts_fold
 WHERE cohort_id = %s AND last_sequence < %s ORDER BY last_sequence DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class LastChange:
    """The run that spoke last about a person; `added` says what it said."""

    run: ImportRun
    added: bool


def last_change(cohort: Cohort, number: int) -> LastChange | None:
    """None where no run that still keeps its bitmaps ever touched the person."""
    for first, end in _groups(cohort.pk, number):
        found = _last_within(cohort.pk, number, first, end)
        if found is not None:
            run_id, added = found
            run = ImportRun.objects.select_related("key").defer(
                "added_bits", "removed_bits", "skipped_list", "absent_bits"
            )
            return LastChange(run.get(pk=run_id), added)
    return None


def _groups(cohort_id: int, number: int) -> Iterator[tuple[int, int]]:
    """Ranges of sequences, the newest first, in which the person may occur."""
    newest = Fold.objects.filter(cohort_id=cohort_id).order_by("-last_sequence")
    folded: int = newest.values_list("last_sequence", flat=True).first() or 0
    yield folded + 1, 2**62
    below = folded + 1
    while rows := bitmaps.fetch(_FOLDS, [cohort_id, below, AT_ONCE]):
        for first, last, touched in rows:
            if number in bitmaps.decode(touched):
                yield first, last + 1
        below = rows[-1][1]


def _last_within(cohort_id: int, number: int, first: int, end: int) -> tuple[int, bool] | None:
    rows: list[tuple[Any, ...]]
    while rows := bitmaps.fetch(_RUNS, [cohort_id, first, end, AT_ONCE]):
        for run_id, _, added, removed in rows:
            if number in bitmaps.decode(added):
                return run_id, True
            if number in bitmaps.decode(removed):
                return run_id, False
        end = rows[-1][1]
    return None
