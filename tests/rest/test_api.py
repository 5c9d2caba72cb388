"""/api/v1/: what each endpoint answers, to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from braze_partners.keys import secrets
from braze_partners.keys.models import DataImportKey, RestApiKey
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory
from tests.rest.conftest import SECRET, KeyClient
from tests.workspaces.factories import AuditEntryFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)

ENDPOINTS = [
    ("GET", "/api/v1/workspace", "workspace.read"),
    ("GET", "/api/v1/members", "members.read"),
    ("GET", "/api/v1/audit", "audit.read"),
    ("GET", "/api/v1/partners", "partners.read"),
    ("GET", "/api/v1/partners/amplitude", "partners.read"),
    ("GET", "/api/v1/import-keys", "import_keys.read"),
    ("POST", "/api/v1/import-keys", "import_keys.write"),
    ("GET", "/api/v1/rest-keys", "rest_keys.read"),
    ("POST", "/api/v1/rest-keys", "rest_keys.write"),
]


@pytest.mark.parametrize(("method", "path", "permission"), ENDPOINTS)
def test_an_endpoint_wants_a_key_and_its_permission(
    with_key: Callable[..., KeyClient], method: str, path: str, permission: str
) -> None:
    anonymous = Client().generic(method, path)
    lacking = with_key("segments.list").call(method, path, {})
    having = with_key("segments.list", permission).call(method, path, {})

    assert anonymous.status_code == 401
    assert anonymous.headers["WWW-Authenticate"].startswith("Bearer")
    assert anonymous.json()["detail"] == "Invalid API key"
    assert lacking.status_code == 403
    assert lacking.json()["detail"] == f"The API key lacks the permission {permission}"
    assert having.status_code == (200 if method == "GET" else 400)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", f"Basic {SECRET}", SECRET, "Bearer brk_unknown", "Bearer é"],
)
def test_what_is_no_bearer_key_is_refused(full: KeyClient, header: str) -> None:
    response = Client().get("/api/v1/workspace", headers={"Authorization": header})

    assert response.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_schemes_case_does_not_matter(full: KeyClient, scheme: str) -> None:
    header = f"{scheme} {SECRET}"

    assert Client().get("/api/v1/workspace", headers={"Authorization": header}).status_code == 200


def test_an_invalidated_key_is_refused_at_once(full: KeyClient) -> None:
    assert full.get("/api/v1/workspace").status_code == 200
    RestApiKey.objects.update(invalidated_at=NOW)

    assert full.get("/api/v1/workspace").status_code == 401


def test_it_says_the_workspace_and_its_members(full: KeyClient) -> None:
    workspace = full.get("/api/v1/workspace").json()
    members = full.get("/api/v1/members").json()["data"]

    assert (workspace["slug"], workspace["create_unknown_users"]) == ("lumen", False)
    assert {member["email"]: member["role"] for member in members} == {
        "alice@example.org": "admin",
        "bob@example.org": "marketer",
        "charlie@example.org": "viewer",
    }


def test_rate_limit_headers_are_on_every_answer(full: KeyClient, settings: Settings) -> None:
    settings.RATE_LIMITS = {"default": (2, 3600)}
    answers = [full.get("/api/v1/workspace") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json()["title"] == "Too Many Requests"
    assert int(answers[2].headers["Retry-After"]) > 0


def test_the_log_and_the_keys_of_another_workspace_are_not_there(
    cast: Cast, full: KeyClient
) -> None:
    AuditEntryFactory.create(workspace=cast.other_workspace)
    theirs = DataImportKeyFactory.create(workspace=cast.other_workspace)
    their_rest = RestApiKeyFactory.create(workspace=cast.other_workspace)

    assert full.get("/api/v1/audit").json()["data"] == []
    assert full.get("/api/v1/import-keys").json()["data"] == []
    for path in (f"/api/v1/import-keys/{theirs.pk}", f"/api/v1/rest-keys/{their_rest.pk}"):
        assert full.get(path).status_code == 404
        assert full.delete(path).status_code == 404
    assert not DataImportKey.objects.exclude(invalidated_at=None).exists()


def test_a_partner_tells_its_endpoint_and_state(cast: Cast, full: KeyClient) -> None:
    DataImportKeyFactory.create(workspace=cast.workspace, last_used_at=NOW)
    amplitude = full.get("/api/v1/partners/amplitude").json()

    assert (amplitude["state"], amplitude["active_keys"]) == ("connected", 1)
    assert amplitude["cohorts_url"] == "http://testserver/partners/amplitude/cohorts"
    assert full.get("/api/v1/partners/heap").json()["state"] == "no_key"
    assert full.get("/api/v1/partners/nobody").status_code == 404


def test_an_import_key_is_generated_shown_once_and_invalidated(cast: Cast, full: KeyClient) -> None:
    made = full.call("POST", "/api/v1/import-keys", {"partner": "amplitude", "label": "CI"})
    body = made.json()
    path = f"/api/v1/import-keys/{body['id']}"

    assert made.status_code == 201
    key = DataImportKey.objects.get()
    assert secrets.digest(body["secret"]) == bytes(key.digest)
    read = full.get(path).json()
    assert "secret" not in read
    assert (read["masked"], read["label"], read["status"]) == (key.masked, "CI", "active")

    assert full.delete(path).status_code == 204
    assert full.delete(path).status_code == 204
    assert full.get(path).json()["status"] == "invalidated"
    assert set(AuditEntry.objects.values_list("action", "actor_text")) == {
        ("data_import_key.generated", "REST API key brk_kkkk…kkkk"),
        ("data_import_key.invalidated", "REST API key brk_kkkk…kkkk"),
    }


def test_a_rest_key_gives_only_what_it_has(with_key: Callable[..., KeyClient]) -> None:
    client = with_key("rest_keys.write", "rest_keys.read", "audit.read")
    wanted = {"permissions": ["audit.read"]}
    too_much = {"permissions": ["audit.read", "import_keys.write"]}

    made = client.call("POST", "/api/v1/rest-keys", wanted)
    assert made.status_code == 201
    assert KeyClient(made.json()["secret"]).get("/api/v1/audit").status_code == 200
    refused = client.call("POST", "/api/v1/rest-keys", too_much)
    assert refused.status_code == 403
    assert "import_keys.write" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "partner"),
        ({"partner": "nobody"}, "partner"),
        ({"partner": 5}, "partner"),
        ({"partner": "amplitude", "label": "x" * 81}, "label"),
        ({"partner": "amplitude", "label": "a\x00b"}, "label"),
        ({"partner": "amplitude", "label": ["x"]}, "label"),
    ],
)
def test_a_field_that_is_not_valid_is_named(full: KeyClient, body: Any, field: str) -> None:
    response = full.call("POST", "/api/v1/import-keys", body)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert list(response.json()["errors"]) == [field]


@pytest.mark.parametrize("body", [b"[]", b"nope", b'"x"', b"{", b"[" * 1_000 + b"]" * 1_000])
def test_a_body_that_is_no_object_is_refused(full: KeyClient, body: bytes) -> None:
    response = full.generic("POST", "/api/v1/import-keys", body, "application/json")

    assert response.status_code == 400


def test_a_form_is_not_json(full: KeyClient) -> None:
    assert full.post("/api/v1/import-keys", {"partner": "amplitude"}).status_code == 415


def test_a_method_that_is_not_there_says_so(full: KeyClient) -> None:
    response = full.call("DELETE", "/api/v1/workspace", {})

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
