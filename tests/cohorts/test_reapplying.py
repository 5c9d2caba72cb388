"""Skipped identifiers are added once they are known, unless something said otherwise since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from braze_partners.people.profiles import (
    NewDevice,
    NewPerson,
    create_profiles,
    delete_profiles,
)
from cohorts import limits, membership, reapplying, retiring, undoing
from cohorts.errors import ReapplyRefused
from cohorts.membership import BitMap, Wanted
from cohorts.models import DataPoints, ImportRun, Reapplication
from cohorts.placing import RunFacts
from tests.cohorts.conftest import NOW, Partner

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
Kind, State = ImportRun.Kind, Reapplication.State


def clock() -> datetime:
    return NOW


def known(amplitude: Partner, *external_ids: str, **other: Any) -> list[int]:
    people = [NewPerson(external_id=text, **other) for text in external_ids]
    return create_profiles(amplitude.workspace.pk, people, NOW)


def add(amplitude: Partner, *users: str, **other: list[Any]) -> None:
    assert amplitude.users([{"user_ids": list(users), **other}]).status_code == 201


def remove(amplitude: Partner, *users: str, **other: list[Any]) -> None:
    change = {"user_ids": list(users), "should_remove": True, **other}
    assert amplitude.users([change]).status_code == 201


def reapply(amplitude: Partner, run: ImportRun | None = None) -> Reapplication:
    job = reapplying.start(amplitude.cohort(), run=run, by=None, now=NOW)
    while reapplying.run(str(job.pk), clock):
        pass
    job.refresh_from_db()
    return job


def test_it_adds_those_who_have_become_known(amplitude: Partner) -> None:
    add(amplitude, "u0", "later", "never")
    (later,) = known(amplitude, "later")
    job = reapply(amplitude)
    assert (job.state, job.found, job.added) == (State.COMPLETED, 1, 1)
    assert amplitude.members() == {amplitude.numbers[0], later}
    run = amplitude.last_run()
    assert (run.kind, run.received, run.added, run.size_after) == (Kind.REAPPLY, 1, 1, 2)
    assert run.pk == job.import_run_id
    points = DataPoints.objects.get(kind=Kind.REAPPLY)
    assert (points.added, points.syncs, points.resent) == (1, 0, 0)


def test_twice_changes_nothing_the_second_time(amplitude: Partner) -> None:
    add(amplitude, "later")
    known(amplitude, "later")
    reapply(amplitude)
    job = reapply(amplitude)
    assert (job.found, job.added) == (1, 0)
    assert amplitude.last_run().unchanged == 1


def test_nobody_who_is_known_writes_no_run(amplitude: Partner) -> None:
    add(amplitude, "never")
    runs = ImportRun.objects.count()
    job = reapply(amplitude)
    assert (job.state, job.found, job.import_run) == (State.COMPLETED, 0, None)
    assert ImportRun.objects.count() == runs


def test_aliases_and_devices_become_known_too(amplitude: Partner) -> None:
    add(amplitude, aliases=[{"alias_label": "crm", "alias_name": "x:y"}], device_ids=["d9", "new"])
    (with_alias,) = known(amplitude, "z", aliases=[("crm", "x:y")])
    (nameless,) = create_profiles(
        amplitude.workspace.pk, [NewPerson(devices=[NewDevice("new")])], NOW
    )
    reapply(amplitude)
    assert amplitude.members() == {with_alias, nameless}  # d9 is of somebody identified


def test_whom_a_later_push_removed_is_not_added(amplitude: Partner) -> None:
    add(amplitude, "u0", "gone", "back", "stays")
    known(amplitude, "gone", "back")
    remove(amplitude, "gone", "back")  # known by now and not in: nothing changes
    (stays,) = known(amplitude, "stays")
    assert amplitude.last_run().unchanged == 2
    reapply(amplitude)
    assert amplitude.members() == {amplitude.numbers[0], stays}


def test_a_later_removal_by_another_identifier_counts_too(amplitude: Partner) -> None:
    add(amplitude, "x")
    known(amplitude, "x", aliases=[("crm", "ax")])
    remove(amplitude, aliases=[{"alias_label": "crm", "alias_name": "ax"}])
    assert reapply(amplitude).found == 0


def test_a_removal_that_was_skipped_itself_counts_too(amplitude: Partner) -> None:
    add(amplitude, "x")
    remove(amplitude, "x")
    known(amplitude, "x")
    assert reapply(amplitude).found == 0
    add(amplitude, "y")
    remove(amplitude, "y")
    add(amplitude, "y")
    (number,) = known(amplitude, "y")
    reapply(amplitude)
    assert amplitude.members() == {number}


def test_who_came_in_and_was_taken_out_stays_out(amplitude: Partner) -> None:
    add(amplitude, "x")
    known(amplitude, "x")
    add(amplitude, "x")
    remove(amplitude, "x")
    assert reapply(amplitude).found == 0 and amplitude.members() == set()


def test_one_run_alone_adds_what_it_skipped_and_heeds_what_came_later(amplitude: Partner) -> None:
    add(amplitude, "a", "b")
    first = amplitude.last_run()
    add(amplitude, "c")
    remove(amplitude, "b")
    a, _b, _c = known(amplitude, "a", "b", "c")
    job = reapply(amplitude, run=first)
    assert amplitude.members() == {a} and job.found == 1


def test_deleted_people_are_not_added(amplitude: Partner) -> None:
    add(amplitude, "x", "y")
    x, y = known(amplitude, "x", "y")
    job = reapplying.start(amplitude.cohort(), by=None, now=NOW)
    delete_profiles(amplitude.workspace.pk, [x], NOW)
    reapplying.run(str(job.pk), clock)
    assert amplitude.members() == {y}


def test_an_undo_takes_back_what_its_group_skipped(amplitude: Partner) -> None:
    add(amplitude, "u0", "x")
    ended_at = amplitude.last_run().at
    undoing.undo(amplitude.cohort(), ended_at + timedelta(minutes=11))
    known(amplitude, "x")
    assert reapply(amplitude).found == 0 and amplitude.members() == set()


def test_a_pull_decides_about_whom_external_ids_named(amplitude: Partner) -> None:
    add(amplitude, "by_id", aliases=[{"alias_label": "crm", "alias_name": "by_alias"}])
    pull(amplitude, [0])
    (_by_id,) = known(amplitude, "by_id")
    (by_alias,) = known(amplitude, "other", aliases=[("crm", "by_alias")])
    reapply(amplitude)
    assert amplitude.members() == {amplitude.numbers[0], by_alias}


def pull(amplitude: Partner, people: list[int]) -> None:
    facts = RunFacts(amplitude.workspace.pk, "amplitude", Kind.PULL, NOW, 0.0)
    wanted = Wanted(BitMap([amplitude.numbers[n] for n in people]), BitMap())
    cohort = amplitude.cohort()
    membership.apply(cohort.pk, wanted, facts, membership.look(cohort.pk))


def test_a_push_that_comes_between_is_heeded(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(amplitude, "x", "y")
    _x, y = known(amplitude, "x", "y")
    job = reapplying.start(amplitude.cohort(), by=None, now=NOW)
    before(monkeypatch, lambda: remove(amplitude, "x"))
    reapplying.run(str(job.pk), clock)
    job.refresh_from_db()
    assert (job.state, job.found) == (State.COMPLETED, 1)
    assert amplitude.members() == {y}
    assert ImportRun.objects.filter(kind=Kind.REAPPLY).count() == 1


def before(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Something that happens once, after everything was read and before the run is written."""
    apply, acts = membership.apply, [act]

    def late(*given: Any, **other: Any) -> Any:
        if acts:
            monkeypatch.setattr(membership, "apply", apply)
            acts.pop()()
        return apply(*given, **other)

    monkeypatch.setattr(membership, "apply", late)


