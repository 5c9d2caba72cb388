"""Starts servers for the tests as an unprivileged user, in folders that user can reach, and sees
to it that none outlives the test run."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


class ServerDidNotStart(Exception):
    """With the tail of the server's log."""


def unprivileged() -> dict[str, int]:
    """Popen arguments that drop root (PostgreSQL refuses to run as root); empty when not root."""
    if os.geteuid() != 0:
        return {}
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid}
    return {"user": 65534, "group": 65534}


def reachable_temp_root() -> Path:
    """A temporary folder whose parents anyone may cross: a checkout under /root is none."""
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        path = Path(candidate).resolve()
        if not path.is_dir() or not os.access(path, os.W_OK):
            continue
        if all(p.stat().st_mode & stat.S_IXOTH for p in (path, *path.parents)):
            return path
    return Path(tempfile.gettempdir())


def make_folder(prefix: str) -> Path:
    """A fresh private folder that the unprivileged user owns."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=reachable_temp_root()))
    owner = unprivileged()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    return folder


def shared_copy(name: str, sources: list[Path], *, root: Path | None = None) -> Path:
    """A 0755 copy of `sources` side by side, made once per version and kept for later runs."""
    home = (root or reachable_temp_root()) / f"braze-partners-{name}-{os.geteuid()}"
    if home.is_dir() and home.stat().st_uid == os.geteuid():
        return home
    staged = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    for source in sources:
        shutil.copytree(source, staged / source.name, symlinks=True)
    staged.chmod(0o755)
    try:
        staged.rename(home)
    except OSError:  # another run was faster
        shutil.rmtree(staged, ignore_errors=True)
    return home


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def die_with_parent(sig: signal.Signals) -> Callable[[], None] | None:
    """A preexec function: the kernel sends `sig` when the test run dies, even by SIGKILL."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(sig))

    return arrange


class Server:
    """One server process of the test bed, with its folder and log."""

    def __init__(self, argv: list[str], folder: Path, *, stop_signal: signal.Signals) -> None:
        self.argv = argv
        self.folder = folder
        self.log = folder / "server.log"
        self.stop_signal = stop_signal
        self.start()

    def start(self) -> None:
        """Once more, after its process has gone."""
        with self.log.open("ab") as out:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),
                **_extra_groups(unprivileged()),
            )

    def end(self, sig: signal.Signals) -> None:
        """By this signal; what it keeps on disk stays."""
        self.process.send_signal(sig)
        self.process.wait(30)

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if ready():
                return
            time.sleep(0.02)
        tail = self.log.read_text(errors="replace")[-2000:]
        self.stop()
        raise ServerDidNotStart(tail)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)


def _extra_groups(owner: dict[str, int]) -> dict[str, object]:
    return {**owner, "extra_groups": []} if owner else {}


def run_once(argv: list[str], folder: Path) -> None:
    """Run a tool (initdb) as the unprivileged user; its words are the error."""
    done = subprocess.run(  # type: ignore[call-overload]
        argv, cwd=folder, capture_output=True, text=True, **_extra_groups(unprivileged())
    )
    if done.returncode:
        raise ServerDidNotStart(done.stdout + done.stderr)
