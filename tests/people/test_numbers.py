"""Numbers are dense, never reused, and gap-free whatever happens; sets equal plain sets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from braze_partners.people import numbers, sets
from braze_partners.people.errors import NumbersExhausted
from braze_partners.people.models import NumberCounter, PeopleSet, Profile
from braze_partners.people.profiles import NewPerson, create_profiles, delete_profiles
from tests.people.factories import (
    AttributeValueFactory,
    DeviceFactory,
    NumberCounterFactory,
    PeopleImportProblemFactory,
    PeopleSetFactory,
    ProfileFactory,
)
from tests.workspaces.factories import WorkspaceFactory

pytestmark = pytest.mark.embedded
NOW = datetime(2026, 5, 11, 12, tzinfo=UTC)
BLOCK = numbers.BLOCK_SIZE


@pytest.mark.django_db
def test_people_get_the_next_numbers_in_order() -> None:
    workspace = WorkspaceFactory.create()
    first = create_profiles(workspace.pk, [NewPerson("a"), NewPerson("b")], NOW)
    second = create_profiles(workspace.pk, [NewPerson("c")], NOW)
    assert (first, second) == ([0, 1], [2])
    universe = numbers.universe(workspace.pk)
    assert (universe.next, universe.size) == (3, 3)


@pytest.mark.django_db
def test_each_workspace_counts_for_itself() -> None:
    one, other = WorkspaceFactory.create(), WorkspaceFactory.create()
    create_profiles(one.pk, [NewPerson("a"), NewPerson("b")], NOW)
    assert create_profiles(other.pk, [NewPerson("a")], NOW) == [0]


@pytest.mark.django_db
def test_a_workspace_without_people_has_an_empty_universe() -> None:
    universe = numbers.universe(WorkspaceFactory.create().pk)
    assert (universe.next, universe.size, list(universe)) == (0, 0, [])


@pytest.mark.django_db(transaction=True)
def test_a_transaction_rolled_back_gives_its_numbers_back() -> None:
    workspace = WorkspaceFactory.create()
    create_profiles(workspace.pk, [NewPerson("a")], NOW)
    with pytest.raises(RuntimeError, match="lost"), transaction.atomic():
        create_profiles(workspace.pk, [NewPerson("b"), NewPerson()], NOW)
        numbers.universe(workspace.pk)
        raise RuntimeError("lost")
    assert create_profiles(workspace.pk, [NewPerson("c")], NOW) == [1]
    assert numbers.universe(workspace.pk).size == 2
    assert not any(sets.read(workspace.pk, PeopleSet.Kind.ANONYMOUS).values())


@pytest.mark.django_db
def test_the_number_of_a_deleted_person_is_never_given_again() -> None:
    workspace = WorkspaceFactory.create()
    create_profiles(workspace.pk, [NewPerson("a"), NewPerson(), NewPerson("c")], NOW)
    assert delete_profiles(workspace.pk, [1, 2, 99], NOW) == 2
    assert create_profiles(workspace.pk, [NewPerson("c")], NOW) == [3]
    universe = numbers.universe(workspace.pk)
    assert (universe.next, universe.size) == (4, 2)
    assert set(universe.block(0)) == {0, 3}
    assert not sets.read(workspace.pk, PeopleSet.Kind.ANONYMOUS)[0]


@pytest.mark.django_db
def test_the_last_number_is_the_last_of_32_bits() -> None:
    workspace = NumberCounterFactory.create(next=2**32 - 1).workspace
    assert create_profiles(workspace.pk, [NewPerson("last")], NOW) == [2**32 - 1]
    with pytest.raises(NumbersExhausted, match="4,294,967,296"):
        create_profiles(workspace.pk, [NewPerson("one more")], NOW)


@pytest.mark.django_db(transaction=True)
def test_numbers_are_allotted_only_inside_a_transaction() -> None:
    workspace = WorkspaceFactory.create()
    with pytest.raises(RuntimeError, match="transaction"):
        numbers.allot(workspace.pk, 1)


def _busy(task: tuple[int, int]) -> None:
    """Creates, deletes and fails, as one of several threads."""
    workspace_id, thread = task
    try:
        for turn in range(6):
            people = [NewPerson(f"{thread}-{turn}-{n}") for n in range(3)] + [NewPerson()]
            made = create_profiles(workspace_id, people, NOW)
            with pytest.raises(RuntimeError), transaction.atomic():
                create_profiles(workspace_id, [NewPerson()], NOW)
                raise RuntimeError
            delete_profiles(workspace_id, made[:1], NOW)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_threads_leave_no_gap_and_no_double() -> None:
    workspace = WorkspaceFactory.create()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(_busy, [(workspace.pk, thread) for thread in range(6)]))
    live = set(Profile.objects.filter(workspace=workspace).values_list("number", flat=True))
    unnamed = Profile.objects.filter(workspace=workspace, external_id=None)
    universe = numbers.universe(workspace.pk)
    assert universe.next == NumberCounter.objects.get(workspace=workspace).next == 6 * 6 * 4
    assert set(universe.block(0)) == live
    assert len(live) == universe.size == 6 * 6 * 3
    anonymous = sets.read(workspace.pk, PeopleSet.Kind.ANONYMOUS)
    assert set(anonymous[0]) == set(unnamed.values_list("number", flat=True))


NUMBERS = st.integers(0, 2**32 - 1) | st.integers(BLOCK - 3, BLOCK + 3) | st.integers(0, 9)
CHANGES = st.lists(st.tuples(st.booleans(), st.sets(NUMBERS, max_size=8)), max_size=8)


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=CHANGES)
def test_a_people_set_equals_a_plain_set(changes: list[tuple[bool, set[int]]]) -> None:
    workspace = WorkspaceFactory.create()
    NumberCounter.objects.create(workspace=workspace, next=0)
    plain: set[int] = set()
    for adds, chosen in changes:
        if adds:
            sets.change(workspace.pk, PeopleSet.Kind.DELETED, added=chosen)
            plain |= chosen
        else:
            sets.change(workspace.pk, PeopleSet.Kind.DELETED, removed=chosen)
            plain -= chosen
        stored = sets.read(workspace.pk, PeopleSet.Kind.DELETED)
        assert {number for bits in stored.values() for number in bits} == plain
        assert all(number // BLOCK == block for block, bits in stored.items() for number in bits)


@pytest.mark.django_db
def test_a_run_of_anonymous_people_stays_tiny() -> None:
    workspace = WorkspaceFactory.create()
    create_profiles(workspace.pk, [NewPerson() for _ in range(3_000)], NOW)
    stored = PeopleSet.objects.get(workspace=workspace, kind=PeopleSet.Kind.ANONYMOUS)
    assert len(stored.bits) < 40


@pytest.mark.django_db
def test_what_a_reader_does_to_a_set_stays_with_the_reader() -> None:
    stored = PeopleSetFactory.create(bits=BitMap([1, 2]).serialize())
    NumberCounter.objects.create(workspace=stored.workspace, next=9)
    sets.read(stored.workspace.pk, stored.kind)[0].add(7)
    assert set(sets.read(stored.workspace.pk, stored.kind)[0]) == {1, 2}


@pytest.mark.django_db
def test_a_universe_costs_one_query_however_many_people(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    workspace = WorkspaceFactory.create()
    create_profiles(workspace.pk, [NewPerson() for _ in range(50)], NOW)
    if connection.vendor == "sqlite":
        with django_assert_num_queries(1):
            numbers.universe(workspace.pk)
    assert numbers.universe(workspace.pk).size == 50


@pytest.mark.django_db
def test_deleting_a_person_takes_everything_known_of_them() -> None:
    profile = AttributeValueFactory.create().profile
    DeviceFactory.create(profile=profile)
    delete_profiles(profile.workspace_id, [profile.number], NOW)
    assert not Profile.objects.filter(workspace=profile.workspace).exists()


@pytest.mark.django_db
def test_every_factory_makes_what_the_database_accepts() -> None:
    assert PeopleImportProblemFactory.create().people_import.workspace
    assert ProfileFactory.create(email="a@example.org").email == "a@example.org"
