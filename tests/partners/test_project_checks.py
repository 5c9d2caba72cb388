"""*Test* of a project against a real HTTP server: what is asked, what each answer comes to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from braze_partners.partners import project_checks, project_words
from braze_partners.partners.errors import TooManyChecks
from braze_partners.partners.models import AmplitudeProject, ProjectCheck, Verdict
from braze_partners.workspaces.audit import Actor
from tests.cast import Cast
from tests.partners.factories import AmplitudeProjectFactory, ProjectCheckFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

NOW = timezone.now()
ONE = {"id": "k3x9a7f2", "name": "High-intent shoppers", "size": 142_318, "definition": {"a": []}}
TWO = {"id": "d5b9x2ru", "name": "Lapsed 60 days", "size": None, "archived": True}


@pytest.fixture
def amplitude(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.AMPLITUDE_US_ANALYTICS_URL = httpserver.url_for("").rstrip("/")
    return httpserver


@pytest.fixture
def project(cast: Cast) -> AmplitudeProject:
    made: AmplitudeProject = AmplitudeProjectFactory.create(workspace=cast.workspace)
    return made


def ran(project: AmplitudeProject) -> ProjectCheck:
    check = project_checks.ask(project, Actor(), NOW)
    assert project_checks.run(check.pk, lambda: NOW)
    assert not project_checks.run(check.pk, lambda: NOW)
    check.refresh_from_db()
    project.refresh_from_db()
    return check


def test_accepted_keys_bring_the_list_to_choose_from(
    project: AmplitudeProject, amplitude: HTTPServer
) -> None:
    handler = amplitude.expect_request("/api/3/cohorts", method="GET")
    handler.respond_with_json({"cohorts": [TWO, ONE]})
    check = ran(project)

    sent = amplitude.log[0][0].authorization
    assert sent is not None and sent.type == "basic"
    assert (check.verdict, check.status) == (Verdict.ACCEPTED, 200)
    assert (project.check_verdict, project.cohorts_seen, project.checked_at) == (
        Verdict.ACCEPTED,
        2,
        NOW,
    )
    listed = project_checks.listed(project, "", 10)
    assert listed is not None and [one.id for one in listed.cohorts] == ["k3x9a7f2", "d5b9x2ru"]
    sought = project_checks.listed(project, "LAPSED", 10)
    assert sought is not None and (sought.found, sought.total) == (1, 2)
    sentence = project_words.sentence(project.check_verdict, project.cohorts_seen)
    assert sentence == "Amplitude accepts these keys: the project has 2 cohorts."


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(401, "unauthorized"), (403, "forbidden"), (429, "throttled"), (503, "server_error")],
)
def test_a_refusal_keeps_the_list_that_was_there(
    project: AmplitudeProject, amplitude: HTTPServer, status: int, verdict: str
) -> None:
    ProjectCheckFactory.create(
        project=project,
        cohorts=[{"id": "a", "name": "A", "size": 1, "archived": False}],
    )
    body = '{"error": "not today"}'
    amplitude.expect_request("/api/3/cohorts").respond_with_data(body, status=status)
    check = ran(project)

    assert (check.verdict, check.status, check.words) == (verdict, status, "not today")
    assert project.check_verdict == verdict and project_words.sentence(verdict, None)
    assert project_checks.listed_one(project, "a") is not None


def test_a_region_without_an_address_is_a_sentence(
    project: AmplitudeProject, settings: Any
) -> None:
    settings.AMPLITUDE_US_ANALYTICS_URL = ""
    assert ran(project).verdict == Verdict.NO_HOST


def test_a_second_click_joins_the_test_under_way(cast: Cast, project: AmplitudeProject) -> None:
    first = project_checks.ask(project, Actor(), NOW)
    assert project_checks.ask(project, Actor(), NOW) == first
    for _n in range(4):
        other = AmplitudeProjectFactory.create(workspace=cast.workspace)
        project_checks.ask(other, Actor(), NOW)
    with pytest.raises(TooManyChecks):
        project_checks.ask(AmplitudeProjectFactory.create(workspace=cast.workspace), Actor(), NOW)


def test_keys_that_changed_while_it_ran_are_not_judged_by_it(
    project: AmplitudeProject, amplitude: HTTPServer
) -> None:
    amplitude.expect_request("/api/3/cohorts").respond_with_json({"cohorts": []})
    check = project_checks.ask(project, Actor(), NOW)

    def meanwhile() -> Any:
        AmplitudeProject.objects.update(changed_at=NOW + timedelta(seconds=1))
        return NOW

    clock = iter([lambda: NOW, meanwhile])
    assert project_checks.run(check.pk, lambda: next(clock)())
    project.refresh_from_db()
    assert project.check_verdict == ""


def test_what_no_worker_takes_ends(project: AmplitudeProject) -> None:
    check = project_checks.ask(project, Actor(), NOW)
    assert project_checks.forgotten(NOW) == [check.pk]
    assert project_checks.give_up(NOW + timedelta(minutes=1)) == 0
    assert project_checks.give_up(NOW + timedelta(minutes=3)) == 1
    check.refresh_from_db()
    assert check.verdict == Verdict.NOT_RUN
