"""Pushes that follow each other form a group; what was done to a cohort last as a whole."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from time_machine import travel

from braze_partners.people.profiles import delete_profiles
from cohorts import groups, membership, undoing
from cohorts.errors import NothingToUndo
from cohorts.models import DataPoints, ImportRun, RunGroup
from tests.cohorts.conftest import NOW, Partner
from tests.keys.factories import DataImportKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
Kind = ImportRun.Kind


def push(
    amplitude: Partner, minute: float, *users: str, remove: bool = False, **other: str
) -> None:
    with travel(NOW + timedelta(minutes=minute), tick=False):
        change = {"user_ids": list(users), "should_remove": remove}
        assert amplitude.users([change], **other).status_code == 201


def runs_by_group(amplitude: Partner) -> list[int]:
    return [group.runs for group in RunGroup.objects.order_by("cohort", "number")]


def test_pushes_that_follow_within_ten_minutes_form_a_group(amplitude: Partner) -> None:
    push(amplitude, 0, "u0", "u1", "ghost")
    push(amplitude, 10, "u2")
    push(amplitude, 20, "u0", remove=True)
    push(amplitude, 30.1, "u5")
    first, second = RunGroup.objects.order_by("number")
    assert (first.runs, first.received, first.added, first.removed, first.skipped) == (
        3,
        5,
        3,
        1,
        1,
    )
    assert (first.first_sequence, first.last_sequence, first.size_after) == (1, 3, 2)
    assert first.last_at - first.began_at == timedelta(minutes=20)
    assert (second.runs, second.first_sequence, second.last_sequence) == (1, 4, 4)
    heads = ImportRun.objects.filter(first_of_group=True).order_by("id")
    assert [run.group_id for run in heads] == [first.pk, second.pk]
    assert groups.runs_of(first).count() == 3 and groups.runs_of(second).count() == 1


def test_another_key_begins_another_group_and_another_cohort_has_its_own(
    amplitude: Partner,
) -> None:
    other = "bpi_" + "o" * 43
    DataImportKeyFactory.create(workspace=amplitude.workspace, secret=other)
    push(amplitude, 0, "u0")
    push(amplitude, 1, "u1", cohort_id="second")
    push(amplitude, 2, "u1", client_secret=other)
    push(amplitude, 3, "u2")
    assert runs_by_group(amplitude) == [1, 1, 1, 1]


def test_a_group_ends_after_a_day_though_nobody_pauses(amplitude: Partner) -> None:
    for tenth in range(0, 24 * 60 + 30, 10):
        push(amplitude, tenth, "u0")
    assert runs_by_group(amplitude) == [144, 3]


def test_deletions_come_between_unnoticed(amplitude: Partner) -> None:
    push(amplitude, 0, "u0", "u1")
    delete_profiles(amplitude.workspace.pk, [amplitude.numbers[0]], NOW)
    push(amplitude, 5, "u2")
    act = groups.last_finished(amplitude.cohort().pk, NOW + timedelta(minutes=16))
    assert runs_by_group(amplitude) == [2]
    assert act is not None and (act.first, act.last, act.kind) == (1, 3, Kind.PUSH)
    later = NOW + timedelta(minutes=16)
    found = undoing.preview(amplitude.cohort(), later)
    assert (found.first, found.last, found.taken_out, found.put_back) == (1, 3, 3, 0)
    undoing.undo(amplitude.cohort(), later)
    assert amplitude.members() == set()


def test_a_push_that_changes_nothing_belongs_to_the_group(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    push(amplitude, 1, "u0")
    group = RunGroup.objects.get()
    assert (group.runs, group.unchanged, group.first_sequence, group.last_sequence) == (2, 1, 1, 1)


def test_a_group_is_finished_when_nothing_can_go_on_with_it(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    cohort = amplitude.cohort()
    assert groups.last_act(cohort.pk, NOW) is not None
    assert groups.last_finished(cohort.pk, NOW + timedelta(minutes=10)) is None
    with pytest.raises(NothingToUndo, match="still be coming in"):
        undoing.preview(cohort, NOW + timedelta(minutes=10))
    assert groups.last_finished(cohort.pk, NOW + timedelta(minutes=10, seconds=1)) is not None


def test_an_undo_ends_a_group_and_is_the_last_act(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    apply(amplitude, Kind.UNDO, remove=[0], minute=1)
    push(amplitude, 2, "u1")
    assert runs_by_group(amplitude) == [1, 1]
    apply(amplitude, Kind.UNDO, remove=[1], minute=3)
    cohort = amplitude.cohort()
    act = groups.last_act(cohort.pk, NOW)
    assert act is not None and (act.kind, act.first, act.last) == (Kind.UNDO, 4, 4)
    assert groups.last_finished(cohort.pk, NOW) is None


def test_a_pull_is_an_act_of_its_own(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    apply(amplitude, Kind.PULL, add=[1, 2], minute=1)
    act = groups.last_finished(amplitude.cohort().pk, NOW + timedelta(minutes=1))
    assert act is not None and (act.kind, act.first, act.last) == (Kind.PULL, 2, 2)
    assert undoing.preview(amplitude.cohort(), NOW).taken_out == 2


def apply(
    amplitude: Partner,
    kind: ImportRun.Kind,
    add: tuple[int, ...] | list[int] = (),
    remove: tuple[int, ...] | list[int] = (),
    minute: float = 0,
) -> None:
    facts = membership.RunFacts(
        amplitude.workspace.pk, "amplitude", kind, NOW + timedelta(minutes=minute), 0.0
    )
    numbers = amplitude.numbers
    wanted = membership.Wanted(
        membership.BitMap([numbers[n] for n in add]),
        membership.BitMap([numbers[n] for n in remove]),
    )
    cohort = amplitude.cohort()
    membership.apply(cohort.pk, wanted, facts, membership.look(cohort.pk))


def test_runs_of_before_are_put_into_groups_and_days_as_they_would_be_now(
    amplitude: Partner,
) -> None:
    push(amplitude, 0, "u0", "u1")
    push(amplitude, 5, "u2", "ghost")
    apply(amplitude, Kind.UNDO, remove=[2], minute=6)
    push(amplitude, 7, "u3")
    push(amplitude, 60 * 24, "u4")

    def kept() -> list[object]:
        skip = ("id", "group_id")
        models = (RunGroup, DataPoints, ImportRun)
        rows = [list(model.objects.order_by("pk").values()) for model in models]
        return [{k: v for k, v in row.items() if k not in skip} for some in rows for row in some]

    before = kept()
    ImportRun.objects.update(group=None, first_of_group=True)
    RunGroup.objects.all().delete()
    DataPoints.objects.all().delete()
    cohort = amplitude.cohort()
    cohort.group_number, cohort.group_last_at = 0, None
    cohort.save()
    importlib.import_module("cohorts.migrations.0003_count_earlier_runs").count(apps, None)
    assert kept() == before
    after = amplitude.cohort()
    assert (after.group_number, after.group_last_at) == (3, NOW + timedelta(days=1))
