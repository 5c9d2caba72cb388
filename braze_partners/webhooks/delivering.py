"""Sends what is due, with the next attempt booked before the call. Knows rows, the gate for calls
and the clock it is given; a process that is killed loses nothing, and sends one once more at most.

One webhook is one worker's for a turn, by a lease in its row, so that a slow one holds up nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import F, Min, Q, QuerySet

from braze_partners import outbound
from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.partners.amplitude.exchange import NetworkFailure
from braze_partners.webhooks import endpoints, signing
from braze_partners.webhooks.kinds import TEST
from braze_partners.webhooks.limits import (
    ANSWER_BYTES,
    CALL_SECONDS,
    COOL_DOWN,
    DELIVERIES_KEPT,
    LEASE,
    MAX_ATTEMPTS,
    PAUSED_AFTER,
    RETRY_AFTER,
    TURN_DELIVERIES,
    TURN_SECONDS,
    TURNS_AT_ONCE,
)
from braze_partners.webhooks.models import Delivery, Webhook

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
State = Delivery.State


def webhooks_with_due(now: datetime) -> list[int]:
    """Those in nobody's hands that have something to send, the longest due first; no more than
    may have their turn beside those who have it."""
    # A lease that ends sooner is no turn but a cooling down.
    at_work = Q(lease_until__gt=now + COOL_DOWN, lease_until__lte=now + 2 * LEASE)
    busy = Webhook.objects.filter(at_work).count()
    due = _sendable().filter(_free(now, "webhook__"), due_at__lte=now)
    waiting = due.values_list("webhook_id").annotate(first=Min("due_at")).order_by("first")
    return [webhook_id for webhook_id, _ in waiting[: max(0, TURNS_AT_ONCE - busy)]]


def turn(webhook_id: int, clock: Clock) -> int:
    """Sends what is due of one webhook, for as long as a turn lasts; how many attempts."""
    began = clock()
    taken = Webhook.objects.filter(_free(began), pk=webhook_id).update(lease_until=began + LEASE)
    if not taken:
        return 0
    made, until = 0, None
    while made < TURN_DELIVERIES and (clock() - began).total_seconds() < TURN_SECONDS:
        delivery = _book(webhook_id, clock())
        if delivery is None:
            break
        made += 1
        if not _attempt(delivery, clock):
            until = clock() + COOL_DOWN
            break
    Webhook.objects.filter(pk=webhook_id, lease_until=began + LEASE).update(lease_until=until)
    return made


def forget_old(now: datetime) -> int:
    return Delivery.objects.filter(created_at__lt=now - DELIVERIES_KEPT).delete()[0]


def _free(now: datetime, prefix: str = "") -> Q:
    """A lease far ahead was written by a clock that has been set back since."""
    lease = f"{prefix}lease_until"
    return Q(
        Q(**{lease: None}) | Q(**{f"{lease}__lt": now}) | Q(**{f"{lease}__gt": now + 2 * LEASE})
    )


def _sendable() -> QuerySet[Delivery]:
    active = Q(webhook__paused_at=None) | Q(kind=TEST)
    return Delivery.objects.filter(active, state=State.WAITING)


def _book(webhook_id: int, now: datetime) -> Delivery | None:
    """The next that is due, its following attempt written down as if this one had failed."""
    due = _sendable().filter(webhook=webhook_id, due_at__lte=now).order_by("due_at", "pk")
    delivery = due.select_related("webhook").first()
    if delivery is None:
        return None
    after = RETRY_AFTER[min(delivery.attempts, len(RETRY_AFTER) - 1)]
    same = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts)
    if not same.update(attempts=F("attempts") + 1, due_at=now + after, attempted_at=now):
        return None
    delivery.attempts += 1
    return delivery


def _attempt(delivery: Delivery, clock: Clock) -> bool:
    """Whether it was delivered."""
    told = _call(delivery, clock())
    delivered = _settle(delivery, told, clock())
    log.info(
        "webhook_attempt",
        webhook=delivery.webhook_id,
        delivery=delivery.pk,
        attempt=delivery.attempts,
        status=told["status"],
        error=told["error"],
    )
    return delivered


def _call(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """What came of one call, as the columns hold it."""
    body = delivery.body.encode()
    try:
        secrets = endpoints.secrets_of(delivery.webhook, now)
        came_back = outbound.post(
            delivery.webhook.url,
            body,
            headers=signing.headers(secrets, delivery.message_id, now, body),
            seconds=CALL_SECONDS,
            max_answer_bytes=ANSWER_BYTES,
        )
    except outbound.OutboundRefused as refused:
        return _told(error=str(refused))
    except CredentialUnreadable:
        return _told(error="The secret cannot be read: ENCRYPTION_KEYS no longer holds its key.")
    took = round(came_back.seconds * 1000)
    if isinstance(came_back, NetworkFailure):
        return _told(error=came_back.words, took_ms=took, status=came_back.status)
    text = came_back.body.decode(errors="replace").replace("\x00", "\ufffd")
    return _told(took_ms=took, status=came_back.status, answer=text)


def _told(
    *, error: str = "", took_ms: int | None = None, status: int | None = None, answer: str = ""
) -> dict[str, Any]:
    return {"error": error[:300], "took_ms": took_ms, "status": status, "answer": answer}


def _settle(delivery: Delivery, told: dict[str, Any], now: datetime) -> bool:
    webhook = Webhook.objects.filter(pk=delivery.webhook_id)
    if not told["error"] and 200 <= told["status"] < 300:
        _end(delivery, State.DELIVERED, told)
        webhook.update(last_delivered_at=now, failing_since=None)
        return True
    if delivery.kind == TEST or delivery.attempts >= MAX_ATTEMPTS:
        _end(delivery, State.FAILED, told)
    else:
        Delivery.objects.filter(pk=delivery.pk).update(**told)
    if delivery.kind != TEST:
        webhook.filter(failing_since=None).update(failing_since=now)
        _pause_if_hopeless(webhook, now)
    return False


def _end(delivery: Delivery, state: Delivery.State, told: dict[str, Any]) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, due_at=None, **told)


def _pause_if_hopeless(webhook: QuerySet[Webhook], now: datetime) -> None:
    hopeless = webhook.filter(paused_at=None, failing_since__lte=now - PAUSED_AFTER)
    hopeless.update(paused_at=now, pause_reason=Webhook.PauseReason.FAILING, letter_due_at=now)


def first_try_to_last() -> timedelta:
    return sum(RETRY_AFTER, timedelta())
