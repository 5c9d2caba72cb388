"""What the log knows of people who were deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from braze_partners.events import deletion, event_log, intake, tasks
from braze_partners.events.models import Tombstone
from braze_partners.events.records import EventRecord
from braze_partners.people.profiles import delete_profiles
from tests.cast import Cast
from tests.events.factories import NOON, an_event, events_of, log_of
from tests.people.factories import DeviceFactory, ProfileFactory

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


def delete(cast: Cast, number: int) -> None:
    assert delete_profiles(cast.workspace.pk, [number], NOON) == 1


def records(workspace_id: int) -> dict[str, EventRecord]:
    read = event_log.read(workspace_id, 0, limit_events=10_000)
    return {record.id: record for batch in read for record in batch.records}


def properties(record: EventRecord) -> dict[str, Any]:
    return dict(json.loads(bytes(record.properties)))


def test_a_deletion_says_up_to_where_the_persons_events_are_gone(cast: Cast) -> None:
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(workspace, [events_of(5)])
    delete(cast, ada.number)
    log_of(workspace, [events_of(5)])
    assert deletion.tombstones(workspace, ["ada", "ben"]) == {"ada": 5}
    assert deletion.tombstones(cast.other_workspace.pk, ["ada"]) == {}


def test_every_identity_of_the_person_is_gone(cast: Cast) -> None:
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    DeviceFactory.create(profile=ada, device_id="phone")
    other = ProfileFactory.create(workspace=cast.workspace, external_id="ben")
    DeviceFactory.create(profile=other, device_id="tablet")
    log_of(workspace, [events_of(5)])
    delete(cast, ada.number)
    asked = ["ada", "phone", ada.braze_id, "ben", "tablet", other.braze_id]
    assert deletion.tombstones(workspace, asked) == {"ada": 5, "phone": 5, ada.braze_id: 5}


def test_the_last_deletion_counts(cast: Cast) -> None:
    workspace = cast.workspace.pk
    for _ in range(2):
        log_of(workspace, [events_of(5)])
        ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
        delete(cast, ada.number)
    assert deletion.tombstones(workspace, ["ada"]) == {"ada": 10}


def test_a_deletion_that_is_taken_back_leaves_no_tombstone(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(cast.workspace.pk, [events_of(5)])
    with pytest.raises(RuntimeError), transaction.atomic():
        delete(cast, ada.number)
        raise RuntimeError
    assert deletion.tombstones(cast.workspace.pk, ["ada"]) == {}


def test_no_event_no_tombstone(cast: Cast) -> None:
    delete(cast, ProfileFactory.create(workspace=cast.workspace, external_id="ada").number)
    assert not Tombstone.objects.exists()


def test_a_reader_past_the_deletion_looks_at_no_identity(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(cast.workspace.pk, [events_of(5)])
    delete(cast, ada.number)

    def untouched() -> Any:
        pytest.fail("asked for an identity")
        yield

    with django_assert_num_queries(1):
        assert deletion.tombstones(cast.workspace.pk, untouched(), since=5) == {}
    assert deletion.tombstones(cast.workspace.pk, ["ada"], since=4) == {"ada": 5}


def test_many_tombstones_are_looked_up_by_the_database(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "TOMBSTONES_COMPARED", 2)
    people = [
        ProfileFactory.create(workspace=cast.workspace, external_id=f"p{n}") for n in range(4)
    ]
    log_of(cast.workspace.pk, [events_of(5)])
    delete_profiles(cast.workspace.pk, [person.number for person in people], NOON)
    found = deletion.tombstones(cast.workspace.pk, ["p0", "p3", "nobody"])
    assert found == {"p0": 5, "p3": 5}


@pytest.mark.parametrize("count", [3, 100, 500])
def test_the_events_of_the_person_are_blanked_and_nothing_else_changes(
    cast: Cast, count: int
) -> None:
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    hers = [
        an_event("a1", "ada", device_id="phone", user_id="b1", email="ada@example.org"),
        an_event("a2", "ada", email="ada@example.org"),
    ]
    log_of(workspace, [[*events_of(count), *hers], events_of(count, "f"), hers])
    before = records(workspace)
    delete(cast, ada.number)
    assert deletion.pending() == [workspace]
    assert deletion.blank(workspace) == 2
    after = records(workspace)
    assert list(after) == list(before)
    blank = after.pop("a1")
    assert properties(blank) == {} and properties(after.pop("a2")) == {}
    assert (blank.external_user_id, blank.device_id, blank.user_id) == ("ada", None, None)
    assert (blank.type, blank.time_ms) == (before["a1"].type, before["a1"].time_ms)
    assert all(
        bytes(record.properties) == bytes(before[id].properties) for id, record in after.items()
    )
    counted = event_log.counts(workspace, 0, 10_000)
    assert [batch.count for batch in counted] == [count + 2, count, 2]
    assert b"ada@example.org" not in raw_log(workspace)


def raw_log(workspace_id: int) -> bytes:
    read = event_log.read(workspace_id, 0, limit_events=10_000)
    return b"".join(bytes(record.properties) for batch in read for record in batch.records)


def test_blanked_events_are_still_found(cast: Cast) -> None:
    """A hold that counted them must find each of them again."""
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(workspace, [[an_event("a1"), an_event("x", "ben")], [an_event("a2")]])
    delete(cast, ada.number)
    deletion.blank(workspace)
    found = event_log.by_identity(workspace, "ada", 0, 100, 100)
    assert [(sequence, record.id) for sequence, _, record in found] == [(0, "a1"), (2, "a2")]
    assert [sequence for sequence, _, _ in event_log.by_event_id(workspace, "a1")] == [0]


def test_what_came_after_the_deletion_is_left_alone(cast: Cast) -> None:
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(workspace, [[an_event("before", note="x")]])
    delete(cast, ada.number)
    log_of(workspace, [[an_event("after", note="x")]])
    deletion.blank(workspace)
    assert properties(records(workspace)["before"]) == {}
    assert properties(records(workspace)["after"]) == {"note": "x"}


def test_a_shared_device_of_somebody_else_is_left_alone(cast: Cast) -> None:
    """The device went with the deleted person; ben's events are placed by his own id."""
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    DeviceFactory.create(profile=ada, device_id="phone")
    log_of(workspace, [[an_event("b1", "ben", device_id="phone", note="x")]])
    delete(cast, ada.number)
    deletion.blank(workspace)
    record = records(workspace)["b1"]
    assert (record.device_id, properties(record)) == ("phone", {"note": "x"})