def test_a_killed_one_goes_on_where_it_was(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REAPPLY_RUNS_AT_ONCE", 2)
    for name in "abcde":
        add(amplitude, name)
    numbers = known(amplitude, *"abcde")
    job = reapplying.start(amplitude.cohort(), by=None, now=NOW)
    moments = iter(NOW + timedelta(seconds=30 * n) for n in range(100))
    assert reapplying.run(str(job.pk), lambda: next(moments))  # a turn is over after 20 s
    job.refresh_from_db()
    assert (job.done, job.runs, amplitude.members()) == (2, 5, set())
    assert not reapplying.run(str(job.pk), clock)
    assert amplitude.members() == set(numbers)


def test_a_lease_keeps_others_away_until_it_is_over(amplitude: Partner) -> None:
    add(amplitude, "x")
    known(amplitude, "x")
    job = reapplying.start(amplitude.cohort(), by=None, now=NOW)
    lease = NOW + timedelta(seconds=10)
    Reapplication.objects.update(state=State.RUNNING, lease_until=lease, lease_token="another")
    assert not reapplying.run(str(job.pk), clock) and reapplying.forgotten(NOW) == []
    assert reapplying.forgotten(lease + timedelta(seconds=1)) == [str(job.pk)]
    reapplying.run(str(job.pk), lambda: lease + timedelta(seconds=1))
    assert len(amplitude.members()) == 1


def test_a_cancelled_one_applies_nothing(amplitude: Partner) -> None:
    add(amplitude, "x")
    known(amplitude, "x")
    job = reapplying.start(amplitude.cohort(), by=None, now=NOW)
    with pytest.raises(ReapplyRefused, match="already"):
        reapplying.start(amplitude.cohort(), by=None, now=NOW)
    reapplying.cancel(job, NOW)
    assert not reapplying.run(str(job.pk), clock) and amplitude.members() == set()
    with pytest.raises(ReapplyRefused, match="ended"):
        reapplying.cancel(job, NOW)


def test_lists_that_are_gone_after_thirty_days_are_told(amplitude: Partner) -> None:
    add(amplitude, "x")
    remove(amplitude, "u0")
    assert ImportRun.objects.filter(absent_bits__isnull=False).count() == 1
    retiring.retire(amplitude.last_run().at + limits.SKIPPED_KEPT + timedelta(days=1))
    assert ImportRun.objects.filter(absent_bits__isnull=False).count() == 0
    with pytest.raises(ReapplyRefused, match="30 days"):
        reapplying.start(amplitude.cohort(), by=None, now=NOW)


def test_many_identifiers_take_few_statements(amplitude: Partner) -> None:
    for start in range(0, 3_000, 1_000):
        add(amplitude, *(f"n{n}" for n in range(start, start + 1_000)))
    known(amplitude, *(f"n{n}" for n in range(3_000)))
    job = reapplying.start(amplitude.cohort(), by=None, now=NOW)
    assert reapplying.is_small(job)
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        reapplying.run(str(job.pk), clock)
    assert len(amplitude.members()) == 3_000 and len(asked) < 40
