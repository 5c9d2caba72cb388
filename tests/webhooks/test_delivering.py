"""An event reaches its webhooks at least once, signed, and what fails is tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings as SettingsWrapper
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from braze_partners.webhooks import delivering, endpoints, letters, noting, signing, tasks
from braze_partners.webhooks.kinds import Kind
from braze_partners.webhooks.limits import (
    COOL_DOWN,
    LEASE,
    MAX_ATTEMPTS,
    PAUSED_AFTER,
    RETRY_AFTER,
)
from braze_partners.webhooks.models import Delivery, Webhook
from braze_partners.workspaces.audit import Actor
from tests.cast import Cast
from tests.webhooks.factories import SECRET, DeliveryFactory, WebhookFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
State = Delivery.State


class Receiver:
    """Another system: answers what it is told to, and keeps what it got."""

    def __init__(self, server: HTTPServer) -> None:
        self.status, self.body, self.got = 204, b"", list[Request]()
        self.url = f"http://127.0.0.1:{server.port}/hook"
        server.expect_request("/hook", method="POST").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.got.append(request)
        return Response(self.body, self.status)


@pytest.fixture
def receiver(httpserver: HTTPServer, settings: SettingsWrapper) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOWED = ["127.0.0.1"]
    yield Receiver(httpserver)


def webhook_of(cast: Cast, receiver: Receiver, **more: Any) -> Webhook:
    made: Webhook = WebhookFactory.create(workspace=cast.workspace, url=receiver.url, **more)
    return made


def told(cast: Cast, now: datetime = NOW) -> int:
    data = {"current": 7, "state": "paused"}
    return noting.note(cast.workspace.pk, Kind.CURRENT_STATE_CHANGED, data, now)


def turn(webhook: Webhook, now: datetime) -> Delivery:
    """One turn at that moment, and the newest delivery after it."""
    delivering.turn(webhook.pk, lambda: now)
    return Delivery.objects.filter(webhook=webhook).latest("pk")


def test_it_is_delivered_signed_and_can_be_verified(cast: Cast, receiver: Receiver) -> None:
    webhook = webhook_of(cast, receiver)
    assert told(cast) == 1
    delivery = turn(webhook, NOW + SECOND)

    assert (delivery.state, delivery.status, delivery.attempts) == (State.DELIVERED, 204, 1)
    (request,) = receiver.got
    assert request.headers["Content-Type"] == "application/json"
    stamp = int(request.headers["webhook-timestamp"])
    assert request.headers["webhook-signature"] == signing.signature(
        SECRET, request.headers["webhook-id"], stamp, request.data
    )
    assert stamp == int((NOW + SECOND).timestamp())
    assert json.loads(request.data) == {
        "type": "current.state_changed",
        "timestamp": "2026-05-12T14:31:00+00:00",
        "data": {"current": 7, "state": "paused"},
    }
    webhook.refresh_from_db()
    assert webhook.last_delivered_at == NOW + SECOND and webhook.lease_until is None


def test_only_those_who_want_the_event_are_told(cast: Cast, receiver: Receiver) -> None:
    webhook_of(cast, receiver, events=["sync.finished"])
    webhook_of(cast, receiver, paused_at=NOW, pause_reason="person")
    WebhookFactory.create(workspace=cast.other_workspace)

    assert told(cast) == 0


def test_a_key_is_told_once_per_webhook(cast: Cast) -> None:
    WebhookFactory.create(workspace=cast.workspace)
    WebhookFactory.create(workspace=cast.workspace)
    for _ in range(2):
        noting.note(cast.workspace.pk, Kind.SYNC_FINISHED, {}, NOW, "sync:1:completed")

    assert Delivery.objects.count() == 2
    assert noting.told(cast.workspace.pk, ["sync:1:completed", "x"]) == {"sync:1:completed"}


def test_what_fails_is_tried_again_when_it_is_due_and_is_the_same_message(
    cast: Cast, receiver: Receiver
) -> None:
    webhook = webhook_of(cast, receiver)
    told(cast)
    receiver.status, receiver.body = 503, b"busy\x00"
    delivery = turn(webhook, NOW)
    assert (delivery.state, delivery.status, delivery.answer) == (State.WAITING, 503, "busy\ufffd")
    assert delivery.due_at == NOW + RETRY_AFTER[0]
    assert delivering.webhooks_with_due(NOW + RETRY_AFTER[0] - SECOND) == []
    assert delivering.webhooks_with_due(NOW + RETRY_AFTER[0]) == [webhook.pk]

    receiver.status = 200
    delivery = turn(webhook, NOW + RETRY_AFTER[0])
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 2)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.data == second.data
    webhook.refresh_from_db()
    assert webhook.failing_since is None


def test_it_gives_up_after_the_last_attempt(cast: Cast, receiver: Receiver) -> None:
    webhook = webhook_of(cast, receiver)
    told(cast)
    receiver.status, now = 500, NOW
    for _ in range(MAX_ATTEMPTS + 3):
        delivery = turn(webhook, now)
        now = delivery.due_at or now + DAY / 12

    assert len(receiver.got) == MAX_ATTEMPTS == delivery.attempts
    assert (delivery.state, delivery.due_at) == (State.FAILED, None)
    assert delivering.first_try_to_last() == timedelta(hours=27, minutes=35, seconds=30)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 410, 500])
def test_only_2xx_is_delivered(cast: Cast, receiver: Receiver, status: int) -> None:
    webhook = webhook_of(cast, receiver)
    told(cast)
    receiver.status = status

    assert turn(webhook, NOW).state == State.WAITING


def test_an_address_that_is_not_allowed_is_a_failed_attempt(
    cast: Cast, receiver: Receiver, settings: SettingsWrapper
) -> None:
    webhook = webhook_of(cast, receiver)
    told(cast)
    settings.OUTBOUND_ALLOWED = []
    delivery = turn(webhook, NOW)

    assert receiver.got == [] and delivery.status is None
    assert "https://" in delivery.error


def test_an_attempt_is_booked_before_the_call(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = webhook_of(cast, receiver)
    told(cast)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(delivering.outbound, "post", die)
        with pytest.raises(KeyboardInterrupt):
            turn(webhook, NOW)
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.due_at) == (1, NOW + RETRY_AFTER[0])
    assert delivering.turn(webhook.pk, lambda: NOW + RETRY_AFTER[0]) == 0  # its lease still holds
    later = NOW + RETRY_AFTER[1]
    assert turn(webhook, later).state == State.DELIVERED


def test_one_that_is_in_somebodys_hands_is_left_alone(cast: Cast, receiver: Receiver) -> None:
    webhook = webhook_of(cast, receiver, lease_until=NOW + SECOND)
    told(cast)

    assert delivering.webhooks_with_due(NOW) == []
    assert delivering.turn(webhook.pk, lambda: NOW) == 0


def test_the_old_secret_signs_beside_the_new_one_for_a_day(cast: Cast, receiver: Receiver) -> None:
    webhook = webhook_of(cast, receiver)
    made = endpoints.rotate(webhook, Actor(cast.alice), NOW)
    for at in (NOW + DAY - SECOND, NOW + DAY):
        told(cast, at)
        turn(webhook, at)
    both, one = (request.headers["webhook-signature"].split() for request in receiver.got)

    assert len(both) == 2 and len(one) == 1
    request = receiver.got[0]
    stamp = int(request.headers["webhook-timestamp"])
    assert both == [
        signing.signature(secret, request.headers["webhook-id"], stamp, request.data)
        for secret in (made.secret, SECRET)
    ]


def test_after_days_of_failure_it_is_paused_and_every_admin_gets_one_letter(
    cast: Cast, receiver: Receiver
) -> None:
    webhook = webhook_of(cast, receiver)
    receiver.status = 500
    for at in (NOW, NOW + PAUSED_AFTER - SECOND):
        told(cast, at)
        turn(webhook, at)
        webhook.refresh_from_db()
        assert not webhook.is_paused
    turn(webhook, NOW + PAUSED_AFTER + RETRY_AFTER[1])
    webhook.refresh_from_db()
    assert webhook.is_paused and webhook.pause_reason == Webhook.PauseReason.FAILING

    after = NOW + PAUSED_AFTER + DAY
    assert letters.send_due(after) == 1 and letters.send_due(after) == 0
    assert [letter.to for letter in mail.outbox] == [["alice@example.org"]]
    assert receiver.url in str(mail.outbox[0].body)
    got = len(receiver.got)
    turn(webhook, after)
    assert len(receiver.got) == got

    receiver.status = 200
    assert endpoints.resume(webhook, Actor(cast.alice))
    turn(webhook, after)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_a_test_goes_out_while_it_is_paused_and_is_tried_once(
    cast: Cast, receiver: Receiver
) -> None:
    webhook = webhook_of(cast, receiver, paused_at=NOW, pause_reason="person")
    DeliveryFactory.create(webhook=webhook, created_at=NOW)
    receiver.status = 500
    noting.test(webhook, NOW)
    delivery = turn(webhook, NOW)

    assert (delivery.kind, delivery.state) == ("webhook.test", State.FAILED)
    assert len(receiver.got) == 1
    webhook.refresh_from_db()
    assert webhook.failing_since is None


def test_what_is_sent_again_is_the_same_message(cast: Cast, receiver: Receiver) -> None:
    webhook = webhook_of(cast, receiver)
    told(cast)
    first = turn(webhook, NOW)
    noting.resend(first, NOW)
    again = turn(webhook, NOW)

    assert again.resent_of == first and again.message_id == first.message_id
    assert [request.headers["webhook-id"] for request in receiver.got] == [first.message_id] * 2


def test_receivers_that_do_not_answer_leave_others_their_turn(
    cast: Cast, receiver: Receiver
) -> None:
    dead = [webhook_of(cast, receiver) for _ in range(3)]
    for webhook in dead:
        DeliveryFactory.create_batch(5, webhook=webhook, created_at=NOW)
    healthy = webhook_of(cast, receiver)
    DeliveryFactory.create(webhook=healthy, created_at=NOW + SECOND)
    receiver.status, now = 500, NOW + 2 * SECOND
    for _ in range(2):
        for pk in delivering.webhooks_with_due(now):
            delivering.turn(pk, lambda: now)
    assert len(receiver.got) == 4  # one attempt each, though five were due of some
    assert healthy.deliveries.get().attempts == 1
    assert delivering.webhooks_with_due(now) == []
    assert len(delivering.webhooks_with_due(now + COOL_DOWN + SECOND)) == 2


def test_no_more_turns_at_once_than_the_workers_can_spare(cast: Cast, receiver: Receiver) -> None:
    for lease in (LEASE, LEASE / 2, None):
        until = NOW + lease if lease else None
        webhook = webhook_of(cast, receiver, lease_until=until)
        DeliveryFactory.create(webhook=webhook, created_at=NOW)

    assert delivering.webhooks_with_due(NOW) == []
    assert len(delivering.webhooks_with_due(NOW + LEASE / 2 + SECOND)) == 1
    assert len(delivering.webhooks_with_due(NOW + LEASE + SECOND)) == 2


def test_the_sweep_wakes_a_worker_for_each_and_sends_what_is_due(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook_of(cast, receiver)
    told(cast)
    woken: list[int] = []
    monkeypatch.setattr(tasks, "wake", lambda task, pk: woken.append(pk))
    tasks.sweep()
    for pk in woken:
        tasks.deliver(pk)

    assert Delivery.objects.get().state == State.DELIVERED
    tasks.forget_old()
    assert Delivery.objects.count() == 0  # it is of May


def test_deliveries_past_their_month_are_forgotten(cast: Cast) -> None:
    webhook = WebhookFactory.create(workspace=cast.workspace)
    DeliveryFactory.create(webhook=webhook, created_at=NOW - 31 * DAY)
    DeliveryFactory.create(webhook=webhook, created_at=NOW - 29 * DAY)

    assert delivering.forget_old(NOW) == 1
