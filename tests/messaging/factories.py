"""Factories of the messaging app."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from braze_partners.messaging import models
from tests.segments.factories import ReferredCohortFactory, SegmentFactory
from tests.workspaces.factories import WorkspaceFactory

NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)


class OutreachFactory(DjangoModelFactory[models.Outreach]):
    class Meta:
        model = models.Outreach

    workspace = factory.SubFactory(WorkspaceFactory)
    kind = models.Outreach.Kind.CAMPAIGN
    name = factory.Sequence(lambda n: f"Outreach {n}")
    created_at = NOON
    edited_at = NOON


class OutreachSegmentFactory(DjangoModelFactory[models.OutreachSegment]):
    class Meta:
        model = models.OutreachSegment

    outreach = factory.SubFactory(OutreachFactory)
    segment = factory.SubFactory(SegmentFactory)
    position = 0


class OutreachCohortFactory(DjangoModelFactory[models.OutreachCohort]):
    class Meta:
        model = models.OutreachCohort

    outreach = factory.SubFactory(OutreachFactory)
    cohort = factory.SubFactory(ReferredCohortFactory)


class CanvasStepFactory(DjangoModelFactory[models.CanvasStep]):
    class Meta:
        model = models.CanvasStep

    canvas = factory.SubFactory(OutreachFactory, kind=models.Outreach.Kind.CANVAS)
    position = 0
    name = factory.Sequence(lambda n: f"Step {n}")
    channel = models.Channel.EMAIL


class CanvasVariantFactory(DjangoModelFactory[models.CanvasVariant]):
    class Meta:
        model = models.CanvasVariant

    canvas = factory.SubFactory(OutreachFactory, kind=models.Outreach.Kind.CANVAS)
    position = 0
    name = factory.Sequence(lambda n: f"Variant {n}")
    share = 100
