"""Data points: one for each user added or removed; by day, source and cohort; page and CSV."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from braze_partners.people.profiles import NewPerson, create_profiles, delete_profiles
from braze_partners.workspaces.models import AuditEntry, Role
from cohorts import data_points, keeping, limits, reapplying, remembered, retiring, undoing
from cohorts.data_points import PointFilters, Spent
from cohorts.models import Cohort, DataPoints, ImportRun
from tests.cohorts.conftest import NOW, Partner
from tests.cohorts.test_groups import apply, push
from tests.cohorts.test_views import address, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
Kind = ImportRun.Kind
DAY = 60 * 24
ALL = PointFilters(date(2026, 5, 1), date(2026, 5, 31))


@pytest.fixture(autouse=True)
def no_zones_remembered() -> None:
    remembered.zones.clear()


def total(amplitude: Partner, filters: PointFilters = ALL) -> Spent:
    return data_points.total(amplitude.workspace, filters)


def test_who_enters_and_who_leaves_counts_and_who_stays_does_not(amplitude: Partner) -> None:
    push(amplitude, 0, "u0", "u1", "u2", "ghost")
    push(amplitude, 1, "u0", "u1")
    push(amplitude, 2, "u0", "u9", remove=True)
    assert total(amplitude) == Spent(added=3, removed=1, syncs=1, by_syncs=4, resent=2)


def test_each_sync_could_have_been_its_whole_list(amplitude: Partner) -> None:
    push(amplitude, 0, *(f"u{n}" for n in range(10)))
    push(amplitude, 60, "u10")
    push(amplitude, 120, "u10")  # nothing new, and the list would have come all the same
    apply(amplitude, Kind.PULL, add=[11], minute=180)
    spent = total(amplitude)
    assert (spent.syncs, spent.by_syncs, spent.resent) == (4, 12, 10 + 11 + 11 + 12)
    assert spent.saved == 32


def test_undo_and_re_apply_count_and_deletions_do_not(amplitude: Partner) -> None:
    push(amplitude, 0, "u0", "u1", "ghost")
    undoing.undo(amplitude.cohort(), NOW + timedelta(minutes=11))
    assert total(amplitude).points == 4
    push(amplitude, 20, "u0", "ghost")
    create_profiles(amplitude.workspace.pk, [NewPerson(external_id="ghost")], NOW)
    later = NOW + timedelta(hours=1)
    job = reapplying.start(amplitude.cohort(), by=None, now=later)
    reapplying.run(str(job.pk), lambda: later)
    assert total(amplitude).points == 6
    delete_profiles(amplitude.workspace.pk, [amplitude.numbers[0]], NOW)
    assert total(amplitude).points == 6 and amplitude.cohort().size == 1
    assert total(amplitude).syncs == 2


def test_days_are_those_of_the_workspace(amplitude: Partner) -> None:
    amplitude.workspace.time_zone = "Asia/Kathmandu"
    amplitude.workspace.save()
    evening = datetime(2026, 5, 11, 18, 10, tzinfo=UTC)  # 23:55 there
    for minutes in (0, 8):
        with travel(evening + timedelta(minutes=minutes), tick=False):
            amplitude.users([{"user_ids": [f"u{minutes}"]}])
    by_day = dict(data_points.by_day(amplitude.workspace, ALL))
    assert by_day[date(2026, 5, 11)] == Spent(added=1, syncs=1, by_syncs=1, resent=1)
    # The sync began the day before: only what it grew by stands here.
    assert by_day[date(2026, 5, 12)] == Spent(added=1, syncs=0, by_syncs=1, resent=1)
    assert len(by_day) == 31


def test_the_ledger_agrees_with_the_runs(amplitude: Partner) -> None:
    for minute in range(0, 5 * DAY, 400):
        users = [f"u{n}" for n in range(20) if (minute // 400) % (n + 2) == 0]
        push(amplitude, minute, *users)
        push(amplitude, minute + 3, *users[:3], remove=True, cohort_id=f"c{minute % 3}")
        push(amplitude, minute + 4, *users, cohort_id=f"c{minute % 3}")
    runs = ImportRun.objects.filter(kind=Kind.PUSH)
    changed = sum(run.added + run.removed for run in runs)
    assert total(amplitude).points == changed > 50
    days = data_points.by_day(amplitude.workspace, ALL)
    sources = data_points.by_source(amplitude.workspace, ALL)
    cohorts = data_points.by_cohort(amplitude.workspace, ALL)
    for parts in ([spent for _, spent in days], [s.spent for s in sources]):
        assert sum(spent.points for spent in parts) == changed
    assert sum(row.spent.points for row in cohorts) == changed
    syncs = runs.filter(first_of_group=True).count()
    assert total(amplitude).syncs == syncs


def test_what_a_deleted_cohort_cost_stays(amplitude: Partner) -> None:
    push(amplitude, 0, "u0", "u1")
    keeping.delete(amplitude.cohort())
    (row,) = data_points.by_cohort(amplitude.workspace, ALL)
    assert (row.cohort, row.cohort_id, row.spent.points) == (None, "abcd1234", 2)
    with travel(NOW, tick=False):
        page = signed_in(amplitude).get(address(amplitude, "data_points")).content.decode()
    assert "abcd1234" in page and "deleted" in page


def test_it_outlives_runs_and_goes_after_five_years(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    retiring.retire(NOW + limits.RUN_BITMAPS_KEPT * 2)
    assert DataPoints.objects.count() == 1
    assert retiring.retire(NOW + limits.DATA_POINTS_KEPT + timedelta(days=2)).data_points == 1
    assert DataPoints.objects.count() == 0


def test_a_page_shows_the_last_thirty_days(amplitude: Partner) -> None:
    push(amplitude, 0, "u0", "u1")
    push(amplitude, 31 * DAY, "u2")
    client = signed_in(amplitude, Role.VIEWER)
    with travel(NOW + timedelta(days=31), tick=False):
        page = client.get(address(amplitude, "data_points"))
        all_of_it = client.get(address(amplitude, "data_points"), {"first_day": "2026-05-01"})
    assert page.context["total"].points == 1 and len(page.context["moments"]) == 30
    assert all_of_it.context["total"].points == 3
    text = page.content.decode()
    assert "What full re-sends would have cost" in text and "Export CSV" not in text
    assert "bpi_" in text


@pytest.mark.parametrize(
    "filters,points",
    [
        ({"partner": "amplitude"}, 3),
        ({"partner": "heap"}, 0),
        ({"cohort": "second"}, 1),
        ({"kind": "undo"}, 0),
        ({"kind": "push"}, 3),
        ({"key": "999999"}, 0),
        ({"first_day": "2026-05-12"}, 1),
        ({"first_day": "2026-05-12", "last_day": "2026-05-11"}, 3),
        ({"first_day": "yesterday", "kind": "bribe"}, 3),
        ({"first_day": "0001-01-01", "last_day": "9999-12-31"}, 0),
        ({"last_day": "0001-01-03"}, 0),
    ],
)
def test_the_filters_of_the_address(
    amplitude: Partner, filters: dict[str, str], points: int
) -> None:
    push(amplitude, 0, "u0", "u1")
    push(amplitude, DAY, "u2", cohort_id="second")
    with travel(NOW + timedelta(days=2), tick=False):
        page = signed_in(amplitude).get(address(amplitude, "data_points"), filters)
    assert page.status_code == 200 and page.context["total"].points == points


def test_a_year_is_drawn_by_weeks_and_no_longer_span_is_shown(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    asked = {"first_day": "2020-01-01", "last_day": "2026-05-12"}
    page = signed_in(amplitude).get(address(amplitude, "data_points"), asked)
    assert page.context["filters"].days == 400 and len(page.context["moments"]) == 58
    assert page.context["step"] == timedelta(days=7)


@pytest.mark.parametrize("count", [2, 60])
def test_the_page_costs_the_same_however_many_cohorts(amplitude: Partner, count: int) -> None:
    for n in range(count):
        Cohort.objects.create(
            workspace=amplitude.workspace,
            partner="amplitude",
            cohort_id=f"x{n}",
            name=f"X{n}",
            first_received_at=NOW,
        )
        DataPoints.objects.create(
            workspace=amplitude.workspace,
            day=NOW.date(),
            partner="amplitude",
            cohort_id=f"x{n}",
            kind=Kind.PUSH,
            key=n,
            added=5,
        )
    client = signed_in(amplitude)
    with travel(NOW, tick=False), CaptureQueriesContext(connection) as asked:
        client.get(address(amplitude, "data_points"))
    assert len(asked) <= 15, [query["sql"] for query in asked]


def test_the_csv_file_has_a_line_for_each_day_cohort_and_source(amplitude: Partner) -> None:
    amplitude.name(name="=Buyers")
    push(amplitude, 0, "u0", "u1")
    push(amplitude, DAY, "u1", remove=True)
    client = signed_in(amplitude, Role.MARKETER)
    with travel(NOW + timedelta(days=2), tick=False):
        answer = client.post(address(amplitude, "data_points_export"))
    lines = list(csv.reader(StringIO(answer.getvalue().decode())))
    assert lines[0] == list(data_points.EXPORT_COLUMNS)
    assert lines[1][:5] == ["2026-05-11", "amplitude", "abcd1234", "'=Buyers", "push"]
    assert [line[6:] for line in lines[1:]] == [
        ["2", "0", "2", "1", "2"],
        ["0", "1", "1", "1", "1"],
    ]
    assert AuditEntry.objects.filter(action="data_points.exported").count() == 1


def test_another_workspaces_points_are_not_counted(amplitude: Partner) -> None:
    push(amplitude, 0, "u0")
    from tests.workspaces.factories import WorkspaceFactory

    assert data_points.total(WorkspaceFactory.create(), ALL) == Spent()
