"""Events and uploads for the sandbox's tests, as a sender makes them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import requests

from tests.sandbox.running import Sandbox

HTTP_V2 = "2/httpapi"
BATCH = "batch"


def an_event(**fields: Any) -> dict[str, Any]:
    """A valid event of a new user; a field given as None is left out."""
    event = {
        "event_type": "Tea bought",
        "user_id": f"user-{uuid4()}",
        "time": int(time.time() * 1_000),
        "insert_id": str(uuid4()),
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def upload(
    sandbox: Sandbox,
    events: Sequence[Any],
    path: str = HTTP_V2,
    key: str | None = None,
    **envelope: Any,
) -> requests.Response:
    body = {"api_key": key or api_key(sandbox), "events": events, **envelope}
    return post(sandbox, json.dumps(body).encode(), path)


def post(sandbox: Sandbox, body: bytes, path: str = HTTP_V2, **headers: str) -> requests.Response:
    headers = {"Content-Type": "application/json", **headers}
    return requests.post(f"{sandbox.url}/{path}", data=body, headers=headers, timeout=30)


def api_key(sandbox: Sandbox) -> str:
    return str(sandbox.call("GET", "project")["api_key"])


def stored(sandbox: Sandbox, **wanted: Any) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    found: list[dict[str, Any]] = sandbox.call("GET", f"events?{query}")["events"]
    return found


def the_event(sandbox: Sandbox, event: dict[str, Any]) -> dict[str, Any]:
    """The one row of an event that was sent."""
    (row,) = stored(sandbox, insert_id=event["insert_id"])
    return row
