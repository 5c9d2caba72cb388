"""Answers 503 with Retry-After when the database can't be had in time, instead of a bare 500."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from braze_partners.errors import Unavailable, answer, is_machine_path

log = structlog.get_logger(__name__)

RETRY_AFTER = 2  # seconds; a busy SQLite was measured to free itself within 2.3 s
# SQLSTATE classes: 08 connection, 53 resources, 55P03 lock not available, 57P server going away.
PASSING_STATES = ("08", "53", "55P03", "57P")


def is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed a moment later."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    if getattr(cause, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return True
    if type(cause).__module__.startswith("psycopg"):
        state = getattr(cause, "sqlstate", None)
        return state is None or state.startswith(PASSING_STATES)
    return False


class BusyDatabaseMiddleware:
    """Turns a busy or absent database into a clear 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return busy_answer(request) if is_passing(error) else None


def busy_answer(request: HttpRequest) -> HttpResponse:
    log.warning("database_busy", path=request.path)
    response: HttpResponse
    if is_machine_path(request.path):
        response = answer(request, Unavailable())
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response
