"""Takes a cohort's later runs into its base. Knows blocks and runs; changes nothing of who is in.

Safe to run twice or together: whoever moves `folded_sequence` first wins, the other changes
nothing. Only the blocks that the runs touch are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from pyroaring import BitMap

from cohorts import bitmaps
from cohorts.bitmaps import BlockedSet, Delta
from cohorts.limits import (
    FOLD_FROM_RUNS,
    FOLDS_PER_SWEEP,
    QUIET,
    RUNS_PER_FOLD,
    RUNS_PER_TOUCHED,
)
from cohorts.models import Cohort, CohortBlock, Fold

_RUNS = """
SELECT sequence, added_bits, removed_bits FROM cohorts_importrun
 WHERE cohort_id = %s AND sequence > %s AND sequence <= %s ORDER BY sequence
"""
_BLOCKS = "SELECT block, bits FROM cohorts_cohortblock WHERE cohort_id = %s"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a fold will write, computed before its transaction begins. `grown` is the fold before
    it that it is joined to, and `touched` is of both, from `touched_from` on."""

    cohort_id: int
    first: int
    last: int
    changed: BlockedSet
    emptied: list[int]
    touched: BitMap
    grown: int | None
    touched_from: int


def due(now: datetime, limit: int = FOLDS_PER_SWEEP) -> list[int]:
    """Cohorts whose runs have piled up, the worst first; then those with some that have been quiet
    for a while: who asks for many cohorts at once finds few runs beside the bases."""
    waiting = F("sequence") - F("folded_sequence")
    piled_up = Q(sequence__gte=F("folded_sequence") + FOLD_FROM_RUNS)
    quiet = Q(sequence__gt=F("folded_sequence"), last_run_at__lt=now - QUIET)
    found = Cohort.objects.annotate(waiting=waiting).filter(piled_up | quiet).order_by("-waiting")
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
    grown, first, before = _growing(cohort_id, folded, last)
    return Prepared(cohort_id, folded + 1, last, changed, emptied, touched | before, grown, first)


def _growing(cohort_id: int, folded: int, last: int) -> tuple[int | None, int, BitMap]:
    """The newest fold, while it may still take runs in: many small ones would cost whoever asks
    which of them touched a person."""
    rows = Fold.objects.filter(cohort_id=cohort_id, last_sequence=folded)
    newest = rows.filter(first_sequence__gt=last - RUNS_PER_TOUCHED).first()
    if newest is None:
        return None, folded + 1, BitMap()
    return newest.pk, newest.first_sequence, bitmaps.decode(newest.touched_bits)


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
        pk=prepared.grown,
        cohort_id=prepared.cohort_id,
        first_sequence=prepared.touched_from,
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
        fold_row.save(force_insert=prepared.grown is None, force_update=prepared.grown is not None)
    return True
