"""What every request gets: an id, a log line without secrets, and 503 from a busy database."""

from __future__ import annotations

import re
import sqlite3

import psycopg
import pytest
import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from braze_partners.busy import BusyDatabaseMiddleware, is_passing


def test_a_request_without_an_id_gets_one() -> None:
    assert re.fullmatch(r"req_[0-9a-f]{12}", Client().get("/healthz")["X-Request-Id"])


def test_a_sane_id_of_a_proxy_is_kept() -> None:
    brought = {"X-Request-Id": "0192f1c0-7d3e-7cc1-b2a4-1d2e3f405162"}
    assert Client().get("/healthz", headers=brought)["X-Request-Id"] == brought["X-Request-Id"]


@pytest.mark.parametrize("brought", ["short", "a" * 65, "two words here", 'quote"quote"'])
def test_an_odd_id_is_replaced(brought: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-Id": brought})
    assert answer["X-Request-Id"].startswith("req_")


@pytest.mark.django_db
def test_the_log_line_has_no_query_and_no_header() -> None:
    with structlog.testing.capture_logs() as lines:
        Client().get(
            "/sign-in?email=alice@example.org", headers={"Authorization": "Bearer secret-key"}
        )
    line = next(line for line in lines if line["event"] == "request")
    assert (line["method"], line["path"]) == ("GET", "/sign-in")
    assert "secret-key" not in str(lines)
    assert "alice" not in str(lines)


def sqlite_error(name: str) -> OperationalError:
    cause = sqlite3.OperationalError(name)
    cause.sqlite_errorname = name
    error = OperationalError(name)
    error.__cause__ = cause
    return error


def postgres_error(cause: Exception) -> OperationalError:
    error = OperationalError("passing or not")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error("SQLITE_BUSY"),
        sqlite_error("SQLITE_BUSY_SNAPSHOT"),
        postgres_error(psycopg.OperationalError("connection refused")),
        postgres_error(psycopg.errors.LockNotAvailable()),
        postgres_error(psycopg.errors.AdminShutdown()),
        postgres_error(psycopg.errors.TooManyConnections()),
        InterfaceError("connection already closed"),
    ],
)
def test_what_may_pass_is_a_503(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error("SQLITE_ERROR"),  # no such column: a fault of ours, not of the moment
        postgres_error(psycopg.errors.QueryCanceled()),
        ValueError("anything else"),
    ],
)
def test_what_will_not_pass_stays_a_500(error: Exception) -> None:
    assert not is_passing(error)


def unused(request: HttpRequest) -> HttpResponse:
    raise AssertionError


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/api/v1/cohorts", "application/problem+json"),
        ("/partners/amplitude/cohorts", "application/json"),
        ("/w/lumen/", "text/html; charset=utf-8"),
    ],
)
def test_the_503_says_when_to_come_back(path: str, content_type: str, cast: object) -> None:
    request = RequestFactory().get(path)
    request.session = {}  # type: ignore[assignment]
    middleware = BusyDatabaseMiddleware(unused)
    answer = middleware.process_exception(request, sqlite_error("SQLITE_BUSY"))
    assert answer is not None
    assert (answer.status_code, answer["Content-Type"]) == (503, content_type)
    assert int(answer["Retry-After"]) >= 1
