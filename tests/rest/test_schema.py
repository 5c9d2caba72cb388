"""The OpenAPI document says what the API does, and its docs run under our policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from braze_partners.keys import attempts, permissions
from braze_partners.rest.views import ApiView
from braze_partners.wsgi import application
from tests.rest.conftest import SECRET, KeyClient


def test_the_document_is_valid_and_complete(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_anyone_may_read_the_document() -> None:
    response = Client().get("/api/schema/", headers={"Accept": "application/json"})
    document = response.json()

    assert response.status_code == 200
    assert set(document["paths"]) >= {"/api/v1/workspace", "/api/v1/import-keys"}
    braze = {"/users/track", "/users/identify", "/users/alias/new", "/users/delete"}
    assert set(document["paths"]) >= braze | {"/currents/events"}
    for path in braze:
        refusal = document["paths"][path]["post"]["responses"]["403"]["content"]
        assert refusal["application/json"]["schema"]["$ref"].endswith("/BrazeError")
    problem = document["paths"]["/api/v1/import-keys"]["post"]["responses"]["422"]
    assert "application/problem+json" in problem["content"]


def test_the_docs_have_no_script_or_style_of_their_own() -> None:
    page = Client().get("/api/docs/").content.decode()
    script = Client().get("/api/docs/?script=")

    assert "<style" not in page and "style=" not in page
    assert all("src=" in tag for tag in page.split("<script")[1:])
    assert script.headers["Content-Type"].startswith("application/javascript")


def addresses(urls: Any = None) -> Iterator[Any]:
    for pattern in (urls or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern.callback


def endpoints() -> Iterator[type[ApiView]]:
    for callback in addresses():
        view = getattr(callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, ApiView):
            yield view


def straight_endpoints() -> Iterator[Any]:
    """Those of keys/endpoint.py: functions that say what they need."""
    return (callback for callback in addresses() if hasattr(callback, "needs"))


def test_every_endpoint_asks_for_a_permission_of_the_table_for_each_method() -> None:
    for view in endpoints():
        methods = {
            name.upper()
            for name in ("get", "post", "put", "patch", "delete")
            if hasattr(view, name)
        }
        assert set(view.needs) == methods, view
        assert set(view.needs.values()) <= permissions.NAMES, view


def test_every_permission_that_is_offered_does_something() -> None:
    views = [*endpoints(), *straight_endpoints()]
    asked = {needed for view in views for needed in view.needs.values()}

    assert asked >= permissions.NAMES


@pytest.fixture
def kept_connection(db: None) -> Iterator[None]:
    """Django closes a connection that is inside a transaction when a request ends."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


def drive(operation: Any) -> None:
    """Calls it with what its description allows and with what it does not."""
    # A cursor is only valid as a link gave it, which no schema can say; on Braze's paths an entry
    # that is refused stops no other.
    excluded: list[Any] = [positive_data_acceptance]
    if not operation.path.startswith("/api/v1/"):
        excluded.append(negative_data_rejection)

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {SECRET}"}, excluded_checks=excluded
        )

    run()


def test_the_running_application_answers_as_the_document_says(
    kept_connection: None, full: KeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FAILURES_PER_WINDOW", 10**9)  # each call is tried unauthorised
    document = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    operations = [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]

    assert len(operations) >= 13
    for operation in operations:
        drive(operation)
