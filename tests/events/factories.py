"""Events as they come in, and batches of them in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from braze_partners.events import intake
from braze_partners.events.intake import IncomingEvent

OPEN = "users.messages.email.Open"
CLICK = "users.messages.email.Click"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)


def an_event(
    id: str = "e1",
    external_user_id: str | None = "ada",
    *,
    type: str = OPEN,
    device_id: str | None = None,
    user_id: str | None = None,
    time_ms: int = NOON_MS,
    **properties: Any,
) -> IncomingEvent:
    raw = orjson.dumps(properties)
    return IncomingEvent(type, id, time_ms, external_user_id, device_id, user_id, raw)


def events_of(count: int, prefix: str = "e", people: int = 100) -> list[IncomingEvent]:
    """`count` events with ids e0, e1, … of people p0, p1, … in turn."""
    return [an_event(f"{prefix}{n}", f"p{n % people}", n=n) for n in range(count)]


def log_of(
    workspace_id: int, batches: Iterable[Iterable[IncomingEvent]], now: datetime = NOON
) -> None:
    for batch in batches:
        intake.accept(workspace_id, list(batch), now)
