"""A client with a REST key that tracks, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from braze_partners.events import event_log
from braze_partners.events.records import EventRecord
from braze_partners.people import finding
from braze_partners.people.models import Profile
from braze_partners.workspaces.models import Workspace
from tests.keys.factories import RestApiKeyFactory
from tests.workspaces.factories import WorkspaceFactory

SECRET = "brk_" + "t" * 43
TIME = "2026-05-11T03:18:00Z"


def an_event(**other: Any) -> dict[str, Any]:
    return {"external_id": "u1", "name": "Opened App", "time": TIME} | other


def a_purchase(**other: Any) -> dict[str, Any]:
    told = {"external_id": "u1", "product_id": "socks", "currency": "EUR", "price": 4.5}
    return told | {"time": TIME} | other


@dataclass(slots=True)
class Tracker:
    """Posts to /users/track with a key of its workspace."""

    workspace: Workspace
    client: Client

    def post(self, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post(
            "/users/track",
            data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {SECRET}", **headers},
        )

    def track(self, **arrays: Any) -> Any:
        return self.post(arrays)

    def told(self, **arrays: Any) -> dict[str, Any]:
        """Tracks what must be taken whole; gives the answer."""
        response = self.post(arrays)
        assert response.status_code == 201, response.content
        answer: dict[str, Any] = response.json()
        assert "errors" not in answer, answer
        return answer

    def log(self) -> list[EventRecord]:
        batches = event_log.read(self.workspace.pk, 0, limit_events=10_000)
        records = [record for batch in batches for record in batch.records]
        return sorted(records, key=lambda record: record.index) if len(batches) == 1 else records

    def profile(self, external_id: str = "u1") -> Profile:
        return Profile.objects.get(workspace=self.workspace, external_id=external_id)

    def attributes(self, external_id: str = "u1") -> dict[str, Any]:
        portrait = finding.portrait_of(self.workspace.pk, self.profile(external_id).number)
        assert portrait is not None
        return {name: value for name, _type, value in portrait.attributes}


def make_tracker(slug: str = "lumen") -> Tracker:
    workspace = WorkspaceFactory.create(slug=slug)
    RestApiKeyFactory.create(workspace=workspace, secret=SECRET, permissions=["users.track"])
    return Tracker(workspace, Client())
