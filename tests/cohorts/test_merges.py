"""Memberships follow people who become part of others, and imports that found them before."""

from __future__ import annotations

import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pyroaring import BitMap

from braze_partners.people import merging, numbers
from braze_partners.people.merging import Merge
from braze_partners.people.profiles import delete_profiles
from cohorts import bitmaps, everywhere, explaining, folding, membership
from cohorts.membership import Seen, Wanted
from cohorts.models import ImportRun
from cohorts.placing import RunFacts
from tests.cohorts.conftest import NOW, Partner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


def merge(partner: Partner, *pairs: tuple[int, int]) -> None:
    with transaction.atomic():
        numbers.lock(partner.workspace.pk)
        merging.merge(partner.workspace.pk, [Merge(*pair) for pair in pairs], NOW)


def push(partner: Partner, *people: int, cohort: str = "abcd1234") -> None:
    names = [f"u{partner.numbers.index(one)}" for one in people if one in partner.numbers]
    devices = [f"x{partner.anonymous.index(one)}" for one in people if one in partner.anonymous]
    sent = [{"user_ids": names, "device_ids": devices}]
    assert partner.users(sent, cohort).status_code == 201


def runs(partner: Partner) -> list[ImportRun]:
    found = ImportRun.objects.filter(workspace=partner.workspace, kind=ImportRun.Kind.MERGE)
    return list(found.select_related("cohort").order_by("pk"))


@pytest.mark.parametrize("few", [0, everywhere.FEW_PEOPLE])
def test_a_merge_is_one_run_in_each_cohort_that_held_who_goes(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Whether people are looked for one by one or in whole blocks."""
    monkeypatch.setattr(everywhere, "FEW_PEOPLE", few)
    kept, gone = amplitude.numbers[0], amplitude.anonymous[0]
    push(amplitude, gone, cohort="left")
    push(amplitude, kept, cohort="right")
    push(amplitude, kept, gone, cohort="both")
    push(amplitude, amplitude.numbers[5], cohort="neither")
    merge(amplitude, (gone, kept))
    assert amplitude.members("left") == amplitude.members("right") == {kept}
    assert amplitude.members("both") == {kept}
    told = [(str(run.cohort), run.added, run.removed, run.size_after) for run in runs(amplitude)]
    assert told == [
        ("[Amplitude] left: left", 1, 1, 1),
        ("[Amplitude] both: both", 0, 1, 1),
    ]
    assert amplitude.cohort("right").sequence == amplitude.cohort("neither").sequence == 1
    for name in ("left", "both"):
        cohort = amplitude.cohort(name)
        assert (cohort.size, cohort.sequence) == (1, 2)
        assert bitmaps.load([cohort.pk])[cohort.pk][0] == BitMap([kept])


def test_several_become_one_in_one_run(amplitude: Partner) -> None:
    kept, (first, second, third) = amplitude.numbers[0], amplitude.anonymous
    push(amplitude, first, second)
    merge(amplitude, (first, kept), (second, kept), (third, kept))
    (run,) = runs(amplitude)
    assert (run.added, run.removed) == (1, 2)
    assert amplitude.members() == {kept}


def test_the_run_that_put_the_person_here_is_the_merge(amplitude: Partner) -> None:
    kept, gone = amplitude.numbers[0], amplitude.anonymous[0]
    push(amplitude, gone)
    merge(amplitude, (gone, kept))
    found = explaining.last_change(amplitude.cohort(), kept)
    assert found is not None and found.added and found.run.kind == ImportRun.Kind.MERGE
    folding.fold(amplitude.cohort().pk)
    assert amplitude.members() == {kept}


def slow(partner: Partner, add: set[int], remove: set[int], seen: Seen) -> None:
    workspace_id = partner.workspace.pk
    facts = RunFacts(workspace_id, "amplitude", ImportRun.Kind.PUSH, NOW, time.perf_counter())
    wanted = Wanted(BitMap(add), BitMap(remove))
    membership.apply(partner.cohort().pk, wanted, facts, seen)


@pytest.mark.parametrize("remembered", [True, False])
def test_an_import_that_found_somebody_before_the_merge_means_who_they_are_now(
    amplitude: Partner, remembered: bool
) -> None:
    kept, gone, other = amplitude.numbers[0], amplitude.anonymous[0], amplitude.numbers[5]
    push(amplitude, other)
    seen = membership.look(amplitude.cohort().pk) if remembered else Seen(None)
    merge(amplitude, (gone, kept))
    slow(amplitude, {gone}, set(), seen)
    assert amplitude.members() == {other, kept}
    slow(amplitude, set(), {gone}, seen)
    assert amplitude.members() == {other}


def merged(partner: Partner) -> dict[int, int]:
    return merging.successors(partner.workspace.pk, BitMap(partner.anonymous))


def test_a_merge_of_a_merge_is_followed_and_a_deletion_ends_it(amplitude: Partner) -> None:
    first, second, third = amplitude.anonymous
    merge(amplitude, (first, second))
    merge(amplitude, (second, third))
    assert merged(amplitude) == {first: third, second: third}
    delete_profiles(amplitude.workspace.pk, [third], NOW)
    assert merged(amplitude) == {}


def test_who_was_to_be_in_and_out_by_two_names_is_in(amplitude: Partner) -> None:
    """As if the push had come before the merge."""
    kept, gone = amplitude.numbers[0], amplitude.anonymous[0]
    push(amplitude, kept)
    merge(amplitude, (gone, kept))
    slow(amplitude, {gone}, {kept}, Seen(None))
    assert amplitude.members() == {kept}
    slow(amplitude, {kept}, {gone}, Seen(None))
    assert amplitude.members() == {kept}


@pytest.mark.parametrize("few", [0, everywhere.FEW_PEOPLE])
def test_a_deletion_is_one_run_in_each_cohort_that_held_somebody(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(everywhere, "FEW_PEOPLE", few)
    first, second, third = amplitude.numbers[:3]
    push(amplitude, first, second, third, cohort="some")
    push(amplitude, third, cohort="none")
    delete_profiles(amplitude.workspace.pk, [first, second], NOW)
    (run,) = ImportRun.objects.filter(kind=ImportRun.Kind.DELETION)
    assert (run.added, run.removed, run.size_after) == (0, 2, 1)
    assert amplitude.members("some") == amplitude.members("none") == {third}


def test_more_cohorts_cost_no_more_statements(amplitude: Partner) -> None:
    kept, counts = amplitude.numbers[0], []
    for gone, count in zip(amplitude.anonymous, (2, 20), strict=False):
        for n in range(count):
            push(amplitude, gone, cohort=f"{count}-{n}")
        with CaptureQueriesContext(connection) as queries:
            merge(amplitude, (gone, kept))
        counts.append(len(queries))
    assert counts[0] == counts[1]
