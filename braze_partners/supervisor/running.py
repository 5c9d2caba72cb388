"""Keeps parts running: starts them in groups of their own, restarts what crashed, ends all."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from braze_partners.supervisor.backoff import crashes_in_a_row, restart_delay
from braze_partners.supervisor.parts import Part, command, environment

LOG_BYTES = 10 * 1024 * 1024  # of one file; with the older ones 40 MiB a part
LOG_FILES_KEPT = 3
START_SECONDS = 60.0  # a part that is not ready by then will not be
GRACE_SECONDS = 20.0  # for requests and tasks under way before they are killed
TICK = 0.1


class PartDidNotStart(Exception):
    """With the part's name and the end of its log."""


class Running:
    """One part and its current process, if it has one."""

    def __init__(self, part: Part, log_folder: Path, say: Callable[[str], None]) -> None:
        self.part = part
        self.say = say
        self.log_path = log_folder / f"{part.name}.log"
        self.log = rotating_log(self.log_path)
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.crashes = 0
        self.start_due: float | None = 0.0

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Only from the main thread: the kernel's death signal is tied to the starting thread."""
        self.start_due = None
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            command(self.part),
            env=environment(self.part),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self.part.pass_fds,
        )
        threading.Thread(target=self._pump, args=(self.process,), daemon=True).start()

    def _pump(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.log.info("%s", line.decode(errors="replace").rstrip("\n"))

    def look(self) -> bool:
        """Notice a crash, start what is due; True when the process is another than before."""
        if self.process is not None and self.process.poll() is not None:
            self._note_crash(self.process.returncode)
            return True
        if self.start_due is not None and time.monotonic() >= self.start_due:
            self.start()
            return True
        return False

    def _note_crash(self, code: int) -> None:
        assert self.process is not None
        kill_group(self.process.pid)
        now = time.monotonic()
        self.crashes = crashes_in_a_row(self.crashes, now - self.started_at)
        delay = restart_delay(self.crashes)
        self.process, self.start_due = None, now + delay
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self.say(f"{self.part.name} {how}; starting it again in {delay:g} s ({self.log_path}).")

    def tail(self, lines: int = 20) -> str:
        with suppress(OSError):
            return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])
        return ""


class Group:
    """All parts of this machine."""

    def __init__(self, parts: Sequence[Part], log_folder: Path, say: Callable[[str], None]) -> None:
        self.members = [Running(part, log_folder, say) for part in parts]

    def pids(self) -> dict[str, int]:
        return {m.part.name: m.pid for m in self.members if m.pid is not None}

    def start(self, stop: threading.Event) -> None:
        """Start all at once and wait until each is ready, or `stop` is set."""
        for member in self.members:
            member.start()
        deadline = time.monotonic() + START_SECONDS
        waiting = list(self.members)
        while waiting and not stop.is_set():
            for member in waiting:
                ended = member.process is None or member.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise PartDidNotStart(f"{member.part.name} did not start:\n{member.tail()}")
            waiting = [m for m in waiting if not m.part.is_ready()]
            stop.wait(TICK)

    def watch(self, stop: threading.Event, changed: Callable[[], None]) -> None:
        """Until `stop`: restart what crashed; `changed` is called when a process is another."""
        while not stop.wait(TICK):
            different = [member for member in self.members if member.look()]
            if different:
                changed()

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Ask all to end, wait for what is under way, then leave no process."""
        alive = [m.process for m in self.members if m.process is not None]
        for process in alive:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while any(p.poll() is None for p in alive):
            if time.monotonic() > deadline or hurry():
                break
            time.sleep(TICK / 2)
        for process in alive:
            kill_group(process.pid)
            process.wait()


def kill_group(group: int) -> None:
    """End what is left of a part's processes: beat, a gunicorn worker."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def rotating_log(path: Path) -> logging.Logger:
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger(f"supervisor.{path.stem}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES_KEPT, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers = [handler]
    return logger
