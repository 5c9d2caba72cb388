"""Amplitude projects: what is stored of them, what is refused, who is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from braze_partners.partners import projects
from braze_partners.partners.amplitude.behavioral_cohorts import Access
from braze_partners.partners.errors import ProjectRefused
from braze_partners.partners.models import AmplitudeProject, Verdict
from braze_partners.partners.projects import Wanted
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.partners.factories import API_KEY, SECRET_KEY, AmplitudeProjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

WHOLE = Wanted("Lumen production", "us", API_KEY, SECRET_KEY)


def made(cast: Cast, wanted: Wanted = WHOLE) -> AmplitudeProject:
    actor = Actor(cast.alice, "203.0.113.7")
    return projects.create(cast.workspace, wanted, actor, timezone.now()).project


def problems(cast: Cast, wanted: Wanted) -> dict[str, str]:
    with pytest.raises(ProjectRefused) as refused:
        made(cast, wanted)
    return refused.value.problems


def test_its_keys_are_stored_encrypted_and_come_back_for_a_call(cast: Cast) -> None:
    stored = AmplitudeProject.objects.get(pk=made(cast).pk)
    assert API_KEY.encode() not in bytes(stored.api_key)
    assert SECRET_KEY.encode() not in bytes(stored.secret_key)
    assert projects.access_of(stored) == Access("us", API_KEY, SECRET_KEY)
    assert (stored.api_key_hint, stored.secret_key_hint) == ("b7c2…19fe", "d4e5…77aa")


def test_hidden_characters_of_pasted_keys_are_taken_out_and_counted(cast: Cast) -> None:
    wanted = replace(WHOLE, api_key=f"\ufeff{API_KEY}\u200b", secret_key=f" {SECRET_KEY}\n")
    stored = projects.create(cast.workspace, wanted, Actor(cast.alice), timezone.now())
    assert stored.removed == 4
    assert projects.access_of(stored.project).secret_key == SECRET_KEY


def test_every_field_that_can_not_be_has_a_sentence(cast: Cast) -> None:
    assert problems(cast, Wanted(region="mars")) == {
        "name": "Enter a name for the project.",
        "region": "Choose a region: us, eu, sandbox.",
        "api_key": "Enter the API key of the Amplitude project.",
        "secret_key": "Enter the secret key of the Amplitude project.",
    }
    odd = problems(cast, replace(WHOLE, api_key="a:b:c", secret_key="abc"))
    assert odd["api_key"] == "No key has : in it. Copy it again from Amplitude."
    assert odd["secret_key"].startswith("A key has 4 to 128 characters.")
    twice = problems(cast, replace(WHOLE, secret_key=API_KEY))
    assert twice == {"secret_key": "This is the API key again. Copy the secret key below it."}


def test_a_name_and_a_key_stand_once_in_a_workspace(cast: Cast) -> None:
    here = made(cast)
    assert "name" in problems(cast, replace(WHOLE, api_key="e" * 32))
    assert "api_key" in problems(cast, replace(WHOLE, name="Lumen again"))
    elsewhere = projects.create(cast.other_workspace, WHOLE, Actor(cast.mallory), timezone.now())
    assert elsewhere.project.fingerprint == here.fingerprint


def test_new_keys_forget_what_the_old_ones_were_told(cast: Cast) -> None:
    project = made(cast)
    AmplitudeProject.objects.update(
        checked_at=timezone.now(), check_verdict=Verdict.UNAUTHORIZED, cohorts_seen=3
    )
    other = replace(WHOLE, api_key="e" * 32, region="eu")
    projects.change_keys(project, other, Actor(cast.alice), timezone.now())
    project.refresh_from_db()
    assert (project.checked_at, project.check_verdict, project.cohorts_seen) == (None, "", None)
    assert projects.access_of(project) == Access("eu", "e" * 32, SECRET_KEY)


def test_a_rename_to_a_taken_name_changes_nothing(cast: Cast) -> None:
    project = made(cast)
    AmplitudeProjectFactory.create(workspace=cast.workspace, name="Lumen staging")
    with pytest.raises(ProjectRefused):
        projects.rename(project, "Lumen staging", Actor(cast.alice), timezone.now())
    assert project.name == "Lumen production"
    projects.rename(project, " Lumen  EU ", Actor(cast.alice), timezone.now())
    assert AmplitudeProject.objects.get(pk=project.pk).name == "Lumen EU"


def test_the_audit_log_knows_who_did_it_and_no_key(cast: Cast) -> None:
    project = made(cast)
    other = replace(WHOLE, secret_key="f" * 32)
    projects.change_keys(project, other, Actor(cast.alice), timezone.now())
    projects.delete(project, Actor(cast.alice))
    told = list(AuditEntry.objects.order_by("pk").values_list("action", "actor_text", "detail"))
    assert [action for action, _who, _detail in told] == [
        "amplitude_project.created",
        "amplitude_project.keys_changed",
        "amplitude_project.deleted",
    ]
    assert {who for _action, who, _detail in told} == {"Alice <alice@example.org>"}
    assert API_KEY not in str(told) and "f" * 32 not in str(told)
