"""What other rooms say on a person's page: cohorts with the run that put them there, segments,
events with each Current's verdict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from braze_partners.partners import profile_look_ups
from braze_partners.partners.models import ProfileLookUp
from braze_partners.people.models import MergedProfile, Profile
from braze_partners.people.profiles import delete_profiles
from braze_partners.workspaces.models import Role
from cohorts.folding import fold
from cohorts.models import ImportRun
from tests.cohorts.conftest import NOW, Partner, amplitude, nothing_remembered
from tests.currents.factories import CurrentFactory
from tests.events.factories import an_event, log_of
from tests.partners.factories import AmplitudeProjectFactory, ProfileLookUpFactory
from tests.segments.factories import SegmentFactory
from tests.workspaces.factories import MemberFactory

__all__ = ["amplitude", "nothing_remembered"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def viewer(amplitude: Partner) -> Client:
    member = MemberFactory.create(workspace=amplitude.workspace, role=Role.VIEWER)
    client = Client()
    client.force_login(member.account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(viewer: Client, number: int) -> str:
    answer = viewer.get(f"/w/lumen/people/{number}/")
    assert f"/w/lumen/people/{number}/cohorts/" in answer.content.decode()
    part = viewer.get(f"/w/lumen/people/{number}/cohorts/")
    assert part.status_code == 200
    return part.content.decode()


def test_each_cohort_names_the_run_that_put_the_person_there(
    amplitude: Partner, viewer: Client
) -> None:
    amplitude.users([{"user_ids": ["u1", "u2"]}], cohort_id="one")
    first = amplitude.last_run()
    amplitude.users([{"user_ids": ["u1"], "should_remove": True}], cohort_id="one")
    amplitude.users([{"user_ids": ["u1", "u3"]}], cohort_id="one")
    again = amplitude.last_run()
    assert f"runs/{again.pk}/" in shown(viewer, amplitude.numbers[1])
    assert f"runs/{first.pk}/" in shown(viewer, amplitude.numbers[2])
    assert "In no cohort" in shown(viewer, amplitude.numbers[9])


def test_a_run_whose_bitmaps_are_gone_is_an_older_run(amplitude: Partner, viewer: Client) -> None:
    amplitude.users([{"user_ids": ["u1"]}])
    fold(amplitude.cohort().pk)
    ImportRun.objects.update(added_bits=None)
    assert "an older run" in shown(viewer, amplitude.numbers[1])


def test_cohorts_are_paged_and_cost_the_same_queries_however_many(
    amplitude: Partner,
    viewer: Client,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for number in range(25):
        amplitude.users([{"user_ids": ["u1"]}], cohort_id=f"c{number}")
        if number % 3:
            fold(amplitude.cohort(f"c{number}").pk)
    path = f"/w/lumen/people/{amplitude.numbers[1]}/cohorts/"
    with django_assert_max_num_queries(15):
        part = viewer.get(path).content.decode()
    assert part.count('class="cohort-label"') == part.count("/cohorts/runs/") == 20
    assert "1 to 20 of 25" in part
    following = f"/w/lumen/people/{amplitude.numbers[1]}/?cohorts=2#person-cohorts"
    assert following in part
    last = viewer.get(f"{path}?cohorts=2&segments=3").content.decode()
    assert last.count('class="cohort-label"') == 5 and "21 to 25 of 25" in last
    assert "?segments=3&amp;cohorts=1#person-cohorts" in last


def test_a_run_is_named_with_its_request_and_key(amplitude: Partner, viewer: Client) -> None:
    amplitude.users([{"user_ids": ["u1"]}], headers={"X-Request-ID": "req-from-amplitude"})
    part = shown(viewer, amplitude.numbers[1])
    run = amplitude.last_run()
    assert run.request_id and run.request_id in part
    assert run.key is not None and f"…{run.key.last_four}" in part


def test_segments_are_those_whose_filters_the_person_matches(
    amplitude: Partner, viewer: Client
) -> None:
    amplitude.users([{"user_ids": ["u1"]}])
    inside = {"type": "cohort", "partner": "amplitude", "operator": "includes"}
    rows = {"all": [{"any": [inside | {"cohorts": ["abcd1234"]}]}]}
    SegmentFactory.create(workspace=amplitude.workspace, name="Buyers <EU>", definition=rows)
    path = "/w/lumen/people/{}/segments/"
    part = viewer.get(path.format(amplitude.numbers[1])).content.decode()
    assert "Buyers &lt;EU&gt;" in part and "/look-up/?person=braze_id:" in part
    assert "In no segment" in viewer.get(path.format(amplitude.numbers[2])).content.decode()


def events(client: Client, number: int, query: str = "") -> str:
    return client.get(f"/w/lumen/people/{number}/events/{query}").content.decode()


def test_events_say_what_every_current_did_with_them(amplitude: Partner, viewer: Client) -> None:
    CurrentFactory.create(workspace=amplitude.workspace, name="Lifecycle <EU>")
    custom = an_event("e-1", "u1", type="users.behaviors.CustomEvent", name="Tried <b>")
    log_of(amplitude.workspace.pk, [[custom, an_event("e-2", "u1"), an_event("e-3", "u2")]])
    log_of(amplitude.workspace.pk, [[an_event("e-4", None, device_id="d1")]])
    part = events(viewer, amplitude.numbers[1])
    assert part.index("e-4") < part.index("e-2") < part.index("e-1") and "e-3" not in part
    assert "Tried &lt;b&gt;" in part and "Lifecycle &lt;EU&gt;" in part
    assert "It is sent within seconds." in part
    assert "This Current does not export this event type." in part
    assert "from device" in part
    assert "No event in the log" in events(viewer, amplitude.numbers[9])


def test_events_of_who_became_part_of_a_person_are_the_persons(
    amplitude: Partner, viewer: Client
) -> None:
    """Somebody known by an alias only is in the log under their Braze id."""
    profile = Profile.objects.get(number=amplitude.numbers[1])
    MergedProfile.objects.create(
        workspace=amplitude.workspace, profile=profile, number=777, braze_id="b" * 24
    )
    log_of(amplitude.workspace.pk, [[an_event("e-9", None, user_id="b" * 24)]])
    assert "e-9" in events(viewer, amplitude.numbers[1])


def test_a_viewer_sees_no_properties_of_events(amplitude: Partner, viewer: Client) -> None:
    log_of(amplitude.workspace.pk, [[an_event("e-1", "u1", secret_plan="gold")]])
    assert "secret_plan" not in events(viewer, amplitude.numbers[1])
    member = MemberFactory.create(workspace=amplitude.workspace, role=Role.MARKETER)
    marketer = Client()
    marketer.force_login(member.account, backend="django.contrib.auth.backends.ModelBackend")
    assert "secret_plan" in events(marketer, amplitude.numbers[1])


def test_events_are_paged_from_the_newest_on(amplitude: Partner, viewer: Client) -> None:
    log_of(amplitude.workspace.pk, [[an_event(f"e-{n:02}", "u1") for n in range(45)]])
    number = amplitude.numbers[1]
    first = events(viewer, number)
    assert "e-44" in first and "e-25" in first and "e-24" not in first
    assert f"/w/lumen/people/{number}/?events=25#person-events" in first
    second = events(viewer, number, "?events=25")
    assert "e-24" in second and "e-05" in second and "e-25" not in second
    assert "Newest events" in second and "?events=5#" in second
    last = events(viewer, number, "?events=5")
    assert "e-04" in last and "Older events" not in last
    assert "No older event in the log" in events(viewer, number, "?events=0")


def test_each_part_costs_few_queries(
    amplitude: Partner,
    viewer: Client,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for _ in range(8):
        CurrentFactory.create(workspace=amplitude.workspace)
        SegmentFactory.create(workspace=amplitude.workspace)
    log_of(amplitude.workspace.pk, [[an_event(f"e-{n:02}", "u1") for n in range(45)]])
    for part in ("", "cohorts/", "segments/", "events/"):
        with django_assert_max_num_queries(15):
            viewer.get(f"/w/lumen/people/{amplitude.numbers[1]}/{part}")
    assert "and 2 more Currents" in events(viewer, amplitude.numbers[1])


@pytest.mark.parametrize("part", ["cohorts", "segments", "events"])
def test_strange_page_numbers_do_no_harm(amplitude: Partner, viewer: Client, part: str) -> None:
    for text in ("x", "-1", "9" * 30, "1.5"):
        path = f"/w/lumen/people/{amplitude.numbers[1]}/{part}/?{part}={text}"
        assert viewer.get(path).status_code == 200


def test_nobody_has_no_events_or_segments(viewer: Client) -> None:
    for part in ("segments", "events"):
        assert viewer.get(f"/w/lumen/people/99/{part}/").status_code == 404


def test_nobody_has_no_cohorts(viewer: Client) -> None:
    assert viewer.get("/w/lumen/people/99/cohorts/").status_code == 404


def amplitude_path(partner: Partner) -> str:
    return f"/w/lumen/people/{partner.numbers[1]}/amplitude/"


def test_nothing_is_said_of_amplitude_where_no_project_is_set(
    amplitude: Partner, viewer: Client
) -> None:
    for answer in (viewer.get(amplitude_path(amplitude)), viewer.post(amplitude_path(amplitude))):
        assert answer.status_code == 200 and answer.content == b""


def test_amplitude_is_asked_once_and_polled_until_it_has_answered(
    amplitude: Partner, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(
        "braze_partners.dashboard.person_pages.wake", lambda *told: woken.append(told)
    )
    AmplitudeProjectFactory.create(workspace=amplitude.workspace, name="Lumen <prod>")
    asked = viewer.post(amplitude_path(amplitude)).content.decode()
    assert "Lumen &lt;prod&gt;" in asked and 'data-poll="1000"' in asked
    (look_up,) = ProfileLookUp.objects.all()
    assert look_up.user_id == "u1" and woken[0][1] == look_up.pk
    viewer.post(amplitude_path(amplitude))
    assert ProfileLookUp.objects.count() == 1
    amplitude.users([{"user_ids": ["u2"]}], cohort_id="ours1234")
    ProfileLookUp.objects.update(
        state="done",
        verdict="found",
        finished_at=timezone.now(),
        properties={"plan": "<gold>", "n": [1]},
        cohort_ids=["ours1234", "theirs99"],
    )
    told = viewer.get(amplitude_path(amplitude)).content.decode()
    assert "data-poll" not in told and "&lt;gold&gt;" in told
    assert 'class="cohort-label"' in told and "theirs99" in told and "not imported here" in told


def test_amplitudes_refusal_is_a_sentence_and_the_page_stands(
    amplitude: Partner, viewer: Client
) -> None:
    project = AmplitudeProjectFactory.create(workspace=amplitude.workspace)
    ProfileLookUpFactory.create(
        project=project,
        user_id="u1",
        asked_hash=profile_look_ups._hash("u1", ""),
        state="done",
        verdict="unauthorized",
        status=401,
        words="Invalid Api-Key",
    )
    told = viewer.get(amplitude_path(amplitude)).content.decode()
    assert "Amplitude refuses the secret key" in told and "Invalid Api-Key" in told
    assert viewer.get(f"/w/lumen/people/{amplitude.numbers[1]}/").status_code == 200


def test_what_amplitude_said_goes_with_the_person(amplitude: Partner) -> None:
    project = AmplitudeProjectFactory.create(workspace=amplitude.workspace)
    ProfileLookUpFactory.create(project=project, user_id="u1")
    other = ProfileLookUpFactory.create(project=project, user_id="u2")
    delete_profiles(amplitude.workspace.pk, [amplitude.numbers[1]], NOW)
    assert list(ProfileLookUp.objects.all()) == [other]
