"""The container files agree with the code: parsed here, for want of an engine to try them with."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.house.sources import REPOSITORY

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()


def test_the_services_are_those_of_the_documentation() -> None:
    wanted = {"migrate", "web", "worker", "beat", "postgres", "redis"}
    assert set(COMPOSE["services"]) == wanted


def test_each_service_waits_for_services_and_uses_volumes_that_exist() -> None:
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]


def test_one_clock_only() -> None:
    clocks = [
        name
        for name, service in COMPOSE["services"].items()
        if {"beat", "--beat", "-B"} & set(service.get("command", []))
    ]
    assert clocks == ["beat"]


def test_redis_evicts_nothing() -> None:
    assert "noeviction" in COMPOSE["services"]["redis"]["command"]


def test_no_secret_has_a_default() -> None:
    environment = COMPOSE["services"]["web"]["environment"]
    for name in ("SECRET_KEY", "KEY_HASH_SECRET", "ENCRYPTION_KEYS"):
        assert environment[name] == f"${{{name}:?see docs/operating.md}}"


def test_the_image_copies_only_what_is_there_and_runs_as_nobody_special() -> None:
    allowed = re.findall(r"^!(\S+)", (REPOSITORY / ".dockerignore").read_text(), re.M)
    assert [name for name in allowed if not (REPOSITORY / name).exists()] == []
    last_user = re.findall(r"^USER (\S+)", DOCKERFILE, re.M)[-1]
    assert last_user not in ("root", "0")
    assert "--require-hashes" in DOCKERFILE
