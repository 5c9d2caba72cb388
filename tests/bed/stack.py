"""Real processes for journeys and for tests that kill: web, worker and sandbox under the
supervisor, in a folder and a database of their own."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bed import postgres
from tests.bed.redis_server import DATABASES
from tests.bed.spawning import ServerDidNotStart, free_port

REPOSITORY = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 150  # with the demo to load on a busy machine
_numbers = itertools.count()


@dataclass(slots=True)
class Stack:
    """A running set of processes; addresses have no trailing slash."""

    var: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def run(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.var / "run.json").read_text())
        return content

    @property
    def web(self) -> str:
        return str(self.run["web"])

    @property
    def sandbox(self) -> str:
        return str(self.run["sandbox"])

    def manage(self, *args: str) -> str:
        """What a management command prints, run beside the processes on the same database."""
        command = [sys.executable, "manage.py", *args]
        done = subprocess.run(command, cwd=REPOSITORY, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill(self, part: str) -> int:
        """SIGKILL a part ("web", "worker", "sandbox") with all its processes; its old pid."""
        pid = int(self.run["pids"][part])
        os.killpg(pid, signal.SIGKILL)
        return pid

    def wait_for_new(self, part: str, old_pid: int, seconds: float = 30) -> None:
        """Until the supervisor has started the part again and it answers."""
        wait_until(lambda: self.run["pids"].get(part) not in (old_pid, None), seconds)
        address = {"web": f"{self.web}/healthz", "sandbox": self.sandbox}.get(part)
        if address:
            wait_until(lambda: _answers(address), seconds)

    def log(self, part: str) -> str:
        return (self.var / "log" / f"{part}.log").read_text(errors="replace")

    def stop(self, seconds: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(5)


def wait_until(
    true: Callable[[], bool], seconds: float = 30, told: Callable[[], str] = str
) -> None:
    """Poll until it is so; fails the test otherwise, with what `told` says then."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds} s{told()}"
        time.sleep(0.05)


def _answers(address: str) -> bool:
    import requests

    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False


def stack_environment(var: Path, number: int, **given: str) -> dict[str, str]:
    """The environment of a new stack: its own database on the test bed's servers, or on those
    that are given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CELERY_", "PYTEST_"))}
    env |= given
    database, redis = env["TEST_BED_DATABASE_URL"], env["TEST_BED_REDIS_URL"]
    env["BRAZE_PARTNERS_VAR"] = str(var)
    env["DATABASE_URL"] = (
        postgres.create_database(database, f"stack_{worker}_{number}") if database else ""
    )
    # The lower half of the databases is the tests' own (plugin.py).
    slot = DATABASES // 2 + (worker * 8 + number) % (DATABASES // 2)
    env["REDIS_URL"] = f"{redis}/{slot}" if redis else ""
    return env


def start_stack(folder: Path, *, demo: bool, **environment: str) -> Stack:
    var = Path(tempfile.mkdtemp(prefix="var-", dir=folder))
    env = stack_environment(var, next(_numbers), **environment)
    output = var / "supervisor.out"
    command = [
        *(sys.executable, "-m", "braze_partners.supervisor"),
        *("--web-port", str(free_port()), "--sandbox-port", str(free_port())),
        *([] if demo else ["--no-demo"]),
    ]
    with output.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    stack = Stack(var, env, process, output)
    deadline = time.monotonic() + START_SECONDS
    while "is running" not in output.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            stack.stop()
            raise ServerDidNotStart(output.read_text(errors="replace")[-4000:])
        time.sleep(0.1)
    return stack


def end_stack(stack: Stack) -> None:
    stack.stop()
    if stack.env["DATABASE_URL"]:
        maintenance, name = stack.env["TEST_BED_DATABASE_URL"], stack.env["DATABASE_URL"]
        postgres.drop_database(maintenance, name.rsplit("/", 1)[1].split("?")[0])


@pytest.fixture(scope="session")
def live_stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    """The running product with its demo, shared by this worker's tests: leave it as you found it,
    or ask for `fresh_stack`."""
    stack = start_stack(tmp_path_factory.mktemp("live"), demo=True)
    yield stack
    end_stack(stack)


@pytest.fixture
def fresh_stack(tmp_path: Path) -> Generator[Callable[..., Stack], None, None]:
    """`fresh_stack(demo=False)` starts a running product of this test's own; several may be."""
    started: list[Stack] = []

    def start(*, demo: bool = False) -> Stack:
        started.append(start_stack(tmp_path, demo=demo))
        return started[-1]

    yield start
    for stack in started:
        end_stack(stack)
