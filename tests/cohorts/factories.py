"""Factories of the cohorts app."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory
from pyroaring import BitMap

from cohorts import bitmaps, models
from tests.workspaces.factories import WorkspaceFactory


class CohortFactory(DjangoModelFactory[models.Cohort]):
    class Meta:
        model = models.Cohort

    workspace = factory.SubFactory(WorkspaceFactory)
    partner = "amplitude"
    cohort_id = factory.Sequence(lambda n: f"c0h0rt{n}")
    name = factory.Sequence(lambda n: f"Cohort {n}")
    named = True
    first_received_at = factory.LazyFunction(lambda: datetime.now(UTC))
    last_run_at = factory.LazyFunction(lambda: datetime.now(UTC))


class CohortBlockFactory(DjangoModelFactory[models.CohortBlock]):
    class Meta:
        model = models.CohortBlock

    cohort = factory.SubFactory(CohortFactory)
    block = 0
    bits = factory.LazyFunction(lambda: bitmaps.encode(BitMap([1, 2, 3])))


class ImportRunFactory(DjangoModelFactory[models.ImportRun]):
    """A run that changed nothing; membership is made by `membership.apply`, not by rows."""

    class Meta:
        model = models.ImportRun

    cohort = factory.SubFactory(CohortFactory)
    workspace = factory.SelfAttribute("cohort.workspace")
    partner = factory.SelfAttribute("cohort.partner")
    state = models.ImportRun.State.COMPLETED
    at = factory.LazyFunction(lambda: datetime.now(UTC))


class RunGroupFactory(DjangoModelFactory[models.RunGroup]):
    class Meta:
        model = models.RunGroup

    cohort = factory.SubFactory(CohortFactory)
    number = factory.Sequence(lambda n: n + 1)
    began_at = factory.LazyFunction(lambda: datetime.now(UTC))
    last_at = factory.SelfAttribute("began_at")
    size_after = 0


class ReapplicationFactory(DjangoModelFactory[models.Reapplication]):
    class Meta:
        model = models.Reapplication

    workspace = factory.SubFactory(WorkspaceFactory)
    cohort = factory.SubFactory(CohortFactory, workspace=factory.SelfAttribute("..workspace"))
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))


class FoldFactory(DjangoModelFactory[models.Fold]):
    class Meta:
        model = models.Fold

    cohort = factory.SubFactory(CohortFactory)
    first_sequence = 1
    last_sequence = 8
    touched_bits = factory.LazyFunction(lambda: bitmaps.encode(BitMap([1, 2, 3])))
