"""Gives every request an id, puts it on the answer and on each log line, and logs the request."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

log = structlog.get_logger("braze_partners.requests")

# What a proxy before us may bring along: enough for UUIDs and ULIDs, nothing that could forge a
# log line.
SANE_ID = re.compile(r"[A-Za-z0-9_.\-]{8,64}")
QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/static/")


def new_request_id() -> str:
    return f"req_{secrets.token_hex(6)}"


class RequestIdMiddleware:
    """Sets `request.request_id` and answers with `X-Request-Id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        incoming = request.headers.get("X-Request-Id", "")
        request_id = incoming if SANE_ID.fullmatch(incoming) else new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            began = time.perf_counter()
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            if not request.path.startswith(QUIET_PATHS):
                _log_request(request, response, (time.perf_counter() - began) * 1000)
        return response


def _log_request(request: HttpRequest, response: HttpResponseBase, milliseconds: float) -> None:
    log.info(
        "request",
        method=request.method,
        path=request.path,  # never the query: it may hold what one searched for
        status=response.status_code,
        ms=round(milliseconds, 1),
    )
