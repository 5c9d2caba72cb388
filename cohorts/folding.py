"""Takes a cohort's later runs into its base. Knows blocks and runs; changes nothing of who is in.

Safe to run twice or together: whoever moves `folded_sequence` first wins, the other changes
nothing. Only the blocks that the runs touch are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from pyroaring import BitMap

from cohorts import bitmaps
from cohorts.bitmaps import BlockedSet, Delta
from cohorts.limits import FOLD_FROM_RUNS, FOLDS_PER_SWEEP, RUNS_PER_FOLD
from cohorts.models import Cohort, CohortBlock, Fold

_RUNS = """
SELECT sequence, added_bits, removed_bits FROM cohorts_importrun
 WHERE cohort_id = %s AND sequence > %s AND sequence <= %s ORDER BY sequence
"""
_BLOCKS = "SELECT block, bits FROM cohorts_cohortblock WHERE cohort_id = %s"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a fold will write, computed before its transaction begins."""

    cohort_id: int
    first: int
    last: int
    changed: BlockedSet
    emptied: list[int]
    touched: BitMap


def due(from_runs: int = FOLD_FROM_RUNS, limit: int = FOLDS_PER_SWEEP) -> list[int]:
    """Cohorts whose runs have piled up, the worst first."""
    found = (
        Cohort.objects.annotate(waiting=F("sequence") - F("folded_sequence"))
        .filter(sequence__gte=F("folded_sequence") + from_runs)
        .order_by("-waiting")
    )
    return list(found.values_list("pk", flat=True)[:limit])


def fold(cohort_id: int) -> int:
    """Takes in what waits; how many runs that were (0: nothing, or somebody else did)."""
    prepared = _prepare(cohort_id)
    if prepared is None or not _write(prepared):
        return 0
    return prepared.last - prepared.first + 1


def _prepare(cohort_id: int) -> Prepared | None:
    heads = Cohort.objects.filter(pk=cohort_id).values_list("sequence", "folded_sequence")
    head = heads.first()
    if head is None or head[0] == head[1]:
        return None
    folded, last = head[1], min(head[0], head[1] + RUNS_PER_FOLD)
    delta, touched = _changes(cohort_id, folded, last)
    blocks = bitmaps.touched_blocks(delta)
    base = {
        block: bitmaps.decode(bits)
        for block, bits in bitmaps.fetch(_BLOCKS, [cohort_id])
        if block in blocks
    }
    after = bitmaps.combine(base, delta)
    changed = {block: bits for block, bits in after.items() if bits != base.get(block)}
    emptied = sorted(base.keys() - after.keys())
    return Prepared(cohort_id, folded + 1, last, changed, emptied, touched)


def _changes(cohort_id: int, folded: int, last: int) -> tuple[Delta, BitMap]:
    rows: list[tuple[Any, ...]] = bitmaps.fetch(_RUNS, [cohort_id, folded, last])
    changes = [(bitmaps.decode(added), bitmaps.decode(removed)) for _, added, removed in rows]
    touched = BitMap()
    for added, removed in changes:
        touched |= added
        touched |= removed
    return bitmaps.net_of(changes), touched


def _write(prepared: Prepared) -> bool:
    """Blocks first and the cohort's row last, so that pushes wait for a commit only. Two folds
    meet at the first block; the later finds `folded_sequence` moved and takes its writes back."""
    rows = [
        CohortBlock(cohort_id=prepared.cohort_id, block=block, bits=bitmaps.encode_block(bits))
        for block, bits in sorted(prepared.changed.items())
    ]
    fold_row = Fold(
        cohort_id=prepared.cohort_id,
        first_sequence=prepared.first,
        last_sequence=prepared.last,
        touched_bits=bitmaps.encode_block(prepared.touched),
    )
    with transaction.atomic():
        blocks = CohortBlock.objects.filter(cohort_id=prepared.cohort_id)
        CohortBlock.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["cohort", "block"],
            update_fields=["bits"],
        )
        blocks.filter(block__in=prepared.emptied).delete()
        moved = Cohort.objects.filter(
            pk=prepared.cohort_id, folded_sequence=prepared.first - 1
        ).update(folded_sequence=prepared.last)
        if not moved:
            transaction.set_rollback(True)
            return False
        fold_row.save(force_insert=True)
    return True
