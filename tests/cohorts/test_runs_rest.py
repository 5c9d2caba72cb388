"""Import runs, groups, skipped identifiers, re-applies, data points and sizes over /api/v1/."""

from __future__ import annotations

import pytest

from braze_partners.people.profiles import NewPerson, create_profiles
from braze_partners.workspaces.models import AuditEntry, Workspace
from cohorts.models import ImportRun, Reapplication
from tests.cohorts.conftest import NOW, Partner
from tests.cohorts.factories import ImportRunFactory, ReapplicationFactory, RunGroupFactory
from tests.cohorts.test_groups import push
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient

pytestmark = pytest.mark.django_db
SECRET = "brk_" + "c" * 43
READER = "brk_" + "r" * 43


@pytest.fixture
def client(amplitude: Partner) -> KeyClient:
    allowed = ["cohorts.read", "cohorts.write", "workspace.read", "workspace.write"]
    RestApiKeyFactory.create(workspace=amplitude.workspace, secret=SECRET, permissions=allowed)
    return KeyClient(SECRET)


@pytest.mark.embedded
def test_runs_are_filtered_as_on_their_page(amplitude: Partner, client: KeyClient) -> None:
    push(amplitude, 0, "u0")
    push(amplitude, 1, "ghost")
    push(amplitude, 60 * 24, "u1", cohort_id="second")
    base = "/api/v1/import-runs"
    assert len(client.get(base).json()["data"]) == 3
    assert len(client.get(f"{base}?with_skips=true").json()["data"]) == 1
    (second,) = client.get(f"{base}?search=second&first_day=2026-05-12").json()["data"]
    assert second["cohort"] == amplitude.cohort("second").pk and second["request_id"]
    refused = client.get(f"{base}?kind=bribe&first_day=soon")
    assert refused.status_code == 400
    assert {"kind", "first_day"} <= set(str(refused.json()).replace("'", " ").split())


def test_groups_and_their_requests(amplitude: Partner, client: KeyClient) -> None:
    push(amplitude, 0, "u0")
    push(amplitude, 1, "u1", "ghost")
    push(amplitude, 30, "u2")
    later, first = client.get("/api/v1/import-groups").json()["data"]
    assert (first["runs"], first["added"], first["skipped_unknown"]) == (2, 2, 1)
    assert first["finished"] and later["finished"]
    runs = client.get(f"/api/v1/import-groups/{first['id']}/runs").json()["data"]
    assert [run["added"] for run in runs] == [1, 1]
    assert {run["group"] for run in runs} == {first["id"]}
    assert client.get(f"/api/v1/import-groups/{first['id']}").json() == first
    other = client.get("/api/v1/import-groups?cohort=0").json()["data"]
    assert other == [] and client.get("/api/v1/import-groups?cohort=x").status_code == 400


def test_skipped_identifiers_are_searched(amplitude: Partner, client: KeyClient) -> None:
    amplitude.users([{"user_ids": ["ghost-1", "ghost-2"], "device_ids": ["d1"]}])
    run = amplitude.last_run()
    found = client.get("/api/v1/skipped-identifiers?q=ghost&page_size=1").json()
    assert [one["identifier"] for one in found["data"]] == ["ghost-1"]
    following = client.get(found["next"]).json()
    assert [one["identifier"] for one in following["data"]] == ["ghost-2"]
    assert following["data"][0]["run"] == run.pk and not following["data"][0]["remove"]
    identified = client.get("/api/v1/skipped-identifiers?reason=identified").json()["data"]
    assert [one["identifier"] for one in identified] == ["d1"]
    assert client.get("/api/v1/skipped-identifiers?reason=rude").status_code == 400
    first = client.get(f"/api/v1/import-runs/{run.pk}/skipped?page_size=2").json()
    assert len(first["data"]) == 2
    assert [one["kind"] for one in client.get(first["next"]).json()["data"]] == ["device"]