def test_the_job_may_run_again_and_writes_nothing_twice(cast: Cast) -> None:
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(workspace, [[an_event("a1", note="x")]])
    delete(cast, ada.number)
    tasks.blank_deleted()
    assert properties(records(workspace)["a1"]) == {}
    assert deletion.pending() == []
    Tombstone.objects.update(blanked=False)
    assert deletion.blank(workspace) == 0


def test_tombstones_go_when_their_events_have_left_the_log(cast: Cast) -> None:
    workspace = cast.workspace.pk
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(workspace, [[an_event("a1")], [an_event("a2")]])
    delete(cast, ada.number)
    tasks.blank_deleted()
    kept = Tombstone.objects.count()
    log_of(workspace, [[an_event("a3")]])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_batch WHERE end_sequence = 1")
        tasks.blank_deleted()
        assert Tombstone.objects.count() == kept
        cursor.execute("DELETE FROM events_batch WHERE end_sequence = 2")
    tasks.blank_deleted()
    assert not Tombstone.objects.exists()


def test_a_deletion_keeps_no_identity_in_plain(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    log_of(cast.workspace.pk, [events_of(1)])
    delete(cast, ada.number)
    assert all("ada" not in str(vars(row)) for row in Tombstone.objects.all())


def test_intake_goes_on_while_people_are_deleted(cast: Cast) -> None:
    ada = ProfileFactory.create(workspace=cast.workspace, external_id="ada")
    intake.accept(cast.workspace.pk, [an_event()], NOON)
    with transaction.atomic():
        delete(cast, ada.number)
        intake.accept(cast.workspace.pk, [an_event("late")], NOON)
    assert deletion.tombstones(cast.workspace.pk, ["ada"]) == {"ada": 1}
