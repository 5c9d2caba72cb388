"""What a sandbox that is killed or restarted still knows."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.braze_side import KEY, BrazeSide
from tests.sandbox.running import PATIENCE, Sandbox


@pytest.fixture
def connected(sandbox: Sandbox, braze: BrazeSide) -> Sandbox:
    sandbox.connect(braze.url, KEY)
    return sandbox


def ids(count: int) -> list[str]:
    return [f"usr_{number:06}" for number in range(1, count + 1)]


@pytest.mark.parametrize("after", [0, 3, 7])
def test_a_sync_killed_in_the_middle_goes_on_by_itself(
    connected: Sandbox, braze: BrazeSide, after: int
) -> None:
    cohort_id = connected.cohort(ids(12_000))
    braze.delay = 0.15
    sync_id = connected.begin(cohort_id)
    _wait_until(lambda: len(braze.calls) >= after)
    connected.kill()
    made_before = len(braze.calls)
    braze.delay = 0.0

    connected.start()
    sync = connected.ended(sync_id)

    assert (sync["state"], sync["added"]) == ("synced", 12_000)
    assert braze.members == set(ids(12_000))
    assert made_before <= len(braze.calls) <= 12 + 4  # those under way may come twice, no others


def test_an_hourly_schedule_outlives_the_process(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(ids(10))
    connected.sync(cohort_id, cadence="hourly")
    connected.change(cohort_id, remove=["usr_000001"])
    connected.kill()
    _set_next_run(connected.folder / "sandbox.sqlite3", "2020-01-01 00:00:00")

    connected.start()
    _wait_until(lambda: len(braze.calls) == 2)

    assert braze.calls[1] == (0, 1)
    due = _next_run(connected.folder / "sandbox.sqlite3")
    assert due > time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


def test_a_second_sandbox_on_the_same_folder_is_refused(start_sandbox: Any) -> None:
    first = start_sandbox()
    second = Sandbox(first.folder, {})

    with pytest.raises(AssertionError, match="A sandbox already runs"):
        second.start()


def test_it_ends_cleanly_and_silently_on_sigterm(sandbox: Sandbox) -> None:
    assert sandbox.end() == 0
    assert sandbox.output() == ""


@pytest.mark.parametrize(
    "environment", [{"BRAZE_PARTNERS_ENV": "production"}, {"SANDBOX_ENABLED": "false"}]
)
def test_it_refuses_to_start_in_production(tmp_path: Path, environment: dict[str, str]) -> None:
    sandbox = Sandbox(tmp_path / "var", environment)

    with pytest.raises(AssertionError, match="The Amplitude sandbox"):
        sandbox.start()

    assert not (tmp_path / "var").exists()


def test_keys_and_secrets_are_readable_by_their_owner_only(
    connected: Sandbox, braze: BrazeSide
) -> None:
    for name in ("sandbox.json", "sandbox-secrets.json"):
        assert (connected.folder / name).stat().st_mode & 0o077 == 0
    database = (connected.folder / "sandbox.sqlite3").read_bytes()
    journal = connected.folder / "sandbox.sqlite3-wal"
    assert KEY.encode() not in database + (journal.read_bytes() if journal.exists() else b"")


def _wait_until(happened: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _set_next_run(path: Path, moment: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE sandbox_cohortlink SET next_run_at = ?", [moment])


def _next_run(path: Path) -> str:
    with sqlite3.connect(path) as database:
        return str(database.execute("SELECT next_run_at FROM sandbox_cohortlink").fetchone()[0])
