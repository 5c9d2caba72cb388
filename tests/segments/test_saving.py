"""Saving: circles, nesting, protection of what is referred to, versions, names of copies."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models import ProtectedError

from cohorts.segments import evaluation, limits, saving
from cohorts.segments.errors import DefinitionRefused, EditedMeanwhile, SegmentGone
from cohorts.segments.models import Segment, SegmentVersion, Tag
from cohorts.segments.planning import stored
from tests.segments.worlds import (
    NOW,
    World,
    cohort_filter,
    definition,
    elsewhere,
    has_external_id,
    segment_filter,
    world,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def made() -> World:
    made = world(10)
    made.cohort("a", {1, 2, 3})
    return made


def make(made: World, name: str, *rows: Any, **more: Any) -> Segment:
    draft = saving.Draft(name, definition=definition(*rows, **more))
    return saving.create(made.workspace, draft, by=None, now=NOW)


def edit(segment: Segment, *rows: Any) -> Segment:
    segment.refresh_from_db()
    draft = saving.Draft(segment.name, definition=definition(*rows))
    return saving.update(segment, draft, version=segment.version, by=None, now=NOW)


def problems(refused: Any) -> dict[str, str]:
    return {each.path: each.text for each in refused.value.problems}


def test_a_segment_can_t_use_itself(made: World) -> None:
    segment = make(made, "A")
    with pytest.raises(DefinitionRefused) as refused:
        edit(segment, segment_filter(segment.pk))
    assert problems(refused) == {"all[0].any[0].segments[0]": "a segment can't use itself"}


def test_a_circle_is_refused_however_long(made: World) -> None:
    first = make(made, "First")
    second = make(made, "Second", has_external_id(), exclude=[segment_filter(first.pk)])
    third = make(made, "Third", segment_filter(second.pk))
    with pytest.raises(DefinitionRefused) as refused:
        edit(first, cohort_filter("a"), [has_external_id(), segment_filter(third.pk)])
    assert "would go in a circle" in problems(refused)["all[1].any[1].segments[0]"]
    first.refresh_from_db()
    assert first.version == 1


def test_nesting_ends_somewhere_above_and_below(made: World) -> None:
    chain = [make(made, "level 1")]
    for level in range(2, limits.MAX_NESTING + 1):
        chain.append(make(made, f"level {level}", segment_filter(chain[-1].pk)))
    assert evaluation.size(made.workspace.pk, stored(chain[-1])) == 10
    with pytest.raises(DefinitionRefused):
        make(made, "one too many", segment_filter(chain[-1].pk))
    with pytest.raises(DefinitionRefused):
        edit(chain[0], segment_filter(make(made, "below").pk))


def test_what_a_segment_uses_can_t_be_deleted(made: World) -> None:
    cohort = made.workspace.cohorts.get()
    inner = make(made, "Inner", cohort_filter("a"))
    outer = make(made, "Outer", exclude=[segment_filter(inner.pk)])
    with pytest.raises(ProtectedError):
        cohort.delete()
    with pytest.raises(ProtectedError):
        inner.delete()
    edit(outer)
    edit(inner)
    inner.delete()
    cohort.delete()


def test_an_archived_segment_goes_on_counting(made: World) -> None:
    inner = make(made, "Inner", cohort_filter("a"))
    outer = make(made, "Outer", segment_filter(inner.pk))
    saving.set_archived([inner], True, by=None, now=NOW)
    assert evaluation.size(made.workspace.pk, stored(outer)) == 3


def test_segments_and_cohorts_of_another_workspace_are_absent(made: World) -> None:
    foreign = make(world(1), "Foreign")
    with pytest.raises(DefinitionRefused) as refused:
        make(made, "Mine", segment_filter(foreign.pk), cohort_filter("a", partner="mixpanel"))
    assert set(problems(refused)) == {
        "all[0].any[0].segments[0]",
        "all[1].any[0].cohorts[0]",
    }


def test_each_save_is_a_version_and_the_first_wins(made: World) -> None:
    segment = make(made, "A")
    edit(segment, cohort_filter("a"))
    saving.set_archived([segment], True, by=None, now=NOW)
    saving.set_archived([segment], True, by=None, now=NOW)
    versions = SegmentVersion.objects.filter(segment=segment).order_by("version")
    assert list(versions.values_list("version", "archived")) == [
        (1, False),
        (2, False),
        (3, True),
    ]
    with pytest.raises(EditedMeanwhile):
        saving.update(segment, saving.Draft("B"), version=1, by=None, now=NOW)


def test_tags_are_shared_and_tidied(made: World) -> None:
    for name in ("A", "B"):
        draft = saving.Draft(name, tags=(" Two  words ", "Two words", ""))
        saving.create(made.workspace, draft, by=None, now=NOW)
    assert Tag.objects.get().name == "Two words"


def test_a_copy_of_the_longest_name_fits(made: World) -> None:
    long = "x" * limits.MAX_NAME
    make(made, long)
    name = saving.copy_name(made.workspace.pk, long)
    assert len(name) == limits.MAX_NAME and name.endswith(" (copy)")


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_can_t_close_a_circle() -> None:
    made = world(10)
    first, second = make(made, "First"), make(made, "Second")
    gate = threading.Barrier(2)
    outcomes: list[str] = []

    def save(mine: Segment, other: Segment) -> None:
        gate.wait()
        try:
            draft = saving.Draft(mine.name, definition=definition(segment_filter(other.pk)))
            saving.update(mine, draft, version=1, by=None, now=NOW)
            outcomes.append("saved")
        except DefinitionRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    pairs = ((first, second), (second, first))
    threads = [threading.Thread(target=save, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "saved"]


@pytest.mark.django_db(transaction=True)
def test_what_is_deleted_the_moment_a_segment_is_saved_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write meanwhile")
    made = world(10)
    cohort = made.cohort("a", {1, 2})
    remember = saving._remember

    def delete_meanwhile(*given: Any) -> None:
        elsewhere(cohort.delete)
        remember(*given)

    monkeypatch.setattr(saving, "_remember", delete_meanwhile)
    with pytest.raises(DefinitionRefused) as refused:
        make(made, "Late", cohort_filter("a"))
    assert set(problems(refused)) == {"all[0].any[0].cohorts[0]"}
    assert not Segment.objects.exists()


def test_a_segment_that_is_gone_is_not_saved_nor_archived(made: World) -> None:
    segment = make(made, "A")
    saving.delete(segment)
    with pytest.raises(SegmentGone):
        saving.update(segment, saving.Draft("B"), version=1, by=None, now=NOW)
    assert saving.set_archived([segment], True, by=None, now=NOW) == []
