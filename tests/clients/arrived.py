"""What a sandbox has of the events that a client sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.sandbox.running import Sandbox

PATIENCE = 60.0


def arrived(sandbox: Sandbox) -> dict[str, int]:
    """Insert id -> repeats, in the order of ingestion."""
    rows = sandbox.call("GET", "events/insert-ids")["events"]
    return {row["insert_id"]: row["duplicates"] for row in rows}


def requests_seen(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.call("GET", "requests")["requests"]
    return found


def await_hits(sandbox: Sandbox, kind: str, hits: int) -> None:
    wait_for(lambda: sandbox.call("GET", f"faults/{kind}")["hits"] >= hits)


def wait_for(happened: Callable[[], bool], every: float = 0.02) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(every)
