"""Who is in: reading, writing, folding, looking back, on whole cohorts of numbers."""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from time import perf_counter

import pytest
from pyroaring import BitMap

from braze_partners.people.numbers import BLOCK_SIZE
from cohorts import bitmaps, explaining, folding, history, membership, remembered, retiring
from cohorts.errors import CohortGone
from cohorts.membership import Applied, Seen, Wanted
from cohorts.models import Cohort, CohortBlock, Fold, ImportRun
from cohorts.placing import RunFacts
from tests.cohorts.conftest import NOW
from tests.cohorts.factories import CohortFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


NOBODY: Set[int] = frozenset()


def run(cohort: Cohort, add: Set[int] = NOBODY, remove: Set[int] = NOBODY, day: int = 0) -> Applied:
    facts = RunFacts(
        cohort.workspace_id,
        cohort.partner,
        ImportRun.Kind.PUSH,
        NOW + timedelta(days=day),
        perf_counter(),
        received=len(add) + len(remove),
    )
    wanted = Wanted(BitMap(add), BitMap(remove))
    return membership.apply(cohort.pk, wanted, facts, Seen(None))


def everyone(cohort: Cohort) -> set[int]:
    loaded = bitmaps.load([cohort.pk])[cohort.pk]
    return {number for bits in loaded.values() for number in bits}


def test_runs_chain_sizes_along_sequences() -> None:
    cohort = CohortFactory.create()
    assert run(cohort, {1, 2, 3}).size == 3
    applied = run(cohort, {3, 4}, {1, 9})
    assert (applied.sequence, applied.size, applied.added, applied.removed) == (2, 3, 1, 1)
    assert everyone(cohort) == {2, 3, 4}


def test_a_run_that_changes_nothing_takes_no_place() -> None:
    cohort = CohortFactory.create()
    run(cohort, {1})
    applied = run(cohort, {1}, {7})
    assert (applied.sequence, applied.added, applied.removed) == (1, 0, 0)
    latest = ImportRun.objects.latest("id")
    assert latest.sequence is None and latest.unchanged == 2 and latest.added_bits is None


def test_a_fold_changes_nothing_of_who_is_in() -> None:
    cohort = CohortFactory.create()
    far = {BLOCK_SIZE + 5, 3 * BLOCK_SIZE}
    run(cohort, {1, 2} | far)
    run(cohort, {3}, {1, 3 * BLOCK_SIZE})
    before = everyone(cohort)
    assert folding.fold(cohort.pk) == 2 and folding.fold(cohort.pk) == 0
    assert everyone(cohort) == before == {2, 3, BLOCK_SIZE + 5}
    assert set(CohortBlock.objects.values_list("block", flat=True)) == {0, 1}
    run(cohort, set(), {2, 3})
    assert folding.fold(cohort.pk) == 1
    assert set(CohortBlock.objects.values_list("block", flat=True)) == {1}
    assert everyone(cohort) == {BLOCK_SIZE + 5}


def test_a_fold_writes_only_the_blocks_it_touches() -> None:
    cohort = CohortFactory.create()
    run(cohort, {1, BLOCK_SIZE})
    folding.fold(cohort.pk)
    CohortBlock.objects.filter(block=1).update(bits=bitmaps.encode(BitMap([BLOCK_SIZE, 2**21 - 1])))
    run(cohort, {2})
    folding.fold(cohort.pk)
    assert everyone(cohort) == {1, 2, BLOCK_SIZE, 2**21 - 1}


def test_two_folds_at_once_fold_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cohort = CohortFactory.create()
    run(cohort, {1, 2})
    prepared = folding._prepare(cohort.pk)
    assert prepared is not None
    assert folding._write(prepared) and not folding._write(prepared)
    assert everyone(cohort) == {1, 2} and Fold.objects.count() == 1


def test_cohorts_are_due_from_eight_runs_on() -> None:
    busy, quiet = CohortFactory.create(), CohortFactory.create()
    for number in range(8):
        run(busy, {number})
    for number in range(7):
        run(quiet, {number})
    assert folding.due(NOW) == [busy.pk]


