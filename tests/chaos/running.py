"""The product with servers, workers and a sandbox of this test's own, all of which may be killed;
events that come in over HTTP meanwhile; and the comparison in the end."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from braze_partners.supervisor import parts
from tests.bed import postgres, redis_server
from tests.bed.spawning import Server, die_with_parent
from tests.bed.stack import REPOSITORY, Stack, end_stack, start_stack, wait_until

UNCHOSEN = "users.messages.email.Send"
KINDS = (
    *("users.messages.email.Open", "users.messages.email.Click"),
    *("users.messages.pushnotification.Send", "users.behaviors.app.SessionStart"),
    *(UNCHOSEN, "users.no.such.Type"),
)
# One event in thirty is of one of them, who is paced now and then.
PEOPLE, HOT = 400, 0.97
# Short, so that what a killed worker held is taken up soon.
QUICK = {"DELIVERY_REQUEST_SECONDS": "2", "PROBE_SECONDS": "1"}
_numbers = itertools.count(1)


@dataclass
class Worker:
    """A worker with beat of its own, beside the supervised one, which only runs jobs."""

    env: dict[str, str]
    output: Path
    process: subprocess.Popen[bytes] | None = None
    began: int = 0  # how much its processes before this one had said

    def start(self) -> None:
        self.began = self.output.stat().st_size if self.output.exists() else 0
        env = {**self.env, "DJANGO_SETTINGS_MODULE": parts.SETTINGS, "DELIVERY_THREADS": "8"}
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *parts.worker().argv],
                cwd=REPOSITORY,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def wait_until_it_delivers(self) -> None:
        """It may be starting still."""
        wait_until(lambda: b"delivery_started" in self.output.read_bytes()[self.began :], 60)


class Inside:
    """The process on the stack's database that inside.py is."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.process: subprocess.Popen[str] | None = None

    def ask(self, action: str, **given: Any) -> dict[str, Any]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.inside"],
                cwd=REPOSITORY,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"action": action, "given": given}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(('{"answer"', '{"error"')):
                content: dict[str, Any] = json.loads(line)
                assert "error" not in content, content["error"]
                answer: dict[str, Any] = content["answer"]
                return answer
        raise AssertionError(f"no answer to {action}")

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(5)


@dataclass
class Flow:
    """Events of one Current on their way: who posts them, and what was answered."""

    bed: Bed
    current: int
    rest_key: str
    dice: random.Random
    accepted: list[str] = field(default_factory=list)
    unsure: list[list[str]] = field(default_factory=list)
    refused: int = 0
    prefix: str = ""

    def batch(self, count: int) -> list[dict[str, Any]]:
        return [self._event(number) for number in range(count)]

    def _event(self, place: int) -> dict[str, Any]:
        who = self.dice.randrange(PEOPLE) if self.dice.random() < HOT else 1
        user: dict[str, str] = {}
        if who % 4:
            user["external_user_id"] = f"{self.prefix}-user-{who}"
        if who % 3:
            user["device_id"] = f"{self.prefix}-device-{who % (PEOPLE // 2)}"
        return {
            "id": f"{self.prefix}-{next(_numbers)}",
            "event_type": self.dice.choice(KINDS),
            "time": int(time.time()),
            "user": user,
            "properties": {"campaign_id": "c1", "note": "x" * self.dice.randrange(200)},
        }

    def post(self, count: int) -> int | None:
        """One request; the status, or None without an answer."""
        events = self.batch(count)
        names = [one["id"] for one in events]
        headers = {"Authorization": f"Bearer {self.rest_key}"}
        url = f"{self.bed.stack.web}/currents/events"
        try:
            answer = requests.post(url, json={"events": events}, headers=headers, timeout=20)
        except requests.RequestException:
            self.unsure.append(names)
            return None
        if answer.status_code == 201:
            self.accepted += names
        elif answer.status_code == 429:
            self.refused += 1
        else:
            self.unsure.append(names)
        return answer.status_code

    @contextlib.contextmanager
    def posting(self, threads: int = 2, pause: float = 0.25) -> Generator[None, None, None]:
        """Requests of all sizes, one after the other in each thread, until the block ends."""
        ends = threading.Event()

        def run() -> None:
            while not ends.wait(pause):
                self.post(self.dice.choice((1, 2, 5, 20, 75)))

        running = [threading.Thread(target=run) for _ in range(threads)]
        for thread in running:
            thread.start()
        try:
            yield
        finally:
            ends.set()
            for thread in running:
                thread.join()

    def drain(self, seconds: float = 120) -> None:
        """Until nothing waits; what fails is tried at once, as a person's *Resume* does."""
        last: dict[str, Any] = {}

        def nothing_waits() -> bool:
            nonlocal last
            last = self.bed.inside.ask("state", current=self.current, resume=True)
            time.sleep(0.2)
            return last["waiting"] == 0

        wait_until(nothing_waits, seconds, lambda: f": {last}")

    def compare(self) -> dict[str, Any]:
        """Event by event; and that something was sent at all."""
        found = self.bed.inside.ask(
            "compare",
            current=self.current,
            sandbox=self.bed.stack.sandbox,
            api_key=self.bed.api_key,
            accepted=self.accepted,
            unsure=self.unsure,
        )
        assert found["fates"].get("delivered", 0) > 0, found
        return found


