"""The pages of import runs, their groups, skipped identifiers and re-applies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from braze_partners.people.profiles import NewPerson, create_profiles
from braze_partners.workspaces.models import AuditEntry, Role
from cohorts import limits, skipped_search
from cohorts.models import ImportRun, Reapplication, RunGroup
from tests.cohorts.conftest import NOW, Partner
from tests.cohorts.factories import CohortFactory, ImportRunFactory, RunGroupFactory
from tests.cohorts.test_views import address, signed_in
from tests.keys.factories import DataImportKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def push(amplitude: Partner, hour: int, *users: str, **other: Any) -> None:
    with travel(NOW + timedelta(hours=hour), tick=False):
        assert amplitude.users([{"user_ids": list(users)}], **other).status_code == 201


def listed(amplitude: Partner, **filters: str) -> list[ImportRun]:
    runs: list[ImportRun] = (
        signed_in(amplitude).get(address(amplitude, "runs"), filters).context["runs"]
    )
    return runs


def test_a_group_stands_as_one_row_and_opens_to_its_requests(amplitude: Partner) -> None:
    for name in ("u0", "u1", "ghost"):
        push(amplitude, 0, name)
    push(amplitude, 1, "u3")
    single, group = listed(amplitude)
    assert single.group is not None and group.group is not None
    assert (single.group.runs, group.group.runs) == (1, 3)
    client = signed_in(amplitude)
    page = client.get(address(amplitude, "runs")).content.decode()
    assert "Delta sync in 3 requests" in page and "With skips" in page
    opened = client.get(address(amplitude, "run_group", group.group_id))
    assert len(opened.context["runs"]) == 3
    assert "3 received = 2 added + 0 removed + 0 unchanged + 1 skipped" in opened.content.decode()
    one = client.get(address(amplitude, "run", group.pk)).content.decode()
    assert address(amplitude, "run_group", group.group_id) in one


def test_an_open_group_says_that_it_may_go_on(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    client = signed_in(amplitude)
    there = address(amplitude, "run_group", RunGroup.objects.get().pk)
    with travel(NOW + timedelta(minutes=9), tick=False):
        assert "Still open" in client.get(there).content.decode()
    with travel(NOW + timedelta(minutes=11), tick=False):
        assert "Still open" not in client.get(there).content.decode()


@pytest.mark.parametrize(
    "filters,expected",
    [
        ({"partner": "heap"}, ["heap"]),
        ({"kind": "undo"}, ["undo"]),
        ({"state": "failed"}, ["failed"]),
        ({"state": "with_skips"}, ["skips"]),
        ({"with_skips": "1"}, ["skips"]),
        ({"state": "completed"}, ["undo", "heap"]),
        ({"search": "carts"}, ["heap"]),
        ({"search": "zz9"}, ["heap"]),
        ({"first_day": "2026-05-13"}, ["failed"]),
        ({"first_day": "2026-05-12", "last_day": "2026-05-12"}, ["undo"]),
        ({"kind": "nonsense", "first_day": "x", "key": "-1"}, ["failed", "undo", "heap", "skips"]),
    ],
)
def test_the_filters_of_the_address_let_through_what_they_say(
    amplitude: Partner, filters: dict[str, str], expected: list[str]
) -> None:
    made = {}
    push(amplitude, 0, "u0")
    push(amplitude, 0, "ghost")
    made[listed(amplitude)[0].pk] = "skips"
    heap = CohortFactory.create(
        workspace=amplitude.workspace, partner="heap", name="Carts", cohort_id="zz9"
    )
    made[ImportRunFactory.create(cohort=heap, at=NOW).pk] = "heap"
    cohort = amplitude.cohort()
    undo = ImportRun.Kind.UNDO
    made[ImportRunFactory.create(cohort=cohort, kind=undo, at=NOW + timedelta(days=1)).pk] = "undo"
    failed = ImportRun.State.FAILED
    later = NOW + timedelta(days=2)
    made[ImportRunFactory.create(cohort=cohort, state=failed, at=later).pk] = "failed"
    assert [made[run.pk] for run in listed(amplitude, **filters)] == expected


def test_runs_are_filtered_by_key_and_by_cohort(amplitude: Partner) -> None:
    other = "bpi_" + "o" * 43
    key = DataImportKeyFactory.create(workspace=amplitude.workspace, secret=other)
    push(amplitude, 0, "u0")
    push(amplitude, 0, "u1", client_secret=other, cohort_id="second")
    assert [run.key_id for run in listed(amplitude, key=str(key.pk))] == [key.pk]
    second = amplitude.cohort("second")
    assert [run.cohort_id for run in listed(amplitude, cohort=str(second.pk))] == [second.pk]


def test_older_runs_are_a_link_away_and_filters_stay(amplitude: Partner) -> None:
    cohort = CohortFactory.create(workspace=amplitude.workspace)
    ImportRunFactory.create_batch(60, cohort=cohort)
    client = signed_in(amplitude)
    first = client.get(address(amplitude, "runs"), {"partner": "amplitude"})
    before = first.context["before"]
    assert len(first.context["runs"]) == 50
    assert f"partner=amplitude&amp;before={before}" in first.content.decode()
    rest = client.get(address(amplitude, "runs"), {"before": before}).context["runs"]
    assert len(rest) == 10 and all(run.pk < before for run in rest)


@pytest.mark.parametrize("count", [3, 40])
def test_the_runs_page_costs_the_same_however_many_runs(amplitude: Partner, count: int) -> None:
    for _ in range(count):
        cohort = CohortFactory.create(workspace=amplitude.workspace)
        group = RunGroupFactory.create(cohort=cohort, runs=3)
        ImportRunFactory.create(cohort=cohort, group=group)
    client = signed_in(amplitude)
    from django.db import connection

    with CaptureQueriesContext(connection) as asked:
        client.get(address(amplitude, "runs"))
    assert len(asked) <= 12, [query["sql"] for query in asked]


def test_skipped_identifiers_are_found_in_the_whole_workspace(amplitude: Partner) -> None:
    push(amplitude, 0, "ghost-1", "other")
    push(amplitude, 1, "ghost-2", cohort_id="second")
    (number,) = create_profiles(amplitude.workspace.pk, [NewPerson(external_id="ghost-2")], NOW)
    client = signed_in(amplitude)
    with travel(NOW + timedelta(hours=2), tick=False):
        found = client.get(address(amplitude, "skipped"), {"q": "ghost"})
        here = {"cohort": str(amplitude.cohort().pk), "q": "ghost"}
        of_one = client.get(address(amplitude, "skipped"), here)
    rows = [(skip.entry.identifier, known) for skip, known in found.context["skips"]]
    assert rows == [("ghost-2", number), ("ghost-1", None)]
    assert [skip.entry.identifier for skip, _ in of_one.context["skips"]] == ["ghost-1"]
    assert "Known now" in found.content.decode() and "Re-apply skipped" in of_one.content.decode()


def test_a_search_goes_on_where_it_stopped(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"g{n:03}" for n in range(120)]
    push(amplitude, 0, *names[:70])
    push(amplitude, 1, *names[70:])
    where = skipped_search.Where(amplitude.workspace.pk)
    for searched_runs in (limits.SEARCHED_RUNS, 1):
        monkeypatch.setattr(skipped_search, "SEARCHED_RUNS", searched_runs)
        seen: list[str] = []
        after, steps = None, 0
        while steps == 0 or after is not None:
            found = skipped_search.search(where, NOW + timedelta(hours=2), 50, after)
            seen += [skip.entry.identifier for skip in found.skips]
            after, steps = found.after, steps + 1
        assert sorted(seen) == names and steps in (3, 4)


def test_text_in_an_identifier_is_found_as_it_is(amplitude: Partner) -> None:
    push(amplitude, 0, 'a"b', "c\\d", "é", "%_", "[[x")
    when = NOW + timedelta(hours=1)
    for text in ('a"b', "c\\d", "é", "%", "[["):
        where = skipped_search.Where(amplitude.workspace.pk, text)
        assert len(skipped_search.search(where, when, 9).skips) == 1, text


def test_what_was_skipped_long_ago_is_not_searched(amplitude: Partner) -> None:
    push(amplitude, 0, "ghost")
    where = skipped_search.Where(amplitude.workspace.pk, "ghost")
    assert skipped_search.search(where, NOW + timedelta(days=30), 9).skips
    assert not skipped_search.search(where, NOW + timedelta(days=32), 9).skips


def test_a_small_re_apply_is_done_at_once_and_recorded(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["ghost", "never"]}])
    create_profiles(amplitude.workspace.pk, [NewPerson(external_id="ghost")], NOW)
    client = signed_in(amplitude, Role.MARKETER)
    page = client.post(address(amplitude, "reapply", amplitude.cohort().pk), follow=True)
    assert "1 person added." in page.content.decode()
    entry = AuditEntry.objects.get(action="cohort.skips_reapplied")
    assert entry.target == amplitude.cohort().label
    run = ImportRun.objects.get(kind=ImportRun.Kind.REAPPLY)
    assert address(amplitude, "run", run.pk) in page.content.decode()


def test_a_run_alone_is_re_applied_from_its_page(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["ghost"]}])
    run = amplitude.last_run()
    client = signed_in(amplitude, Role.MARKETER)
    assert "Re-apply skipped" in client.get(address(amplitude, "run", run.pk)).content.decode()
    page = client.post(address(amplitude, "reapply_run", run.pk), follow=True).content.decode()
    assert "none of the skipped identifiers is known yet" in page
    viewer = signed_in(amplitude, Role.VIEWER)
    seen = viewer.get(address(amplitude, "run", run.pk)).content.decode()
    assert "Re-apply skipped" not in seen and "ghost" in seen


def test_a_large_one_shows_how_far_it_is_and_can_be_cancelled(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REAPPLY_AT_ONCE_RUNS", 0)
    monkeypatch.setattr("cohorts.run_views.wake", lambda *_: None)
    amplitude.users([{"user_ids": ["ghost"]}])
    client = signed_in(amplitude)
    page = client.post(address(amplitude, "reapply", amplitude.cohort().pk), follow=True)
    assert "0 of 1 run looked through" in page.content.decode()
    job = Reapplication.objects.get()
    part = client.get(address(amplitude, "reapplication_progress", job.pk)).content.decode()
    assert 'hx-trigger="poll"' in part
    again = client.post(address(amplitude, "reapply", amplitude.cohort().pk), follow=True)
    assert "being re-applied already" in again.content.decode()
    done = client.post(address(amplitude, "reapplication_cancel", job.pk), follow=True)
    assert "Nobody was added." in done.content.decode()
