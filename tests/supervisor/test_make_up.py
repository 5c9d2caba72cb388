"""`make up` as a person and as a power cut treat it: real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.bed.spawning import free_port
from tests.bed.stack import REPOSITORY, Stack, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("make-up")]
StartStack = Callable[..., Stack]


def processes_of(stack: Stack) -> list[int]:
    """Every living process that was started with the stack's folder in its environment."""
    mark = f"BRAZE_PARTNERS_VAR={stack.var}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark in environment and state != "Z":
            found.append(int(folder.name))
    return found


def start_again(stack: Stack, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "braze_partners.supervisor", *options]
    return subprocess.run(
        command, cwd=REPOSITORY, env=stack.env, capture_output=True, text=True, timeout=60
    )


def test_it_starts_says_where_it_is_and_ends_without_leaving_a_process(
    fresh_stack: StartStack,
) -> None:
    stack = fresh_stack()
    assert requests.get(f"{stack.web}/healthz", timeout=5).json() == {"status": "alive"}
    assert requests.get(f"{stack.web}/readyz", timeout=5).status_code == 200
    assert requests.get(stack.sandbox, timeout=5).status_code == 200
    assert stack.run["sandbox_api_key"]
    assert set(stack.run["pids"]) == {"supervisor", "web", "worker", "sandbox"}
    assert stack.web in stack.output.read_text()
    key = stack.run["sandbox_api_key"]
    assert f"Amplitude sandbox API key: {key}" in stack.output.read_text()
    project = requests.get(f"{stack.sandbox}/sandbox/api/project", timeout=5).json()
    assert project["api_key"] == key
    secret = stack.run["sandbox_secret_key"]
    assert f"Amplitude sandbox secret key: {secret}" in stack.output.read_text()
    assert project["secret_key"] == secret

    again = start_again(stack)
    assert again.returncode == 0
    assert f"already runs in this folder: {stack.web}" in again.stdout

    assert len(processes_of(stack)) >= 5
    assert stack.stop() == 0
    assert processes_of(stack) == []
    assert not (stack.var / "run.json").exists()


def test_a_killed_part_comes_back_and_the_log_says_so(fresh_stack: StartStack) -> None:
    stack = fresh_stack()
    for part in ("web", "worker", "sandbox"):
        address = stack.web
        old = stack.kill(part)
        stack.wait_for_new(part, old)
        assert stack.web == address
        assert f"{part} was killed by signal 9" in stack.log("supervisor")
    assert requests.get(f"{stack.web}/healthz", timeout=10).ok


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_a_killed_supervisor_leaves_no_process(fresh_stack: StartStack) -> None:
    stack = fresh_stack()
    stack.process.send_signal(signal.SIGKILL)
    stack.process.wait(5)
    wait_until(lambda: processes_of(stack) == [], 10)


def test_a_taken_port_is_left_alone_and_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        env = {**os.environ, "BRAZE_PARTNERS_VAR": str(tmp_path), "SANDBOX_ENABLED": "false"}
        env.update({"DATABASE_URL": "", "REDIS_URL": ""})
        env.pop("CELERY_BROKER_URL")
        output = tmp_path / "out"
        command = [
            *(sys.executable, "-m", "braze_partners.supervisor", "--no-demo"),
            *("--web-port", str(taken), "--sandbox-port", str(free_port())),
        ]
        with output.open("wb") as out:
            process = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=out, stderr=out)
        try:
            wait_until(lambda: "is running" in output.read_text(), 60, output.read_text)
            assert f"Port {taken} is taken: the dashboard moves to " in output.read_text()
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
