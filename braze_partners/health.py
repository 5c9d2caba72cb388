"""Says whether this process is alive, whether it is ready to serve, and how it fares. Knows the
servers below us, no app's data."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from braze_partners.metrics import exposition
from braze_partners.workspaces.addresses import client_address

log = structlog.get_logger(__name__)

SCRAPE_TIMEOUT = 2  # seconds a server below us has to answer


def alive(request: HttpRequest) -> JsonResponse:
    """Answers as long as the process does: what a restart would cure."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answers 200 only if requests can be served: what a load balancer asks."""
    findings = {name: _finding(name, check) for name, check in CHECKS.items()}
    good = all(finding == "ok" for finding in findings.values())
    status = "ready" if good else "not ready"
    return JsonResponse({"status": status, "checks": findings}, status=200 if good else 503)


def _finding(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # whatever is wrong, the answer is "not ready"
        # The caller gets the kind of error only: its text may hold addresses and user names.
        log.warning("not_ready", check=name, error=str(error))
        return type(error).__name__
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    token = secrets.token_hex(8)
    key = f"readyz:{token}"
    cache.set(key, token, timeout=5)
    if cache.get(key) != token:
        raise LookupError("the cache forgot what it was told")
    cache.delete(key)


def _broker() -> None:
    url = settings.CELERY_BROKER_URL
    if url.startswith("redis"):
        import redis

        client = redis.Redis.from_url(
            url, socket_timeout=SCRAPE_TIMEOUT, socket_connect_timeout=SCRAPE_TIMEOUT
        )
        with client:
            client.ping()
    elif url.startswith("filesystem"):
        folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
        probe = folder.parent / "readyz"
        probe.touch()


class MigrationsMissing(Exception):
    """The database's tables are older than this code."""


_migrated = False


def _migrations() -> None:
    """Once up to date, a process stays so: it is asked only until then."""
    global _migrated
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise MigrationsMissing
    _migrated = True


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "broker": _broker,
}


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for a Bearer of METRICS_TOKEN; without a token set, for this machine."""
    if not _may_scrape(request):
        return HttpResponse("Forbidden\n", status=403, content_type="text/plain")
    return exposition(request)


def _may_scrape(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    return client_address(request) in ("127.0.0.1", "::1")


urlpatterns = [
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
