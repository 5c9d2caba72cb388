"""What other rooms call when something has happened: it becomes a delivery for each webhook that
wants to know, in the caller's transaction. Knows rows; calls nobody and wakes nobody.

    noting.note(workspace_id, Kind.CURRENT_STATE_CHANGED, {"current": 7, "state": "paused"}, now)

A room that finds what has happened by reading its own rows keeps its place with `position` and
`move_on`, and gives a `key`, so that telling it twice is telling it once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

from braze_partners.webhooks.kinds import TEST, Kind
from braze_partners.webhooks.models import Delivery, Position, Webhook


def note(
    workspace_id: int,
    kind: Kind,
    data: Mapping[str, object],
    now: datetime,
    key: str | None = None,
) -> int:
    """For how many webhooks. `data` holds plain values, and nothing secret or of people."""
    active = Webhook.objects.filter(workspace=workspace_id, paused_at=None)
    wanting = [webhook for webhook in active if kind in webhook.events]
    made = [_delivery(webhook, kind, data, now, key) for webhook in wanting]
    Delivery.objects.bulk_create(made, ignore_conflicts=key is not None)
    return len(made)


def test(webhook: Webhook, now: datetime) -> Delivery:
    """An event of its own kind, which goes out even while the webhook is paused."""
    words = "A test of this webhook. Nothing has happened."
    delivery = _delivery(webhook, TEST, {"webhook": webhook.pk, "message": words}, now, None)
    delivery.save()
    return delivery


def resend(delivery: Delivery, now: datetime) -> Delivery:
    """The same message once more, as a delivery of its own."""
    return Delivery.objects.create(
        webhook=delivery.webhook,
        message_id=delivery.message_id,
        kind=delivery.kind,
        body=delivery.body,
        resent_of=delivery,
        created_at=now,
        due_at=now,
    )


def workspaces_wanting(kind: Kind) -> set[int]:
    active = Webhook.objects.filter(paused_at=None).values_list("workspace_id", "events")
    return {workspace_id for workspace_id, events in active if kind in events}


def position(workspace_id: int, kind: Kind, newest: int) -> int:
    """Where the room's reading goes on; the first time at `newest`, so that nothing old is told."""
    found, _ = Position.objects.get_or_create(
        workspace_id=workspace_id, kind=kind, defaults={"row": newest}
    )
    return found.row


def move_on(workspace_id: int, kind: Kind, row: int) -> None:
    Position.objects.filter(workspace=workspace_id, kind=kind, row__lt=row).update(row=row)


def told(workspace_id: int, keys: Iterable[str]) -> set[str]:
    """Which of the keys have been told already."""
    found = Delivery.objects.filter(webhook__workspace=workspace_id, key__in=list(keys))
    return {key for key in found.values_list("key", flat=True) if key}


def forget_positions(kind: Kind, wanting: set[int]) -> None:
    """Where nobody wants to know any more; whoever does later begins anew."""
    Position.objects.filter(kind=kind).exclude(workspace__in=wanting).delete()


def _delivery(
    webhook: Webhook, kind: str, data: Mapping[str, object], now: datetime, key: str | None
) -> Delivery:
    body = {"type": kind, "timestamp": now.isoformat(), "data": data}
    return Delivery(
        webhook=webhook,
        message_id=f"msg_{secrets.token_hex(16)}",
        kind=kind,
        key=key,
        body=orjson.dumps(body).decode(),
        created_at=now,
        due_at=now,
    )
