"""Runs the sandbox: one process that serves pages and carries syncs; started by `__main__`."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

# Seconds to wait for a predecessor that is ending; it has 5 s for requests under way.
LOCK_PATIENCE = 10.0
GRACE_SECONDS = 5

# Threads that answer uploads, pages and scripts. Slow answers on demand hold most of them
# (faults/holding.py); they only sleep, and the rest stay free.
WEB_THREADS = 64

# Seconds that an idle connection is kept, so that a sender with a pool is not cut off by chance.
KEEP_ALIVE_SECONDS = 60


class AlreadyRuns(Exception):
    """Another sandbox works on the same folder; two schedulers would send everything twice."""


def hold_alone(folder: Path) -> IO[str]:
    """Locks the folder for this process and its children; the lock goes with them."""
    handle = (folder / "sandbox.lock").open("w")
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise AlreadyRuns(f"A sandbox already runs on {folder}.") from None
            time.sleep(0.1)


class SandboxServer(BaseApplication):  # type: ignore[misc]
    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        super().__init__()

    def load_config(self) -> None:
        address = f"[{self.host}]" if ":" in self.host else self.host
        wanted = {
            "bind": [f"{address}:{self.port}"],
            "workers": 1,
            "worker_class": "gthread",
            "threads": WEB_THREADS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": GRACE_SECONDS,
            "loglevel": "warning",
            "proc_name": "braze-partners-sandbox",
            "control_socket_disable": True,
            "post_worker_init": start_threads,
            "worker_exit": end_threads,
        }
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from braze_partners.sandbox.wsgi import application

        return application


def start_threads(worker: Any) -> None:
    from braze_partners.sandbox.cohort_api.writer import FileWriter
    from braze_partners.sandbox.scheduler import Scheduler

    worker.own_threads = [Scheduler(), FileWriter()]
    for thread in worker.own_threads:
        thread.start()


def end_threads(server: Any, worker: Any) -> None:
    for thread in getattr(worker, "own_threads", []):
        thread.end()
