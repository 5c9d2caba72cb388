"""Webhooks are told of each pull that has finished, and of one that is held."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from braze_partners.webhooks.models import Delivery, Position
from cohorts.syncing import telling
from cohorts.syncing.states import State
from tests.syncing.factories import NOW, PullScheduleFactory, SyncRunFactory
from tests.webhooks.factories import WebhookFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
HOUR = timedelta(hours=1)


def told() -> list[tuple[int, str]]:
    rows = [json.loads(one.body)["data"] for one in Delivery.objects.order_by("pk")]
    return [(row["sync"], row["state"]) for row in rows]


def test_a_sync_is_told_when_it_is_held_and_when_it_has_finished() -> None:
    schedule = PullScheduleFactory.create()
    WebhookFactory.create(workspace=schedule.workspace)
    telling.tell_finished(NOW)
    held = SyncRunFactory.create(schedule=schedule, state=State.HELD)
    working = SyncRunFactory.create(schedule=schedule, state=State.APPLYING)
    telling.tell_finished(NOW + HOUR)
    telling.tell_finished(NOW + HOUR)
    assert told() == [(held.pk, "held")]

    for run, state in ((held, State.REJECTED), (working, State.COMPLETED)):
        run.state = state
        run.save()
    telling.tell_finished(NOW + 2 * HOUR)
    telling.tell_finished(NOW + 2 * HOUR)
    assert told()[1:] == [(held.pk, "rejected"), (working.pk, "completed")]
    assert Position.objects.get().row == working.pk


def test_what_was_before_the_webhook_is_not_told() -> None:
    schedule = PullScheduleFactory.create()
    SyncRunFactory.create(schedule=schedule, state=State.COMPLETED)
    WebhookFactory.create(workspace=schedule.workspace)

    assert telling.tell_finished(NOW + HOUR) == 0
