"""A person as other rooms know them, over /api/v1/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from braze_partners.partners.models import ProfileLookUp
from braze_partners.people.models import Profile
from braze_partners.people.profiles import NewPerson, create_profiles
from tests.cast import Cast
from tests.cohorts.conftest import NOW, nothing_remembered
from tests.cohorts.factories import CohortFactory
from tests.cohorts.test_standing import push
from tests.currents.factories import CurrentFactory
from tests.events.factories import an_event, log_of
from tests.partners.factories import AmplitudeProjectFactory
from tests.rest.conftest import KeyClient, full, with_key
from tests.segments.factories import SegmentFactory

__all__ = ["full", "nothing_remembered", "with_key"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def ann(cast: Cast) -> Profile:
    (number,) = create_profiles(cast.workspace.pk, [NewPerson("ann")], NOW)
    return Profile.objects.get(workspace=cast.workspace, number=number)


def get(client: KeyClient, profile: Profile, part: str, query: str = "") -> Any:
    answer = client.get(f"/api/v1/people/{profile.braze_id}/{part}{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_cohorts_come_with_the_run_behind_each(full: KeyClient, ann: Profile) -> None:
    runs = []
    for at in range(3):
        cohort = CohortFactory.create(workspace=ann.workspace, cohort_id=f"c{at}")
        runs.append(push(cohort, add=[ann.number]))
    first = get(full, ann, "cohorts", "?page_size=2")
    assert [one["run"] for one in first["data"]] == [runs[2], runs[1]]
    assert first["data"][0]["cohort_id"] == "c2" and first["data"][0]["at"]
    last = full.get(first["next"]).json()
    assert [one["run"] for one in last["data"]] == [runs[0]] and last["next"] is None


def test_segments_are_those_of_now(full: KeyClient, ann: Profile) -> None:
    segment = SegmentFactory.create(workspace=ann.workspace, name="Everyone")
    found = get(full, ann, "segments")
    assert found["data"] == [{"id": str(segment.pk), "name": "Everyone"}]


def test_events_come_newest_first_with_each_currents_verdict(full: KeyClient, ann: Profile) -> None:
    current = CurrentFactory.create(workspace=ann.workspace)
    log_of(ann.workspace_id, [[an_event(f"e{n}", "ann", n=n) for n in range(3)]])
    first = get(full, ann, "events", "?page_size=2")
    assert [one["id"] for one in first["data"]] == ["e2", "e1"]
    assert first["data"][0]["properties"] == {"n": 2}
    (verdict,) = first["data"][0]["currents"]
    assert (verdict["current"], verdict["outcome"]) == (current.pk, "waiting")
    assert [one["id"] for one in full.get(first["next"]).json()["data"]] == ["e0"]


def test_amplitude_is_asked_and_its_answer_read(
    full: KeyClient, ann: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(
        "braze_partners.dashboard.person_api.wake", lambda *told: woken.append(told)
    )
    path = f"/api/v1/people/{ann.braze_id}/amplitude"
    assert full.get(path).json() == []
    project = AmplitudeProjectFactory.create(workspace=ann.workspace)
    asked = full.call("POST", path)
    assert asked.status_code == 202 and asked.json()[0]["state"] == "queued"
    assert len(woken) == 1
    ProfileLookUp.objects.update(state="done", verdict="found", properties={"plan": "gold"})
    (told,) = full.get(path).json()
    assert told["project"] == project.pk and told["properties"] == {"plan": "gold"}


@pytest.mark.parametrize("part", ["cohorts", "segments", "events", "amplitude"])
def test_nobody_of_another_workspace_is_told_of(
    full: KeyClient, with_key: Callable[..., KeyClient], cast: Cast, part: str
) -> None:
    (number,) = create_profiles(cast.other_workspace.pk, [NewPerson("theirs")], NOW)
    theirs = Profile.objects.get(workspace=cast.other_workspace, number=number)
    path = f"/api/v1/people/{theirs.braze_id}/{part}"
    assert full.get(path).status_code == 404
    assert with_key("segments.read").get(path).status_code == 403
