"""Cohorts, their members and import runs over /api/v1/."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from braze_partners.workspaces.models import AuditEntry
from cohorts.models import Cohort
from tests.cast import Cast
from tests.cohorts.factories import CohortFactory, ImportRunFactory
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory
from tests.people.factories import ProfileFactory
from tests.rest.conftest import KeyClient
from tests.segments.factories import SegmentCohortFactory, SegmentFactory

pytestmark = pytest.mark.django_db
SECRET = "brk_" + "c" * 43


@pytest.fixture
def client(cast: Cast) -> KeyClient:
    allowed = ["cohorts.read", "cohorts.write"]
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=allowed)
    return KeyClient(SECRET)


def test_cohorts_are_listed_by_partner_and_without_archived_ones(
    cast: Cast, client: KeyClient
) -> None:
    kept = CohortFactory.create(workspace=cast.workspace, name="Kept", cohort_id="k1")
    CohortFactory.create(workspace=cast.workspace, partner="heap")
    CohortFactory.create(workspace=cast.workspace, archived_at=datetime.now(UTC))
    CohortFactory.create(workspace=cast.other_workspace)

    rows = client.get("/api/v1/cohorts?partner=amplitude").json()["data"]
    assert [(row["id"], row["label"]) for row in rows] == [(kept.pk, "[Amplitude] Kept: k1")]
    assert len(client.get("/api/v1/cohorts").json()["data"]) == 2
    assert len(client.get("/api/v1/cohorts?archived=true").json()["data"]) == 3


def test_what_is_pushed_is_read_back(cast: Cast, client: KeyClient) -> None:
    DataImportKeyFactory.create(workspace=cast.workspace, secret="bpi_" + "p" * 43)
    for number, name in enumerate(("ada", "bea", "cleo")):
        ProfileFactory.create(workspace=cast.workspace, external_id=name, number=number)
    pushed = client.call(
        "POST",
        "/partners/amplitude/cohorts/users",
        {
            "partner_api_key": "x",
            "client_secret": "bpi_" + "p" * 43,
            "cohort_id": "c1",
            "cohort_changes": [{"user_ids": ["ada", "cleo", "nobody"]}],
        },
    )
    assert pushed.status_code == 201

    cohort = client.get("/api/v1/cohorts").json()["data"][0]
    base = f"/api/v1/cohorts/{cohort['id']}"
    assert client.get(base).json()["size"] == 2
    first = client.get(f"{base}/members?page_size=1").json()
    second = client.get(first["next"]).json()
    members = [row["identifier"] for row in first["data"] + second["data"]]
    assert (members, second["next"]) == (["ada", "cleo"], None)
    run = client.get(f"{base}/runs").json()["data"][0]
    assert (run["received"], run["added"], run["skipped_unknown"]) == (3, 2, 1)
    assert run["key"] == "bpi_pppp…pppp"
    left_out = client.get(f"/api/v1/import-runs/{run['id']}/skipped").json()["data"]
    nobody = {"identifier": "nobody", "kind": "user", "reason": "unknown", "remove": False}
    assert left_out == [nobody]
    assert client.get(f"/api/v1/import-runs/{run['id']}").json() == run


def test_a_cohort_is_archived_and_taken_back(cast: Cast, client: KeyClient) -> None:
    cohort = CohortFactory.create(workspace=cast.workspace)
    path = f"/api/v1/cohorts/{cohort.pk}"

    for archived in (True, True, False):
        assert client.call("PATCH", path, {"archived": archived}).json()["archived"] is archived
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "cohort.archived",
        "cohort.unarchived",
    ]
    assert client.call("PATCH", path, {"archived": "perhaps"}).status_code == 400


def test_a_cohort_is_deleted_unless_a_segment_uses_it(cast: Cast, client: KeyClient) -> None:
    used = CohortFactory.create(workspace=cast.workspace)
    free = CohortFactory.create(workspace=cast.workspace)
    segment = SegmentFactory.create(workspace=cast.workspace)
    SegmentCohortFactory.create(segment=segment, cohort=used)

    refused = client.delete(f"/api/v1/cohorts/{used.pk}")
    assert (refused.status_code, refused.json()["detail"]) == (409, "This cohort is in use")
    assert client.delete(f"/api/v1/cohorts/{free.pk}").status_code == 204
    assert list(Cohort.objects.values_list("pk", flat=True)) == [used.pk]
    assert AuditEntry.objects.get().actor_text == "REST API key brk_cccc…cccc"


def test_nothing_of_another_workspace_is_reachable(cast: Cast, client: KeyClient) -> None:
    run = ImportRunFactory.create(cohort__workspace=cast.other_workspace)
    paths = [
        f"/api/v1/cohorts/{run.cohort_id}",
        f"/api/v1/cohorts/{run.cohort_id}/members",
        f"/api/v1/cohorts/{run.cohort_id}/runs",
        f"/api/v1/import-runs/{run.pk}",
        f"/api/v1/import-runs/{run.pk}/skipped",
    ]

    assert {client.get(path).status_code for path in paths} == {404}
    assert client.delete(paths[0]).status_code == 404
    assert client.call("PATCH", paths[0], {"archived": True}).status_code == 404
    assert client.get("/api/v1/import-runs").json()["data"] == []
