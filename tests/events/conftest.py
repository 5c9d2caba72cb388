"""A client that sends events in the Currents format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from braze_partners.events import event_log
from braze_partners.events.records import EventRecord
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory

SECRET = "brk_" + "e" * 43
NOON_SECONDS = 1_772_366_400  # 2026-03-01 12:00 UTC


def wire_event(id: Any = "e1", **changes: Any) -> dict[str, Any]:
    """An event as real Currents sends it; `changes` replace fields, `...` leaves one out."""
    event = {
        "event_type": "users.messages.email.Open",
        "id": id,
        "time": NOON_SECONDS,
        "user": {"user_id": "b1", "external_user_id": "ada", "timezone": "Europe/Paris"},
        "properties": {"campaign_id": "c1"},
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}


@dataclass
class Sender:
    workspace_id: int
    client: Client = field(default_factory=Client)
    secret: str = SECRET

    def post(self, body: Any, **headers: str) -> Any:
        """`body` as it is when it is bytes, else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.post(
            "/currents/events",
            data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **named},
        )

    def send(self, *events: Any) -> Any:
        return self.post({"events": list(events)})

    @property
    def stored(self) -> list[EventRecord]:
        """All that is in the log, in order."""
        found: list[EventRecord] = []
        start = 0
        while batches := event_log.read(self.workspace_id, start, limit_events=10_000):
            found += [record for batch in batches for record in batch.records]
            start = batches[-1].end
        return found


@pytest.fixture
def sender(cast: Cast) -> Sender:
    RestApiKeyFactory.create(
        workspace=cast.workspace, secret=SECRET, permissions=["currents.events"]
    )
    return Sender(cast.workspace.pk)
