"""A Braze side for the sandbox's tests: keeps what it was told, and fails when told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

KEY = "a-data-import-key-of-43-characters-ending-7Qd2"
NAME_PATH = "/partners/amplitude/cohorts"
USERS_PATH = "/partners/amplitude/cohorts/users"

Fault = Callable[[dict[str, Any]], Response | None]


@dataclass
class BrazeSide:
    """What arrived, in order, and the membership that follows from it."""

    server: HTTPServer
    delay: float = 0.0
    fault: Fault = lambda body: None
    keys: set[str] = field(default_factory=lambda: {KEY})
    names: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://{self.server.host}:{self.server.port}"

    @property
    def calls(self) -> list[tuple[int, int]]:
        """(added, removed) of every request about users, tests of the key left out."""
        return [_counts(body) for body in self.bodies if body["cohort_changes"]]

    def answer(self, request: Request) -> Response:
        body = json.loads(request.data)
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.times.append(time.monotonic())
        try:
            time.sleep(self.delay)
            return self._decided(request.path, body)
        finally:
            with self._lock:
                self._now -= 1

    def _decided(self, path: str, body: dict[str, Any]) -> Response:
        if body["client_secret"] not in self.keys or not body["partner_api_key"]:
            return message(401, "Invalid client secret")
        failed = self.fault(body)
        with self._lock:
            if path == NAME_PATH:
                self.names.append(body["name"])
            else:
                self.bodies.append(body)
            if failed is None and path == USERS_PATH:
                self._apply(body)
        return failed or message(201, "success")

    def _apply(self, body: dict[str, Any]) -> None:
        for change in body["cohort_changes"]:
            named = set(change["user_ids"]) | set(change["device_ids"])
            if change.get("should_remove"):
                self.members -= named
            else:
                self.members |= named


def message(status: int, text: str) -> Response:
    return Response(json.dumps({"message": text}), status, content_type="application/json")


def _counts(body: dict[str, Any]) -> tuple[int, int]:
    added = removed = 0
    for change in body["cohort_changes"]:
        named = len(change["user_ids"]) + len(change["device_ids"])
        if change.get("should_remove"):
            removed += named
        else:
            added += named
    return added, removed
