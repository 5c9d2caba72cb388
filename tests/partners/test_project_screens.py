"""Settings > Amplitude Projects, on screen and over /api/v1/."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from braze_partners.partners import tasks
from braze_partners.partners.models import AmplitudeProject, ProjectCheck, Verdict
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.partners.factories import (
    API_KEY,
    SECRET_KEY,
    AmplitudeProjectFactory,
    ProjectCheckFactory,
)
from tests.rest.conftest import SECRET, KeyClient

pytestmark = pytest.mark.django_db
LIST = "/w/lumen/settings/amplitude-projects/"
REST = "/api/v1/amplitude-projects"
NOW = timezone.now()
TYPED = {"name": "Lumen production", "region": "us", "api_key": API_KEY, "secret_key": SECRET_KEY}


@pytest.fixture
def full(cast: Cast) -> KeyClient:
    allowed = ["amplitude_projects.read", "amplitude_projects.write"]
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=allowed)
    return KeyClient(SECRET)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The checks that a worker was told of."""
    found: list[int] = []
    monkeypatch.setattr(
        tasks.run_project_check, "apply_async", lambda args, **_: found.append(args[0])
    )
    return found


def test_an_added_project_is_tested_at_once_and_its_keys_are_never_shown(
    cast: Cast, woken: list[int]
) -> None:
    client = cast.client(cast.alice)
    typed = TYPED | {"api_key": f" {API_KEY}\u200b"}
    page = client.post(f"{LIST}new/", typed, follow=True).content.decode()

    assert "2 hidden characters were removed from the keys." in page
    assert "Testing …" in page and woken == [ProjectCheck.objects.get().pk]
    assert "b7c2…19fe" in page and API_KEY not in page and SECRET_KEY not in page
    assert "b7c2…19fe" in client.get(LIST).content.decode()


def test_a_refused_form_says_why_and_carries_the_other_key(cast: Cast) -> None:
    client = cast.client(cast.alice)
    refused = client.post(f"{LIST}new/", TYPED | {"name": "", "secret_key": "ab"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Enter a name for the project." in page and "A key has 4 to 128 characters." in page
    assert API_KEY not in page and "b7c2…19fe was entered and is not saved yet" in page

    token = page.split('name="kept_api_key" value="')[1].split('"')[0]
    again = TYPED | {"api_key": "", "kept_api_key": token}
    assert client.post(f"{LIST}new/", again).status_code == 302
    assert AmplitudeProject.objects.get().api_key_hint == "b7c2…19fe"


def test_the_page_polls_until_the_test_is_done(cast: Cast, woken: list[int]) -> None:
    project = AmplitudeProjectFactory.create(workspace=cast.workspace)
    client = cast.client(cast.alice)
    asked = client.post(f"{LIST}{project.pk}/test/", headers={"HX-Request": "true"})
    assert "data-poll" in asked.content.decode() and len(woken) == 1

    ProjectCheck.objects.update(
        state="done", verdict=Verdict.UNAUTHORIZED, status=401, words="no", finished_at=NOW
    )
    AmplitudeProject.objects.update(checked_at=NOW, check_verdict=Verdict.UNAUTHORIZED)
    done = client.get(f"{LIST}{project.pk}/tested/").content.decode()
    assert "Amplitude refuses these keys." in done and "data-poll" not in done


def test_it_is_renamed_gets_other_keys_and_goes(cast: Cast) -> None:
    project = AmplitudeProjectFactory.create(workspace=cast.workspace)
    client = cast.client(cast.alice)
    empty = client.post(f"{LIST}{project.pk}/rename/", {"name": " "})
    assert empty.status_code == 422 and "Enter a name for the project." in empty.content.decode()
    client.post(f"{LIST}{project.pk}/rename/", {"name": "Lumen EU"})
    lacking = client.post(f"{LIST}{project.pk}/keys/", {"region": "eu", "api_key": API_KEY})
    assert "Enter the secret key of the Amplitude project." in lacking.content.decode()
    client.post(f"{LIST}{project.pk}/keys/", TYPED | {"region": "eu"})
    project.refresh_from_db()
    assert (project.name, project.region) == ("Lumen EU", "eu")
    assert project.api_key_hint == "b7c2…19fe"
    client.post(f"{LIST}{project.pk}/delete/")
    assert not AmplitudeProject.objects.exists()


def test_the_list_asks_the_database_as_often_for_ten_projects_as_for_two(cast: Cast) -> None:
    client = cast.client(cast.alice)

    def queries(projects: int) -> int:
        AmplitudeProjectFactory.create_batch(projects, workspace=cast.workspace)
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(LIST)
        return len(seen)

    assert queries(2) == queries(8)


def test_rest_adds_reads_changes_tests_and_deletes(
    cast: Cast, full: KeyClient, woken: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    made = full.call("POST", REST, TYPED, Idempotency_Key="once")
    again = full.call("POST", REST, TYPED, Idempotency_Key="once")
    assert made.status_code == again.status_code == 201 and made.json() == again.json()
    assert API_KEY not in made.content.decode() and SECRET_KEY not in made.content.decode()
    one = f"{REST}/{made.json()['id']}"

    assert full.call("PATCH", one, {"name": "Renamed"}).json()["name"] == "Renamed"
    assert full.call("PUT", f"{one}/keys", TYPED | {"region": "eu"}).json()["region"] == "eu"
    with django_capture_on_commit_callbacks(execute=True):
        assert full.call("POST", f"{one}/test").status_code == 202
    assert len(woken) == 1
    assert full.call("GET", f"{one}/test").json()["state"] == "queued"
    assert full.call("GET", f"{one}/cohorts").json()["data"] == []
    assert full.call("DELETE", one).status_code == 204
    assert full.call("GET", one).status_code == 404


def test_rest_says_which_field_is_wrong(full: KeyClient) -> None:
    refused = full.call("POST", REST, TYPED | {"api_key": "ab"})
    assert refused.status_code == 400 and "api_key" in refused.json()["errors"]


def test_rest_lists_the_cohorts_that_the_latest_test_found(cast: Cast, full: KeyClient) -> None:
    project = AmplitudeProjectFactory.create(workspace=cast.workspace)
    cohorts = [{"id": f"c{n}", "name": f"Cohort {n}", "size": n, "archived": False} for n in "12"]
    ProjectCheckFactory.create(project=project, cohorts=cohorts)
    found = full.call("GET", f"{REST}/{project.pk}/cohorts?q=cohort%202").json()
    assert [one["id"] for one in found["data"]] == ["c2"]