@dataclass
class Bed:
    """A stack on servers of its own, or on none: the embedded default."""

    stack: Stack
    workers: list[Worker]
    inside: Inside
    database: Server | None = None
    redis: Server | None = None

    def restart(self, server: Server, sig: signal.Signals) -> None:
        """It ends by this signal, is away for a moment and comes back as it was."""
        server.end(sig)
        time.sleep(0.5)
        server.start()

    @property
    def api_key(self) -> str:
        return str(self.stack.run["sandbox_api_key"])

    def flow(self, seed: int) -> Flow:
        prefix = f"chaos-{next(_numbers)}"
        made = self.inside.ask("set_up", name=prefix, api_key=self.api_key, unchosen=UNCHOSEN)
        dice = random.Random(seed)
        return Flow(self, made["current"], made["rest_key"], dice, prefix=prefix)

    def faults(self, **on: dict[str, Any]) -> None:
        """Exactly these; none at all is a sandbox that is well."""
        url = f"{self.stack.sandbox}/sandbox/api/faults"
        requests.put(url, json={"faults": on}, timeout=10).raise_for_status()

    def all_deliver(self) -> None:
        for worker in self.workers:
            worker.wait_until_it_delivers()

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.inside.end()
        end_stack(self.stack)
        for server in (self.database, self.redis):
            if server is not None:
                server.stop()


def start(folder: Path, *, embedded: bool, workers: int = 2) -> Bed | None:
    """None where there are no binaries of servers."""
    database = redis = None
    given = {"TEST_BED_DATABASE_URL": "", "TEST_BED_REDIS_URL": ""}
    if not embedded:
        found = servers()
        if found is None:
            return None
        database, given["TEST_BED_DATABASE_URL"], redis, given["TEST_BED_REDIS_URL"] = found
    stack = start_stack(folder, demo=False, DELIVERY_THREADS="0", **QUICK, **given)
    beside = [Worker(stack.env, stack.var / f"worker-{n}.out") for n in range(workers)]
    for worker in beside:
        worker.start()
    return Bed(stack, beside, Inside(stack.env), database, redis)


def any_faults(dice: random.Random) -> dict[str, dict[str, Any]]:
    """One or two that come and go; what they name or refuse is sent again later."""
    choices: list[tuple[str, dict[str, Any]]] = [
        ("http_500", {"share": 0.3}),
        ("http_503", {"share": 0.3}),
        ("lost_answer", {"share": 0.3}),
        ("dropped", {"share": 0.3}),
        ("cut", {"share": 0.3}),
        ("drip", {"share": 0.2, "seconds": 1}),
        ("slow", {"share": 0.2, "seconds": 1}),
        ("garbage", {"share": 0.2}),
        ("html", {"share": 0.2}),
        ("too_large", {"share": 0.5, "bytes": 20_000}),
    ]
    return dict(dice.sample(choices, dice.choice((0, 1, 1, 2))))


def servers() -> tuple[Server, str, Server, str] | None:
    """A PostgreSQL that keeps what it commits, and a Redis; None where there are no binaries."""
    binaries, binary = postgres.find_binaries(), redis_server.find_binary()
    if binaries is None or binary is None:
        return None
    lasting = {**postgres.FAST_AND_FORGETFUL, "synchronous_commit": "on", "fsync": "on"}
    database, database_url = postgres.start(binaries, lasting)
    redis, redis_url = redis_server.start(binary)
    return database, database_url, redis, redis_url
