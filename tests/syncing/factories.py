"""Factories of the syncing app and of the project that it pulls from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from braze_partners.keys import credentials
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.amplitude.project import project_of
from braze_partners.partners.models import AmplitudeProject
from cohorts.syncing import models
from tests.cohorts.factories import CohortFactory
from tests.workspaces.factories import WorkspaceFactory

API_KEY, SECRET_KEY = "a" * 28 + "pull", "s" * 28 + "pull"
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)


class AmplitudeProjectFactory(DjangoModelFactory[AmplitudeProject]):
    class Meta:
        model = AmplitudeProject

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Lumen production {n}")
    region = Region.SANDBOX
    api_key = factory.LazyFunction(lambda: credentials.encrypt(API_KEY))
    secret_key = factory.LazyFunction(lambda: credentials.encrypt(SECRET_KEY))
    api_key_hint = "aaaa…pull"
    secret_key_hint = "ssss…pull"
    fingerprint = factory.LazyAttribute(lambda made: project_of(made.region, API_KEY))
    created_at = NOW
    changed_at = NOW


class PullScheduleFactory(DjangoModelFactory[models.PullSchedule]):
    class Meta:
        model = models.PullSchedule

    cohort = factory.SubFactory(CohortFactory)
    workspace = factory.SelfAttribute("cohort.workspace")
    project = factory.SubFactory(
        AmplitudeProjectFactory, workspace=factory.SelfAttribute("..workspace")
    )
    remote_id = factory.SelfAttribute("cohort.cohort_id")
    cadence = models.PullSchedule.Cadence.HOURLY
    email = "owner@lumen.example"
    created_at = NOW
    changed_at = NOW


class SyncRunFactory(DjangoModelFactory[models.SyncRun]):
    class Meta:
        model = models.SyncRun

    schedule = factory.SubFactory(PullScheduleFactory)
    cohort = factory.SelfAttribute("schedule.cohort")
    workspace = factory.SelfAttribute("schedule.workspace")
    project = factory.SelfAttribute("schedule.project")
    remote_id = factory.SelfAttribute("schedule.remote_id")
    created_at = NOW
    state_since = NOW

    @classmethod
    def _create(
        cls, model_class: type[models.SyncRun], *args: Any, **fields: Any
    ) -> models.SyncRun:
        fields.setdefault("due_at", fields["created_at"])
        return super()._create(model_class, *args, **fields)
