"""Factories of the webhooks app."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from braze_partners.keys import credentials
from braze_partners.webhooks import models, signing
from braze_partners.webhooks.kinds import Kind
from tests.workspaces.factories import WorkspaceFactory

SECRET = signing.secret_of(b"0123456789abcdef0123456789abcdef")


class WebhookFactory(DjangoModelFactory[Any]):
    class Meta:
        model = models.Webhook

    workspace = factory.SubFactory(WorkspaceFactory)
    url = "https://93.184.216.34/hooks"
    events = factory.LazyFunction(lambda: list(Kind.values))
    secret = factory.LazyFunction(lambda: credentials.encrypt(SECRET))
    secret_hint = signing.hint(SECRET)
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))


class DeliveryFactory(DjangoModelFactory[Any]):
    class Meta:
        model = models.Delivery

    webhook = factory.SubFactory(WebhookFactory)
    message_id = factory.Sequence(lambda n: f"msg_{n:032x}")
    kind = Kind.COHORT_CHANGED.value
    body = '{"type":"cohort.changed","timestamp":"2026-05-12T14:31:00+00:00","data":{}}'
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))
    due_at = factory.LazyAttribute(lambda delivery: delivery.created_at)
