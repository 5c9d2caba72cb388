"""Factories of the segments app."""

from __future__ import annotations

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from cohorts.models import Cohort
from cohorts.segments import models
from tests.workspaces.factories import AccountFactory, WorkspaceFactory

NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)


class TagFactory(DjangoModelFactory[models.Tag]):
    class Meta:
        model = models.Tag

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Tag {n}")


class SegmentFactory(DjangoModelFactory[models.Segment]):
    class Meta:
        model = models.Segment

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Segment {n}")
    created_at = NOON
    edited_at = NOON


class ReferredCohortFactory(DjangoModelFactory[Cohort]):
    """A cohort with nobody in it, for segments to refer to."""

    class Meta:
        model = Cohort

    workspace = factory.SubFactory(WorkspaceFactory)
    partner = "amplitude"
    cohort_id = factory.Sequence(lambda n: f"cohort{n}")
    name = factory.Sequence(lambda n: f"Cohort {n}")
    first_received_at = NOON


class SegmentCohortFactory(DjangoModelFactory[models.SegmentCohort]):
    class Meta:
        model = models.SegmentCohort

    segment = factory.SubFactory(SegmentFactory)
    cohort = factory.SubFactory(ReferredCohortFactory)


class SegmentSegmentFactory(DjangoModelFactory[models.SegmentSegment]):
    class Meta:
        model = models.SegmentSegment

    segment = factory.SubFactory(SegmentFactory)
    used = factory.SubFactory(SegmentFactory)


class StarFactory(DjangoModelFactory[models.Star]):
    class Meta:
        model = models.Star

    segment = factory.SubFactory(SegmentFactory)
    account = factory.SubFactory(AccountFactory)


class SegmentViewFactory(DjangoModelFactory[models.SegmentView]):
    class Meta:
        model = models.SegmentView

    segment = factory.SubFactory(SegmentFactory)
    account = factory.SubFactory(AccountFactory)
    version = 1
    at = NOON


class SegmentVersionFactory(DjangoModelFactory[models.SegmentVersion]):
    class Meta:
        model = models.SegmentVersion

    segment = factory.SubFactory(SegmentFactory)
    version = 1
    at = NOON
    name = factory.SelfAttribute("segment.name")


class SegmentSizeFactory(DjangoModelFactory[models.SegmentSize]):
    class Meta:
        model = models.SegmentSize

    segment = factory.SubFactory(SegmentFactory)
    day = date(2026, 5, 12)
    at = NOON
    size = 100


class SegmentExportFactory(DjangoModelFactory[models.SegmentExport]):
    class Meta:
        model = models.SegmentExport

    workspace = factory.SubFactory(WorkspaceFactory)
    segment = factory.SubFactory(SegmentFactory, workspace=factory.SelfAttribute("..workspace"))
    created_at = NOON
    definition = factory.LazyFunction(dict)
