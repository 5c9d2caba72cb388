"""Asking Amplitude about a person, against a real HTTP server: what is asked, what each answer is
taken for, how long it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from braze_partners.partners import limits, look_up_words, profile_look_ups
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.models import AmplitudeProject, ProfileLookUp
from braze_partners.partners.tasks import sweep_look_ups
from tests.cast import Cast
from tests.partners.factories import SECRET_KEY, AmplitudeProjectFactory, ProfileLookUpFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = timezone.now()
State, Verdict = ProfileLookUp.State, ProfileLookUp.Verdict
FOUND = {
    "userData": {
        "user_id": "u1",
        "device_id": "d1",
        "amp_props": {"plan": "gold", "odd": "a\x00b", "nested": {"n": [1]}},
        "cohort_ids": ["k3x9a7f2"],
        "recommendations": None,
    }
}


@pytest.fixture
def amplitude(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.AMPLITUDE_US_PROFILE_URL = httpserver.url_for("").rstrip("/")
    return httpserver


@pytest.fixture
def project(cast: Cast) -> AmplitudeProject:
    made: AmplitudeProject = AmplitudeProjectFactory.create(
        workspace=cast.workspace, changed_at=NOW - timedelta(days=1)
    )
    return made


def asked(project: AmplitudeProject, user_id: str = "u1", device_id: str = "") -> ProfileLookUp:
    look_up = profile_look_ups.ask(project, user_id, device_id, NOW)
    assert look_up is not None
    return look_up


def ran(project: AmplitudeProject, user_id: str = "u1", device_id: str = "") -> ProfileLookUp:
    look_up = asked(project, user_id, device_id)
    assert profile_look_ups.run(look_up.pk, lambda: NOW)
    assert not profile_look_ups.run(look_up.pk, lambda: NOW)
    look_up.refresh_from_db()
    return look_up


def test_a_user_that_amplitude_knows_brings_properties_and_cohorts(
    project: AmplitudeProject, amplitude: HTTPServer
) -> None:
    amplitude.expect_request("/v1/userprofile").respond_with_json(FOUND)
    look_up = ran(project, "u 1&x=é")
    request = amplitude.log[0][0]
    assert request.headers["Authorization"] == f"Api-Key {SECRET_KEY}"
    assert request.args["user_id"] == "u 1&x=é" and "device_id" not in request.args
    assert request.args["get_amp_props"] == request.args["get_cohort_ids"] == "true"
    assert look_up.verdict == Verdict.FOUND and look_up_words.sentence(look_up) == ""
    assert look_up.properties == {"plan": "gold", "odd": "ab", "nested": {"n": [1]}}
    assert look_up.cohort_ids == ["k3x9a7f2"]


def test_an_anonymous_person_is_asked_for_by_device(
    project: AmplitudeProject, amplitude: HTTPServer
) -> None:
    amplitude.expect_request("/v1/userprofile").respond_with_json(FOUND)
    ran(project, "", "d1")
    assert dict(amplitude.log[0][0].args)["device_id"] == "d1"


@pytest.mark.parametrize(
    ("status", "body", "verdict", "sentence"),
    [
        (400, '{"error":"User id and device id not seen before"}', "unknown", "has not seen"),
        (401, "Invalid Api-Key", "unauthorized", "refuses the secret key"),
        (403, "", "forbidden", "firewall"),
        (429, '{"error":"Number of requests per minute exceeds"}', "throttled", "600"),
        (500, "oops", "server_error", "fault of its own"),
        (404, "", "unexpected", "not one that"),
        (302, "", "unexpected", "not one that"),
        (200, "<html>", "unexpected", "not one that"),
        (200, "{}", "unexpected", "not one that"),
        (200, "[1]", "unexpected", "not one that"),
    ],
)
def test_each_other_answer_has_its_sentence(
    project: AmplitudeProject,
    amplitude: HTTPServer,
    status: int,
    body: str,
    verdict: str,
    sentence: str,
) -> None:
    amplitude.expect_request("/v1/userprofile").respond_with_data(body, status)
    look_up = ran(project)
    assert look_up.verdict == verdict and sentence in look_up_words.sentence(look_up)
    assert SECRET_KEY not in look_up.words


def test_a_profile_that_is_too_large_is_not_read(
    project: AmplitudeProject, amplitude: HTTPServer
) -> None:
    amplitude.expect_request("/v1/userprofile").respond_with_data("x" * (1024 * 1024 + 5))
    assert ran(project).verdict == Verdict.TOO_LARGE


def test_nobody_answering_is_a_sentence_too(project: AmplitudeProject, settings: Any) -> None:
    settings.AMPLITUDE_US_PROFILE_URL = "http://127.0.0.1:9"
    assert ran(project).verdict == Verdict.CONNECTION
    settings.AMPLITUDE_US_PROFILE_URL = ""
    assert ran(project, "u2").verdict == Verdict.NO_HOST
    AmplitudeProject.objects.update(secret_key=b"torn")
    project.refresh_from_db()
    assert ran(project, "u3").verdict == Verdict.UNREADABLE


def test_projects_of_the_european_union_are_not_asked(cast: Cast) -> None:
    project = AmplitudeProjectFactory.create(workspace=cast.workspace, region=Region.EU)
    look_up = asked(project)
    assert (look_up.state, look_up.verdict) == (State.DONE, Verdict.NOT_OFFERED)
    assert profile_look_ups.forgotten(NOW) == []


def test_an_answer_serves_for_a_minute_unless_the_keys_changed(
    project: AmplitudeProject, amplitude: HTTPServer
) -> None:
    amplitude.expect_request("/v1/userprofile").respond_with_json(FOUND)
    first = ran(project)
    assert profile_look_ups.ask(project, "u1", "", NOW + timedelta(seconds=59)) == first
    assert asked(project, "u2") != first
    AmplitudeProject.objects.update(changed_at=NOW + timedelta(seconds=1))
    assert asked(project) != first
    later = profile_look_ups.ask(project, "u2", "", NOW + limits.LOOK_UP_FRESH)
    assert later is not None and later.state == State.QUEUED


def test_too_many_unfinished_questions_are_not_joined_by_more(project: AmplitudeProject) -> None:
    for n in range(limits.UNFINISHED_LOOK_UPS):
        asked(project, f"u{n}")
    assert profile_look_ups.ask(project, "another", "", NOW) is None
    assert profile_look_ups.ask(project, "u1", "", NOW) is not None


def test_a_killed_workers_question_is_taken_again_and_one_that_nobody_takes_ends(
    project: AmplitudeProject,
) -> None:
    look_up = asked(project)
    assert profile_look_ups._take(look_up.pk, NOW) is not None
    assert profile_look_ups.forgotten(NOW) == []
    later = NOW + timedelta(seconds=30)
    assert profile_look_ups.forgotten(later) == [look_up.pk]
    assert profile_look_ups.give_up(NOW + limits.LOOK_UP_PATIENCE + timedelta(seconds=1)) == 1
    look_up.refresh_from_db()
    assert look_up.verdict == Verdict.NOT_RUN


def test_answers_about_people_are_kept_for_minutes_and_go_with_the_person(
    project: AmplitudeProject, cast: Cast
) -> None:
    old = NOW - limits.LOOK_UP_KEPT - timedelta(minutes=1)
    ProfileLookUpFactory.create(project=project, state=State.DONE, created_at=old)
    kept = ProfileLookUpFactory.create(project=project, state=State.DONE)
    sweep_look_ups()
    assert list(ProfileLookUp.objects.all()) == [kept]
    profile_look_ups.forget_people(cast.other_workspace.pk, {kept.user_id})
    assert ProfileLookUp.objects.exists()
    profile_look_ups.forget_people(cast.workspace.pk, {kept.user_id})
    assert not ProfileLookUp.objects.exists()