def test_what_is_remembered_is_brought_forward(transactional_db: None) -> None:
    cohort = CohortFactory.create()
    run(cohort, {1, 2})
    stale = remembered.memberships.get(cohort.pk)
    assert stale is not None and stale.sequence == 1
    run(cohort, {3}, {1})
    remembered.memberships.put(cohort.pk, stale)
    assert membership.members_page(cohort, None, 10) == [2, 3]
    remembered.memberships.put(cohort.pk, stale)
    applied = run(cohort, {1, 3})
    assert (applied.sequence, applied.added, applied.size) == (3, 1, 3)


def test_a_deleted_cohort_is_gone_for_whoever_remembers_it(transactional_db: None) -> None:
    cohort = CohortFactory.create()
    run(cohort, {1})
    Cohort.objects.filter(pk=cohort.pk).delete()
    with pytest.raises(CohortGone):
        run(cohort, {2})
    assert membership.of([cohort.pk]) == {}


def test_members_are_paged_over_blocks() -> None:
    cohort = CohortFactory.create()
    members = {0, 5, BLOCK_SIZE - 1, BLOCK_SIZE, 2 * BLOCK_SIZE + 7}
    run(cohort, members)
    assert membership.members_page(cohort, None, 2) == [0, 5]
    assert membership.members_page(cohort, 5, 2) == [BLOCK_SIZE - 1, BLOCK_SIZE]
    assert membership.members_page(cohort, BLOCK_SIZE, 2) == [2 * BLOCK_SIZE + 7]
    assert membership.members_page(cohort, 2**22, 2) == []
    assert membership.is_member(cohort, 5) and not membership.is_member(cohort, 6)


def test_it_finds_the_run_that_last_spoke_about_a_person() -> None:
    cohort = CohortFactory.create()
    first = run(cohort, {1, 2})
    second = run(cohort, set(), {1})
    folding.fold(cohort.pk)
    third = run(cohort, {3})
    folding.fold(cohort.pk)
    fourth = run(cohort, {1})
    folded = {n: explaining.last_change(cohort, n) for n in (1, 2, 3, 4)}
    assert {n: found and (found.run.pk, found.added) for n, found in folded.items()} == {
        1: (fourth.run_id, True),
        2: (first.run_id, True),
        3: (third.run_id, True),
        4: None,
    }
    run(cohort, set(), {1})
    assert second.run_id < fourth.run_id
    latest = explaining.last_change(cohort, 1)
    assert latest is not None and not latest.added


def test_history_begins_with_the_size_before_and_ends_now() -> None:
    cohort = CohortFactory.create()
    for day in range(4):
        run(cohort, {day}, day=day)
    now = NOW + timedelta(days=10)
    points = history.size_history(cohort, NOW + timedelta(days=1, hours=1), now)
    assert [size for _, size in points] == [2, 3, 4, 4] and points[-1][0] == now
    assert history.size_history(CohortFactory.create(), NOW, now) == []


def test_a_long_history_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY_POINTS", 3)
    cohort = CohortFactory.create()
    for step in range(6):
        run(cohort, {step}, day=step // 3)
    points = history.size_history(cohort, NOW - timedelta(days=30), NOW + timedelta(days=2))
    assert [size for _, size in points] == [0, 3, 6, 6]


def test_old_runs_forget_their_lists_then_their_bitmaps_but_not_unfolded_ones() -> None:
    cohort = CohortFactory.create()
    run(cohort, {1})
    folding.fold(cohort.pk)
    run(cohort, {2})
    ImportRun.objects.update(skipped_list=b"x")
    assert retiring.retire(NOW + timedelta(days=29)) == retiring.Retired(0, 0, 0)
    assert retiring.retire(NOW + timedelta(days=31)) == retiring.Retired(2, 0, 0)
    assert retiring.retire(NOW + timedelta(days=401)) == retiring.Retired(0, 1, 0)
    assert everyone(cohort) == {1, 2} and not Fold.objects.exists()
    assert ImportRun.objects.filter(added=1).count() == 2


def test_a_memory_keeps_to_its_weight() -> None:
    kept: remembered.Memory[str, int] = remembered.Memory(10, lambda value: value)
    kept.put("a", 4)
    kept.put("b", 4)
    assert kept.get("a") == 4
    kept.put("c", 4)
    assert kept.get("b") is None and kept.get("a") == 4
    kept.put("a", 11)
    assert kept.get("a") is None and kept.get("c") is None
