"""One sandbox for the official SDKs, without a fault at the start and at the end of each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.running import Sandbox

SwitchOn = Callable[..., Any]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("clients") / "var")
    sandbox.start()
    yield sandbox
    sandbox.end()


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    running.call("DELETE", "events")
    yield running
    running.call("DELETE", "faults")


@pytest.fixture
def switch_on(sandbox: Sandbox) -> SwitchOn:
    return lambda kind, **settings: sandbox.call("PUT", f"faults/{kind}", settings)
