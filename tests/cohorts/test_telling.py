"""Webhooks are told of a cohort once per group of pushes, and of each pull that has finished."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from braze_partners.webhooks.models import Delivery, Position
from cohorts import telling
from cohorts.models import ImportRun
from tests.cohorts.conftest import Partner
from tests.webhooks.factories import WebhookFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
START = datetime(2026, 5, 12, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def push(amplitude: Partner, at: datetime, ids: list[str], **more: Any) -> None:
    with time_machine.travel(at, tick=False):
        assert amplitude.users([{"user_ids": ids}], **more).status_code == 201


def told() -> list[dict[str, Any]]:
    return [json.loads(one.body)["data"] for one in Delivery.objects.order_by("pk")]


def test_a_group_of_pushes_is_told_once_when_it_is_over(amplitude: Partner) -> None:
    WebhookFactory.create(workspace=amplitude.workspace)
    telling.tell_changes(START - MINUTE)
    for minute in range(3):
        push(amplitude, START + minute * MINUTE, [f"u{minute}", "nobody"])
        assert telling.tell_changes(START + minute * MINUTE) == 0
    assert telling.tell_changes(START + 11 * MINUTE) == 0
    for minute in (13, 14, 30):
        telling.tell_changes(START + minute * MINUTE)

    (data,) = told()
    assert (data["runs"], data["added"], data["removed"], data["size"]) == (3, 3, 0, 3)
    assert (data["received"], data["skipped"], data["cohort_id"]) == (6, 3, "abcd1234")
    assert (data["kind"], data["partner"]) == ("push", "amplitude")


def test_a_group_that_goes_on_holds_up_no_other(amplitude: Partner) -> None:
    WebhookFactory.create(workspace=amplitude.workspace)
    telling.tell_changes(START - MINUTE)
    push(amplitude, START, ["u0"])
    push(amplitude, START + MINUTE, ["u1"], cohort_id="second")
    for minute in (8, 16, 24):
        push(amplitude, START + minute * MINUTE, [f"u{minute % 5}"])
    telling.tell_changes(START + 25 * MINUTE)
    assert [data["cohort_id"] for data in told()] == ["second"]

    telling.tell_changes(START + 40 * MINUTE)
    telling.tell_changes(START + 41 * MINUTE)
    assert [data["cohort_id"] for data in told()] == ["second", "abcd1234"]
    assert Position.objects.get().row == max(
        ImportRun.objects.filter(first_of_group=True).values_list("pk", flat=True)
    )


def test_what_was_before_the_webhook_is_not_told(amplitude: Partner) -> None:
    push(amplitude, START, ["u0"])
    WebhookFactory.create(workspace=amplitude.workspace)
    telling.tell_changes(START + 60 * MINUTE)

    assert told() == []


def test_a_group_that_changes_nobody_is_not_told(amplitude: Partner) -> None:
    WebhookFactory.create(workspace=amplitude.workspace)
    telling.tell_changes(START - MINUTE)
    push(amplitude, START, ["nobody"])
    amplitude.name()
    telling.tell_changes(START + 60 * MINUTE)

    assert told() == []


def test_whoever_stopped_listening_begins_anew(amplitude: Partner) -> None:
    webhook = WebhookFactory.create(workspace=amplitude.workspace)
    telling.tell_changes(START - MINUTE)
    webhook.delete()
    push(amplitude, START, ["u0"])
    telling.tell_changes(START + MINUTE)
    assert not Position.objects.exists()
    WebhookFactory.create(workspace=amplitude.workspace)
    telling.tell_changes(START + 60 * MINUTE)

    assert told() == []
