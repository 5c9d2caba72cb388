"""An Amplitude that takes whatever comes: HTTP V2 as a process of its own, as cheap as Python can.

It reads a body, cuts out the insert ids, answers 200 and remembers when. What that costs is the
same for everyone who sends to it. `python -m benchmarks.stub PORT` runs it.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import chain
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock
from typing import Any

from tests.bed.spawning import die_with_parent, free_port

BEFORE_ID = b'"insert_id":'
ANSWER = b'{"code":200,"events_ingested":%d,"payload_size_bytes":%d,"server_upload_time":%d}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """Since it was last forgotten; `last` is the machine's monotonic clock at the last answer."""

    requests: int
    events: int
    last: float
    distinct: int = 0

    @property
    def duplicates(self) -> int:
        return self.events - self.distinct


class Memory:
    """Ids are kept as they were cut, and only compared when somebody asks."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.requests, self.events, self.last = 0, 0, 0.0
        self.ids: list[list[bytes]] = []

    def take(self, body: bytes) -> int:
        cut = body.split(BEFORE_ID)[1:]
        ids = [rest[:40] for rest in cut]
        with self.lock:
            self.requests += 1
            self.events += len(ids)
            self.ids.append(ids)
        return len(ids)

    def seen(self, *, compared: bool) -> dict[str, Any]:
        with self.lock:
            found = {"requests": self.requests, "events": self.events, "last": self.last}
            if compared:
                # Between the quotation marks, with or without a space before them.
                distinct = {cut.split(b'"')[1] for cut in chain.from_iterable(self.ids)}
                found["distinct"] = len(distinct)
            return found


class Handler(StreamRequestHandler):
    """One connection, for as many requests as it brings."""

    server: Server
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while request := self.rfile.readline():
            method, path, _ = request.split(b" ", 2)
            length = 0
            keep = True
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                elif name.lower() == b"connection":
                    keep = b"close" not in value.lower()
            self._answer(method, path, self.rfile.read(length))
            if not keep:
                return

    def _answer(self, method: bytes, path: bytes, body: bytes) -> None:
        memory = self.server.memory
        if method == b"POST":
            content = ANSWER % (memory.take(body), len(body), time.time_ns() // 1_000_000)
            self.wfile.write(HEAD % len(content) + content)
            memory.last = time.monotonic()
            return
        if path == b"/forget":
            self.server.memory = Memory()
        content = json.dumps(self.server.memory.seen(compared=path == b"/compared")).encode()
        self.wfile.write(HEAD % len(content) + content)


class Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.memory = Memory()


@dataclass(frozen=True, slots=True)
class Stub:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def forget(self) -> None:
        self._ask("/forget")

    def seen(self, *, compared: bool = False) -> Seen:
        return Seen(**self._ask("/compared" if compared else "/seen"))

    def wait_for(self, events: int, seconds: float) -> Seen:
        """Until so many events have come, or `seconds` without any; the machine has other work."""
        last, since = -1, time.monotonic()
        while True:
            seen = self.seen()
            if seen.events >= events or time.monotonic() - since > seconds:
                return self.seen(compared=True)
            if seen.events != last:
                last, since = seen.events, time.monotonic()
            time.sleep(0.02)

    def _ask(self, path: str) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Connection": "close"})
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found


@contextmanager
def stub() -> Generator[Stub, None, None]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stub", str(port)],
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        _wait(port)
        yield Stub(port, process)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The stub did not start.")


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
