"""Alive, ready, measured."""

from __future__ import annotations

import pytest
from django.test import Client

from braze_partners import health


@pytest.fixture
def client() -> Client:
    return Client()


def test_alive_asks_no_server(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.embedded
@pytest.mark.django_db
def test_ready_names_each_server_below(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == dict.fromkeys(
        ("database", "migrations", "cache", "broker"), "ok"
    )


@pytest.mark.django_db
def test_one_server_missing_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    def gone() -> None:
        raise ConnectionError("redis://user:password@10.0.0.1 is down")

    monkeypatch.setitem(health.CHECKS, "broker", gone)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "ConnectionError"
    assert "password" not in answer.content.decode()


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "MigrationsMissing")


@pytest.mark.django_db
def test_metrics_are_for_this_machine_unless_there_is_a_token(
    client: Client, settings: object
) -> None:
    assert b"django_http_requests_total" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403


@pytest.mark.django_db
def test_metrics_with_a_token_need_it(client: Client, settings: pytest.FixtureRequest) -> None:
    settings.METRICS_TOKEN = "scrape-me"  # type: ignore[attr-defined]
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    answer = client.get(
        "/metrics", headers={"Authorization": "Bearer scrape-me"}, REMOTE_ADDR="203.0.113.9"
    )
    assert answer.status_code == 200
