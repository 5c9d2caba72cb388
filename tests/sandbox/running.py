"""The real sandbox as a process of its own, with a folder of its own, spoken to over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
SHORT_DELAYS = ",".join(["0.1"] * 8)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sandbox:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "BRAZE_PARTNERS_VAR": str(self.folder),
            "SANDBOX_SEED_USERS": "0",
            "SANDBOX_RETRY_DELAYS": SHORT_DELAYS,
            **self.environment,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "braze_partners.sandbox", "--port", str(self.port)],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._await_health()

    def _await_health(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(self.output())
            try:
                if requests.get(f"{self.url}/healthz", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise AssertionError("the sandbox does not answer")

    def kill(self) -> None:
        """SIGKILL to the server and its worker at once, as a crash of the machine would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def end(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def output(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = requests.request(method, f"{self.url}/sandbox/api/{path}", json=body, timeout=30)
        if status is not None:
            assert answer.status_code == status, answer.text
        else:
            assert answer.ok, answer.text
        return answer.json()

    def cohort(self, user_ids: list[str], name: str = "A cohort") -> str:
        made = self.call("POST", "cohorts", {"name": name, "user_ids": user_ids}, 201)
        return str(made["id"])

    def change(self, cohort_id: str, **lists: list[str]) -> None:
        self.call("POST", f"cohorts/{cohort_id}/members", lists)

    def connect(self, url: str, key: str) -> Any:
        return self.call("PUT", "destination", {"api_key": key, "rest_endpoint": url})

    def begin(self, cohort_id: str, **options: Any) -> int:
        return int(self.call("POST", f"cohorts/{cohort_id}/sync", options, 202)["id"])

    def ended(self, sync_id: int) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            sync = self.call("GET", f"syncs/{sync_id}")
            if sync["state"] not in ("queued", "running"):
                return sync
            time.sleep(0.05)
        raise AssertionError(f"the sync does not end: {sync}")

    def sync(self, cohort_id: str, **options: Any) -> Any:
        return self.ended(self.begin(cohort_id, **options))
