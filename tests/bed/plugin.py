"""Chooses where the tests run, before Django's settings are read: a real PostgreSQL and Redis, or
(`TEST_BED=sqlite`) the embedded default. Starts them once, in the run's controller process."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from braze_partners.supervisor.translating import LOCALE, compile_translations
from tests.bed import postgres, redis_server
from tests.bed.spawning import Server, ServerDidNotStart

NO_CHROMIUM = "Chromium is not installed"
NO_NODE_SDK = "The Node SDK cannot run"
EMBEDDED = ("sqlite", "embedded")
_servers: list[Server] = []
_notes: list[str] = []


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        _start_controller(collect_only=early_config.known_args_namespace.collectonly)
    _settle_process(worker)
    return (yield)


def _start_controller(*, collect_only: bool) -> None:
    compile_translations(LOCALE)  # as every start does: a fresh clone has none
    var = tempfile.mkdtemp(prefix="bp-tests-")
    atexit.register(shutil.rmtree, var, ignore_errors=True)
    os.environ["TEST_BED_ROOT"] = var
    embedded = collect_only or os.environ.get("TEST_BED", "") in EMBEDDED
    for name in ("DATABASE", "REDIS"):
        url = "" if embedded else os.environ.get(f"TEST_{name}_URL", "") or _start(name)
        os.environ[f"TEST_BED_{name}_URL"] = url
    if _notes and os.environ.get("CI") == "true":
        raise pytest.UsageError(f"CI tests on real servers only. {' '.join(_notes)}")


def _start(name: str) -> str:
    """The URL of a server started for this run; empty, with a note, when there is none."""
    atexit.register(stop_servers)
    try:
        if name == "DATABASE":
            binaries = postgres.find_binaries()
            started = postgres.start(binaries) if binaries else None
        else:
            binary = redis_server.find_binary()
            started = redis_server.start(binary) if binary else None
    except ServerDidNotStart as error:
        _notes.append(f"{name}: did not start: {error}")
        return ""
    if started is None:
        _notes.append(f"{name}: no binaries found.")
        return ""
    _servers.append(started[0])
    return started[1]


def _settle_process(worker: str) -> None:
    """The environment in which this process reads Django's settings."""
    number = int(worker.removeprefix("gw") or 0) if worker else 0
    var = Path(os.environ["TEST_BED_ROOT"]) / (worker or "main")
    var.mkdir(parents=True, exist_ok=True)
    redis = os.environ["TEST_BED_REDIS_URL"]
    os.environ["BRAZE_PARTNERS_VAR"] = str(var)
    os.environ["DATABASE_URL"] = os.environ["TEST_BED_DATABASE_URL"]
    os.environ["REDIS_URL"] = f"{redis}/{number + 1}" if redis else ""
    os.environ["CELERY_BROKER_URL"] = "memory://"  # tests call tasks; a wake-up may be lost
    os.environ["BRAZE_PARTNERS_ENV"] = "embedded"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in the test's thread


def stop_servers() -> None:
    while _servers:
        _servers.pop().stop()


def pytest_unconfigure(config: pytest.Config) -> None:
    stop_servers()


def pytest_report_header(config: pytest.Config) -> list[str]:
    database = os.environ["TEST_BED_DATABASE_URL"]
    redis = os.environ["TEST_BED_REDIS_URL"]
    lines = [
        f"test bed: {'PostgreSQL' if database else 'SQLite'}, "
        f"{'Redis' if redis else 'no Redis (embedded default)'}"
    ]
    return [*lines, *(f"NOTE: {note}" for note in _notes)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _notes:
        terminalreporter.write_sep("!", "NOT tested on real servers", red=True, bold=True)
        for note in _notes:
            terminalreporter.write_line(note, red=True)
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, what in ((NO_CHROMIUM, "browser tests"), (NO_NODE_SDK, "tests of the Node SDK")):
        without = [report for report in skipped if reason in str(report.longrepr)]
        if without:
            text = f"{len(without)} {what} SKIPPED: {reason}"
            terminalreporter.write_sep("!", text, red=True, bold=True)
