"""Sizes over time: one a day in the workspace's own day, kept so long and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cohorts.segments import limits, saving, sizing
from cohorts.segments.models import Segment, SegmentSize
from cohorts.segments.tasks import forget_sizes, measure_sizes
from tests.segments.factories import (
    SegmentCohortFactory,
    SegmentFactory,
    SegmentSegmentFactory,
    SegmentSizeFactory,
    SegmentVersionFactory,
    SegmentViewFactory,
    StarFactory,
    TagFactory,
)
from tests.segments.worlds import NOW, World, cohort_filter, definition, world

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def made() -> World:
    made = world(10)
    made.cohort("a", {1, 2, 3})
    return made


def make(made: World, name: str = "A") -> Segment:
    draft = saving.Draft(name, definition=definition(cohort_filter("a")))
    return saving.create(made.workspace, draft, by=None, now=NOW)


def test_a_day_keeps_its_last_size(made: World) -> None:
    segment = make(made)
    sizing.measure(made.workspace, [segment], NOW)
    made.run(made.workspace.cohorts.get(), added={4}, removed=set())
    sizing.measure(made.workspace, [segment], NOW + timedelta(hours=1))
    sizing.measure(made.workspace, [segment], NOW + timedelta(days=1))
    assert list(SegmentSize.objects.order_by("day").values_list("size", flat=True)) == [4, 4]
    now = NOW + timedelta(days=2)
    assert [size for _at, size in sizing.history(segment, 9, now).points] == [4, 4, 9]


def test_the_day_is_the_workspace_s_own(made: World) -> None:
    made.workspace.time_zone = "Asia/Tokyo"
    segment = make(made)
    sizing.measure(made.workspace, [segment], datetime(2026, 5, 12, 16, 0, tzinfo=UTC))
    assert SegmentSize.objects.get().day.isoformat() == "2026-05-13"


def test_every_active_segment_is_measured_by_the_job(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MEASURED_AT_ONCE", 2)
    segments = [make(made, name) for name in "abc"]
    saving.set_archived([make(made, "archived")], True, by=None, now=NOW)
    assert measure_sizes() == measure_sizes() == 3
    assert {each.segment for each in SegmentSize.objects.all()} == set(segments)


def test_old_sizes_go(made: World) -> None:
    segment = make(made)
    today = datetime.now(UTC).date()
    SegmentSizeFactory.create(segment=segment, day=today - timedelta(days=401))
    SegmentSizeFactory.create(segment=segment, day=today - timedelta(days=399))
    assert forget_sizes() == 1


def test_changes_of_the_filters_are_marked(made: World) -> None:
    segment = make(made)
    draft = saving.Draft("A", "only words changed", definition=definition(cohort_filter("a")))
    later = NOW + timedelta(days=1)
    segment = saving.update(segment, draft, version=1, by=None, now=later)
    assert sizing.history(segment, 1, later).changes == []
    segment = saving.update(segment, saving.Draft("A"), version=2, by=None, now=later)
    assert sizing.history(segment, 1, later).changes == [later]


@pytest.mark.parametrize(
    "factory",
    [
        SegmentFactory,
        SegmentCohortFactory,
        SegmentSegmentFactory,
        SegmentSizeFactory,
        SegmentVersionFactory,
        SegmentViewFactory,
        StarFactory,
        TagFactory,
    ],
)
def test_every_model_has_a_factory_and_a_name(factory: type) -> None:
    assert str(factory.create())  # type: ignore[attr-defined]
