"""Factories of the keys app. `secret` given at creation is the key that the row stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from braze_partners.keys import models, secrets
from tests.workspaces.factories import WorkspaceFactory


class _IssuedKeyFactory(DjangoModelFactory[Any]):
    class Meta:
        abstract = True

    class Params:
        secret = factory.Sequence(lambda n: f"bpi_{n:043d}")

    workspace = factory.SubFactory(WorkspaceFactory)
    digest = factory.LazyAttribute(lambda key: secrets.digest(key.secret))
    prefix = factory.LazyAttribute(lambda key: secrets.start_of(key.secret))
    last_four = factory.LazyAttribute(lambda key: secrets.end_of(key.secret))
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))


class DataImportKeyFactory(_IssuedKeyFactory):
    class Meta:
        model = models.DataImportKey

    partner = "amplitude"


class RestApiKeyFactory(_IssuedKeyFactory):
    class Meta:
        model = models.RestApiKey

    class Params:
        secret = factory.Sequence(lambda n: f"brk_{n:043d}")

    permissions = factory.LazyFunction(lambda: ["segments.list"])


class KeyUseFactory(DjangoModelFactory[models.KeyUse]):
    class Meta:
        model = models.KeyUse

    kind = models.KeyUse.Kind.DATA_IMPORT
    key_id = 1
    hour = factory.LazyFunction(
        lambda: datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    )
    calls = 1
