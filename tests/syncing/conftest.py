"""A world of one pulled cohort, over real HTTP to an Amplitude of the test."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from cohorts import remembered
from tests.cohorts.conftest import make_partner
from tests.syncing.world import World, make_world


@pytest.fixture(autouse=True)
def nothing_remembered() -> Generator[None, None, None]:
    """Rolled-back tests use ids again, which production never does."""
    for memory in (remembered.memberships, remembered.keys):
        memory.clear()
    yield
    for memory in (remembered.memberships, remembered.keys):
        memory.clear()


@pytest.fixture
def world(db: None, httpserver: HTTPServer, settings: Any) -> World:
    settings.AMPLITUDE_SANDBOX_URL = httpserver.url_for("").rstrip("/")
    return make_world(make_partner(), httpserver)
