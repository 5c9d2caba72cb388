"""Everything that a scrape answers: what the web processes have counted, and what the rooms read
from the database when asked. Knows the rooms' collectors by name only."""

from __future__ import annotations

from functools import cache

import structlog
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, generate_latest

log = structlog.get_logger(__name__)

COLLECTORS = ("currents.measured.CurrentsCollector",)


@cache
def rooms() -> CollectorRegistry:
    """Apart from the processes' own: it holds no values, so it needs no files to share."""
    registry = CollectorRegistry()
    for name in COLLECTORS:
        registry.register(import_string(name)())
    return registry


def exposition(request: HttpRequest) -> HttpResponse:
    """A database that does not answer takes nothing from what the processes have counted."""
    answer: HttpResponse = ExportToDjangoView(request)
    try:
        answer.content += generate_latest(rooms())
    except DatabaseError as error:
        log.warning("rooms_not_measured", error=type(error).__name__)
    return answer
