"""In which cohorts a person is and which run put them there, told from a few bytes of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from pyroaring import BitMap

from cohorts import explaining, folding, membership, standing
from cohorts.membership import Seen, Wanted
from cohorts.models import Cohort, CohortBlock, ImportRun
from cohorts.placing import RunFacts
from tests.cohorts.conftest import NOW, nothing_remembered
from tests.cohorts.factories import CohortFactory
from tests.workspaces.factories import WorkspaceFactory

__all__ = ["nothing_remembered"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

PEOPLE = 3_000_000


def push(cohort: Cohort, add: Any = (), remove: Any = ()) -> int:
    facts = RunFacts(cohort.workspace_id, cohort.partner, ImportRun.Kind.PUSH, NOW, 0.0)
    wanted = Wanted(BitMap(add), BitMap(remove))
    return membership.apply(cohort.pk, wanted, facts, Seen(0)).run_id


def told(cohort: Cohort, number: int) -> int | None:
    """The run that put the person there; None where they are not in."""
    found = [s for s in standing.of_person(cohort.workspace_id, number) if s.cohort_id == cohort.pk]
    return standing.put_by(found, number)[cohort.pk] if found else None


def test_the_newest_run_that_spoke_of_the_person_counts(db: None) -> None:
    cohort = CohortFactory.create()
    first = push(cohort, add=[1, 2, 3])
    assert told(cohort, 1) == first and told(cohort, 9) is None
    push(cohort, remove=[1])
    assert told(cohort, 1) is None
    again = push(cohort, add=[1])
    assert told(cohort, 1) == again and told(cohort, 2) == first


def test_a_folded_run_is_found_again(db: None) -> None:
    cohort = CohortFactory.create()
    first = push(cohort, add=range(0, PEOPLE, 3))
    second = push(cohort, add=[1])
    folding.fold(cohort.pk)
    third = push(cohort, add=[4])
    folding.fold(cohort.pk)
    push(cohort, remove=[6])
    assert [told(cohort, n) for n in (2_999_997, 1, 4, 6, 2)] == [first, second, third, None, None]


def test_it_agrees_with_whole_memberships_over_any_history(db: None) -> None:
    rng = random.Random(7)
    workspace = WorkspaceFactory.create()
    cohorts = [CohortFactory.create(workspace=workspace) for _ in range(6)]
    people = [0, 1, 65_535, 65_536, 1_048_575, 1_048_576, PEOPLE - 1]
    for _ in range(120):
        cohort = rng.choice(cohorts)
        crowd = rng.sample(range(PEOPLE), rng.choice((1, 50, 6_000)))
        some = set(rng.sample(people, rng.randint(0, 4)))
        add = {*crowd, *rng.sample(people, 2)} - some
        push(cohort, add=add, remove=some)
        if rng.random() < 0.2:
            folding.fold(rng.choice(cohorts).pk)
    members = membership.of([cohort.pk for cohort in cohorts])
    for number in people:
        found = standing.of_person(workspace.pk, number)
        inside = {cohort.pk for cohort in cohorts if members[cohort.pk].holds(number)}
        assert {one.cohort_id for one in found} == inside
        last = {pk: explaining.last_change(_cohort(cohorts, pk), number) for pk in inside}
        assert standing.put_by(found, number) == {pk: c.run.pk for pk, c in last.items() if c}


def _cohort(cohorts: list[Cohort], pk: int) -> Cohort:
    return next(cohort for cohort in cohorts if cohort.pk == pk)


def test_another_workspaces_cohorts_are_not_told(db: None) -> None:
    theirs, ours = CohortFactory.create(), CohortFactory.create()
    push(theirs, add=[5])
    assert standing.of_person(ours.workspace_id, 5) == []


def test_a_run_whose_bitmaps_are_gone_is_not_told(db: None) -> None:
    cohort = CohortFactory.create()
    push(cohort, add=[5])
    folding.fold(cohort.pk)
    ImportRun.objects.update(added_bits=None, removed_bits=None)
    found = standing.of_person(cohort.workspace_id, 5)
    assert [one.cohort_id for one in found] == [cohort.pk]
    assert standing.put_by(found, 5) == {}


@pytest.fixture
def fold_in_between(monkeypatch: pytest.MonkeyPatch) -> Generator[list[int], None, None]:
    """Whom to fold after the first statement, before the bytes of the blocks are read."""
    cohorts: list[int] = []
    finish = standing._finish

    def late(*arguments: Any) -> Any:
        while cohorts:
            folding.fold(cohorts.pop())
        return finish(*arguments)

    monkeypatch.setattr(standing, "_finish", late)
    yield cohorts


def test_a_cohort_folded_while_it_is_read_is_read_whole(fold_in_between: list[int]) -> None:
    cohort = CohortFactory.create()
    push(cohort, add=range(0, 200_000, 3))
    folding.fold(cohort.pk)
    push(cohort, add=range(1, 200_000, 3))
    fold_in_between.append(cohort.pk)
    found = standing.of_person(cohort.workspace_id, 3)
    assert [one.cohort_id for one in found] == [cohort.pk]
    assert not fold_in_between


def test_a_block_that_is_gone_meanwhile_is_read_again(
    fold_in_between: list[int],
) -> None:
    cohort = CohortFactory.create()
    push(cohort, add=range(0, 200_000, 3))
    folding.fold(cohort.pk)
    push(cohort, remove=range(0, 200_000, 3))
    push(cohort, add=[9])
    fold_in_between.append(cohort.pk)
    assert standing.of_person(cohort.workspace_id, 3) == []
    assert CohortBlock.objects.filter(cohort=cohort).count() == 1


def test_it_costs_the_same_statements_with_many_cohorts(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]], db: None
) -> None:
    workspace = WorkspaceFactory.create()
    for at in range(30):
        cohort = CohortFactory.create(workspace=workspace)
        push(cohort, add=range(at, 40_000, 2))
        push(cohort, add=range(100_000, 140_000, 3))
        if at % 2:
            folding.fold(cohort.pk)
    with django_assert_max_num_queries(8):
        found = standing.of_person(workspace.pk, 28)
        assert len(standing.put_by(found, 28)) == len(found) == 15


def test_a_quiet_cohort_is_folded_after_a_while_and_its_folds_grow_together(db: None) -> None:
    cohort = CohortFactory.create()
    for n in range(3):
        push(cohort, add=[n])
        Cohort.objects.update(last_run_at=NOW)
        assert folding.due(NOW) == []
        assert folding.due(NOW + timedelta(minutes=5)) == [cohort.pk]
        folding.fold(cohort.pk)
    assert list(cohort.folds.values_list("first_sequence", "last_sequence")) == [(1, 3)]
    assert told(cohort, 1) == ImportRun.objects.order_by("pk")[1].pk
