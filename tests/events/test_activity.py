"""Last-active times follow the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from braze_partners.events import activity, event_log, intake, tasks
from braze_partners.events.models import ActivityPosition
from braze_partners.people.models import Profile
from tests.cast import Cast
from tests.events.factories import NOON, NOON_MS, an_event, events_of, log_of
from tests.people.factories import DeviceFactory, ProfileFactory

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]
MINUTE_MS = 60_000


def follow(cast: Cast) -> int:
    return activity.follow(cast.workspace.pk, lambda: NOON)


def last_active(profile: Profile) -> datetime | None:
    return Profile.objects.get(pk=profile.pk).last_active_at


def test_an_event_moves_the_time_of_whom_it_names(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    anonymous = ProfileFactory.create(workspace=cast.workspace, external_id=None)
    DeviceFactory.create(profile=anonymous, device_id="phone")
    alias_only = ProfileFactory.create(workspace=cast.workspace, external_id=None)
    ben = ProfileFactory.create(workspace=cast.workspace, external_id="ben")
    log_of(
        cast.workspace.pk,
        [
            [
                an_event("1", "ada", time_ms=NOON_MS - MINUTE_MS),
                an_event("2", None, device_id="phone"),
                an_event("3", None, user_id=alias_only.braze_id),
                an_event("4", "stranger"),
                an_event("5", None),
            ]
        ],
    )
    assert follow(cast) == 5
    assert last_active(ada) == NOON - timedelta(minutes=1)
    assert last_active(anonymous) == NOON
    assert last_active(alias_only) == NOON
    assert last_active(ben) is None


def test_a_time_never_moves_back(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada", last_active_at=NOON)
    log_of(cast.workspace.pk, [[an_event("1", "ada", time_ms=NOON_MS - 5)]])
    follow(cast)
    assert last_active(ada) == NOON


def test_the_latest_of_several_counts(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    DeviceFactory.create(profile=ada, device_id="phone")
    events = [an_event(str(n), "ada", time_ms=NOON_MS - abs(n - 3) * 1_000) for n in range(8)]
    phone = an_event("p", None, device_id="phone", time_ms=NOON_MS - 500)
    log_of(cast.workspace.pk, [events[:4], [*events[4:], phone]])
    follow(cast)
    assert last_active(ada) == NOON


def test_a_time_to_come_counts_as_that_of_receipt(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    year_3000 = int(datetime(3000, 1, 1, tzinfo=UTC).timestamp() * 1000)
    log_of(cast.workspace.pk, [[an_event("1", "ada", time_ms=year_3000)]])
    follow(cast)
    assert last_active(ada) == NOON


def test_it_goes_on_where_it_stood(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(10)])
    assert activity.behind() == [workspace]
    assert follow(cast) == 10
    assert activity.behind() == []
    assert follow(cast) == 0
    log_of(workspace, [events_of(3)])
    assert follow(cast) == 3
    assert ActivityPosition.objects.get().sequence == event_log.head(workspace)


def test_a_job_that_died_does_the_same_once_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(cast.workspace.pk, [[an_event("1", "ada")]])
    moved = activity.activity.seen

    def dies(*told: object) -> None:
        moved(*told)  # type: ignore[arg-type]
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(activity.activity, "seen", dies)
        with pytest.raises(RuntimeError):
            follow(cast)
    assert activity.behind() == [cast.workspace.pk]
    assert follow(cast) == 1
    assert last_active(ada) == NOON


def test_people_of_another_workspace_are_left_alone(cast: Cast) -> None:
    namesake = ProfileFactory.create(workspace=cast.other_workspace, external_id="ada")
    log_of(cast.workspace.pk, [[an_event("1", "ada")]])
    follow(cast)
    assert last_active(namesake) is None


def test_many_people_are_moved_chunk_by_chunk(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity.activity, "CHUNK", 3)
    made = [ProfileFactory.create(workspace=cast.workspace, external_id=f"p{n}") for n in range(8)]
    log_of(cast.workspace.pk, [events_of(8)])
    follow(cast)
    assert [last_active(one) for one in made] == [NOON] * 8


def test_the_job_follows_every_workspace_and_intake_does_not(cast: Cast) -> None:
    here = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    there = ProfileFactory.create(workspace=cast.other_workspace, external_id="ada")
    for workspace in (cast.workspace, cast.other_workspace):
        intake.accept(workspace.pk, [an_event("1", "ada")], NOON)
    assert last_active(here) is None
    tasks.follow_activity()
    assert last_active(here) == last_active(there) == NOON
