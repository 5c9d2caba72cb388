"""Webhooks are told when a Current moves to another state."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from braze_partners.webhooks.models import Delivery
from braze_partners.workspaces.audit import Actor
from currents import moving
from currents.states import State
from tests.currents.factories import CurrentFactory
from tests.webhooks.factories import WebhookFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)


def test_a_move_is_told_once_and_what_did_not_move_is_not() -> None:
    current = CurrentFactory.create(state=State.ACTIVE)
    WebhookFactory.create(workspace=current.workspace)
    WebhookFactory.create()
    moving.pause(current, Actor(), NOW)
    assert not moving.move(current.pk, State.STOPPED, NOW)

    told = json.loads(Delivery.objects.get().body)
    assert told["type"] == "current.state_changed"
    assert told["data"] == {
        "current": current.pk,
        "name": current.name,
        "state": "paused",
        "since": "2026-05-12T14:31:00+00:00",
    }