def test_a_re_apply_is_started_watched_and_recorded(
    amplitude: Partner, client: KeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cohorts import reapplying

    amplitude.users([{"user_ids": ["ghost"]}])
    create_profiles(amplitude.workspace.pk, [NewPerson(external_id="ghost")], NOW)
    monkeypatch.setattr("cohorts.api_runs.wake", lambda *_: None)
    cohort, run = amplitude.cohort(), amplitude.last_run()
    started = client.call("POST", f"/api/v1/cohorts/{cohort.pk}/reapplications")
    assert started.status_code == 201 and started.json()["state"] == "queued"
    again = client.call("POST", f"/api/v1/import-runs/{run.pk}/reapplications")
    assert again.status_code == 409
    reapplying.run(started.json()["id"], lambda: NOW)
    done = client.get(f"/api/v1/reapplications/{started.json()['id']}").json()
    assert (done["state"], done["found"], done["added"]) == ("completed", 1, 1)
    assert client.call("DELETE", f"/api/v1/reapplications/{done['id']}").status_code == 409
    assert AuditEntry.objects.get(action="cohort.skips_reapplied").target == cohort.label
    alone = client.call("POST", f"/api/v1/import-runs/{run.pk}/reapplications")
    assert alone.json()["run"] == run.pk
    gone = client.call("DELETE", f"/api/v1/reapplications/{alone.json()['id']}")
    assert gone.status_code == 204
    assert Reapplication.objects.filter(state="cancelled").count() == 1


def test_a_key_that_only_reads_starts_none(amplitude: Partner) -> None:
    RestApiKeyFactory.create(
        workspace=amplitude.workspace, secret=READER, permissions=["cohorts.read"]
    )
    amplitude.users([{"user_ids": ["ghost"]}])
    there = f"/api/v1/cohorts/{amplitude.cohort().pk}/reapplications"
    assert KeyClient(READER).call("POST", there).status_code == 403


@pytest.mark.embedded
def test_data_points_by_day_source_and_cohort(amplitude: Partner, client: KeyClient) -> None:
    push(amplitude, 0, "u0", "u1")
    push(amplitude, 60 * 24, "u1", remove=True)
    span = "first_day=2026-05-11&last_day=2026-05-12"
    days = client.get(f"/api/v1/data-points?{span}").json()["data"]
    assert [(d["day"], d["added"], d["removed"]) for d in days] == [
        ("2026-05-11", 2, 0),
        ("2026-05-12", 0, 1),
    ]
    (source,) = client.get(f"/api/v1/data-points?by=source&{span}").json()["data"]
    assert (source["partner"], source["kind"], source["data_points"]) == ("amplitude", "push", 3)
    assert source["key"].startswith("bpi_")
    (cohort,) = client.get(f"/api/v1/data-points?by=cohort&{span}").json()["data"]
    assert (cohort["cohort_id"], cohort["data_points_of_full_resends"]) == ("abcd1234", 3)
    (total,) = client.get(f"/api/v1/data-points?by=total&{span}").json()["data"]
    assert (total["syncs"], total["data_points_of_syncs"]) == (2, 3)
    long = client.get("/api/v1/data-points?first_day=2020-01-01&last_day=2026-01-01")
    assert long.status_code == 400 and "first_day" in str(long.json())


def test_sizes_over_time(amplitude: Partner, client: KeyClient) -> None:
    amplitude.users([{"user_ids": ["u0", "u1"]}])
    amplitude.users([{"user_ids": ["u0"], "should_remove": True}])
    sizes = client.get(f"/api/v1/cohorts/{amplitude.cohort().pk}/sizes?days=2").json()["data"]
    assert [one["size"] for one in sizes] == [0, 2, 1, 1]
    assert client.get(f"/api/v1/cohorts/{amplitude.cohort().pk}/sizes?days=0").status_code == 400


def test_the_setting_that_creates_unknown_users_is_changed_and_used(
    amplitude: Partner, client: KeyClient
) -> None:
    answer = client.call("PATCH", "/api/v1/workspace", {"create_unknown_users": True})
    assert answer.status_code == 200 and answer.json()["create_unknown_users"] is True
    entry = AuditEntry.objects.get(action="workspace.settings_changed")
    assert entry.detail == {
        "before": {"create_unknown_users": False},
        "after": {"create_unknown_users": True},
    }
    amplitude.users([{"user_ids": ["newcomer"]}])
    assert amplitude.last_run().added == 1
    assert client.call("PATCH", "/api/v1/workspace", {"time_zone": "Mars"}).status_code == 400
    assert Workspace.objects.get(pk=amplitude.workspace.pk).time_zone == "UTC"


def test_nothing_of_another_workspace_is_found(client: KeyClient) -> None:
    group = RunGroupFactory.create()
    run = ImportRunFactory.create(cohort=group.cohort, group=group, kind=ImportRun.Kind.PUSH)
    job = ReapplicationFactory.create()
    for path in (
        f"import-groups/{group.pk}",
        f"import-groups/{group.pk}/runs",
        f"import-runs/{run.pk}/skipped",
        f"reapplications/{job.pk}",
        f"cohorts/{group.cohort_id}/sizes",
    ):
        assert client.get(f"/api/v1/{path}").status_code == 404, path
    for path in ("import-groups", "skipped-identifiers"):
        assert client.get(f"/api/v1/{path}").json()["data"] == []
