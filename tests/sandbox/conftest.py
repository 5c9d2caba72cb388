"""A running sandbox and the Braze side it pushes to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.sandbox.braze_side import KEY, BrazeSide
from tests.sandbox.running import Sandbox

StartSandbox = Callable[..., Sandbox]


@pytest.fixture
def braze() -> Iterator[BrazeSide]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        side = BrazeSide(server)
        server.expect_request(
            re.compile("^/partners/amplitude/.*"), method="POST"
        ).respond_with_handler(side.answer)
        yield side


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[StartSandbox]:
    started: list[Sandbox] = []

    def start(**environment: str) -> Sandbox:
        sandbox = Sandbox(tmp_path / "var", environment)
        sandbox.start()
        started.append(sandbox)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.end()


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the tests that make their own cohorts and do not restart it."""
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox") / "var", {})
    sandbox.start()
    yield sandbox
    sandbox.end()


@pytest.fixture
def connected(shared: Sandbox, braze: BrazeSide) -> Sandbox:
    shared.connect(braze.url, KEY)
    return shared
