"""Pull syncs over /api/v1/."""

from __future__ import annotations

from typing import Any

import pytest
from pyroaring import BitMap

from braze_partners.partners.models import AmplitudeProject
from cohorts import bitmaps
from cohorts.syncing import tasks
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State
from tests.cast import Cast
from tests.cohorts.factories import CohortFactory
from tests.keys.factories import RestApiKeyFactory
from tests.partners.factories import AmplitudeProjectFactory
from tests.people.factories import ProfileFactory
from tests.rest.conftest import SECRET, KeyClient
from tests.syncing.factories import PullScheduleFactory, SyncRunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
SYNCS, RUNS = "/api/v1/syncs", "/api/v1/sync-runs"


@pytest.fixture
def client(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> KeyClient:
    monkeypatch.setattr(tasks.run_sync, "apply_async", lambda **_: None)
    allowed = ["syncs.read", "syncs.write"]
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=allowed)
    return KeyClient(SECRET)


@pytest.fixture
def project(cast: Cast) -> AmplitudeProject:
    made: AmplitudeProject = AmplitudeProjectFactory.create(workspace=cast.workspace)
    return made


def wanted(project: AmplitudeProject, **fields: Any) -> dict[str, Any]:
    body = {"project": project.pk, "cohort_id": "k3x9a7f2", "name": "High-intent"}
    return body | {"cadence": "daily", "hour": 6, "time_zone": "Europe/Paris"} | fields


def test_a_sync_is_scheduled_once_for_one_key(client: KeyClient, project: AmplitudeProject) -> None:
    made = client.call("POST", SYNCS, wanted(project), Idempotency_Key="once")
    again = client.call("POST", SYNCS, wanted(project), Idempotency_Key="once")
    assert made.status_code == again.status_code == 201 and made.json() == again.json()
    assert made.json()["cohort_label"] == "[Amplitude] High-intent: k3x9a7f2"
    assert made.json()["downloads_a_month"] == 30
    twice = client.call("POST", SYNCS, wanted(project))
    assert twice.status_code == 400 and "cohort_id" in twice.json()["errors"]


def test_what_can_not_be_scheduled_names_its_field(
    client: KeyClient, project: AmplitudeProject
) -> None:
    for field, value in {
        "project": 10**9,
        "time_zone": "Mars/Base",
        "minute": 60,
        "hold_percent": 101,
        "email": "nobody",
    }.items():
        refused = client.call("POST", SYNCS, wanted(project) | {field: value})
        assert refused.status_code == 400 and field in refused.json()["errors"], field
    foreign = AmplitudeProjectFactory.create()
    assert client.call("POST", SYNCS, wanted(foreign)).status_code == 400
    assert not PullSchedule.objects.exists()


def test_it_is_changed_paused_resumed_and_ended(
    client: KeyClient, project: AmplitudeProject
) -> None:
    one = f"{SYNCS}/{client.call('POST', SYNCS, wanted(project)).json()['id']}"
    changed = client.call("PATCH", one, {"hold_percent": None, "minute": 30}).json()
    assert (changed["hold_percent"], changed["minute"], changed["hour"]) == (None, 30, 6)
    assert client.call("POST", f"{one}/pause").json()["pause_reason"] == "person"
    assert client.call("POST", f"{one}/resume").json()["paused_at"] is None
    assert client.call("DELETE", one).status_code == 204
    assert client.call("GET", one).status_code == 404


def test_runs_are_started_listed_and_cancelled(
    cast: Cast, client: KeyClient, project: AmplitudeProject
) -> None:
    schedule = PullScheduleFactory.create(cohort__workspace=cast.workspace, project=project)
    one = f"{SYNCS}/{schedule.pk}"
    started = client.call("POST", f"{one}/dry-run", Idempotency_Key="dry")
    assert started.status_code == 202 and started.json()["mode"] == "dry_run"
    assert client.call("POST", f"{one}/run").status_code == 409
    run = f"{RUNS}/{started.json()['id']}"
    assert client.call("POST", f"{run}/cancel").json()["state"] == "cancelled"
    assert client.call("POST", f"{run}/discard").status_code == 409
    assert client.call("POST", f"{one}/resync").json()["mode"] == "resync"
    listed = client.call("GET", f"{RUNS}?cohort={schedule.cohort_id}").json()["data"]
    assert [row["mode"] for row in listed] == ["resync", "dry_run"]
    assert client.call("GET", f"{RUNS}?cohort=all").status_code == 400


def test_who_is_held_can_be_read_before_it_is_decided(
    cast: Cast, client: KeyClient, project: AmplitudeProject
) -> None:
    cohort = CohortFactory.create(workspace=cast.workspace)
    schedule = PullScheduleFactory.create(cohort=cohort, project=project)
    people = [ProfileFactory.create(workspace=cast.workspace) for _n in range(3)]
    run = SyncRunFactory.create(
        schedule=schedule,
        state=State.HELD,
        removed=3,
        removed_bits=bitmaps.encode(BitMap(person.number for person in people)),
        target_bits=bitmaps.encode(BitMap()),
        target_kept=True,
    )
    one = f"{RUNS}/{run.pk}"
    page = client.call("GET", f"{one}/changes?who=removed&page_size=2").json()
    rest = client.call("GET", page["next"]).json()
    found = [row["identifier"] for row in page["data"] + rest["data"]]
    assert found == [person.external_id for person in people] and rest["next"] is None
    assert client.call("GET", f"{one}/changes?who=all").status_code == 400
    assert client.call("POST", f"{one}/reject").json()["state"] == "rejected"
    assert client.call("POST", f"{one}/approve").status_code == 409


def test_a_cohort_that_never_changed_has_nothing_to_undo(cast: Cast, client: KeyClient) -> None:
    cohort = CohortFactory.create(workspace=cast.workspace)
    for method in ("GET", "POST"):
        refused = client.call(method, f"/api/v1/cohorts/{cohort.pk}/undo")
        assert refused.status_code == 409
        assert refused.json()["detail"] == "Nothing has changed this cohort yet."


def test_runs_of_another_workspace_are_not_there(client: KeyClient) -> None:
    run = SyncRunFactory.create()
    assert SyncRun.objects.count() == 1
    assert client.call("GET", f"{RUNS}/{run.pk}").status_code == 404
    assert client.call("POST", f"{RUNS}/{run.pk}/approve").status_code == 404
