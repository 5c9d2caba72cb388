"""Factories of the rest app."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from braze_partners.rest import models
from tests.workspaces.factories import WorkspaceFactory


class RememberedAnswerFactory(DjangoModelFactory[models.RememberedAnswer]):
    class Meta:
        model = models.RememberedAnswer

    workspace = factory.SubFactory(WorkspaceFactory)
    caller = 1
    key = factory.Sequence(lambda n: f"key-{n}")
    fingerprint = b"\x00" * 32
    begun_at = factory.LazyFunction(lambda: datetime.now(UTC))
