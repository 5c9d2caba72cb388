"""A PostgreSQL that keeps what it commits, a Redis, and web processes over them.

Unlike the tests' cluster this one syncs to disk: both sides of every comparison pay for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from braze_partners.supervisor import parts
from tests.bed import postgres, redis_server
from tests.bed.spawning import Server, die_with_parent, free_port

REPOSITORY = Path(__file__).resolve().parent.parent
DURABLE = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "max_connections": "50",
    "listen_addresses": "",
}
START_SECONDS = 60


@dataclass(slots=True)
class Bed:
    """Where the servers are; `env` is what a process needs to use them."""

    folder: Path
    servers: list[Server]
    env: dict[str, str] = field(default_factory=dict)
    quick: bool = False


@contextmanager
def made(*, quick: bool = False) -> Generator[Bed, None, None]:
    """Starts the servers and makes this process one that uses them (Django included)."""
    folder = Path(tempfile.mkdtemp(prefix="bp-bench-"))
    bed = Bed(folder, [], quick=quick)
    try:
        _start(bed)
        os.environ.update(bed.env)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield bed
    finally:
        for server in reversed(bed.servers):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _start(bed: Bed) -> None:
    binaries, redis = postgres.find_binaries(), redis_server.find_binary()
    if binaries is None or redis is None:
        raise SystemExit("The benchmarks need PostgreSQL and Redis; see tests/bed.")
    database, url = postgres.start(binaries, DURABLE)
    bed.servers.append(database)
    cache, redis_url = redis_server.start(redis)
    bed.servers.append(cache)
    bed.env = {
        "DATABASE_URL": postgres.create_database(url, "bench"),
        "REDIS_URL": f"{redis_url}/0",
        "BRAZE_PARTNERS_VAR": str(bed.folder),
        "BRAZE_PARTNERS_ENV": "embedded",
        "DJANGO_SETTINGS_MODULE": "braze_partners.settings",
    }


@dataclass(frozen=True, slots=True)
class Web:
    """A gunicorn as the product runs it, with other settings where a twin is served."""

    port: int
    process: subprocess.Popen[bytes]


@contextmanager
def web(bed: Bed, settings: str = "braze_partners.settings") -> Generator[Web, None, None]:
    port = free_port()
    argv = (
        *("-m", "gunicorn", "braze_partners.wsgi:application"),
        *("--config", "python:braze_partners.gunicorn_conf"),
        *("--bind", f"127.0.0.1:{port}"),
    )
    with _process(bed, settings, argv, {"DJANGO_SETTINGS_MODULE": settings}) as process:
        _wait(port)
        yield Web(port, process)


@contextmanager
def worker(bed: Bed, **env: str) -> Generator[subprocess.Popen[bytes], None, None]:
    """A worker with its scheduler, as `make up` starts it; ready once it has given a sign."""
    from currents.models import DeliveryWorker

    part = parts.worker()
    DeliveryWorker.objects.all().delete()
    with _process(bed, "worker", part.argv, {**part.env, **env}) as process:
        _wait_until(DeliveryWorker.objects.exists)
        yield process


@contextmanager
def _process(
    bed: Bed, name: str, argv: Sequence[str], more: Mapping[str, str]
) -> Generator[subprocess.Popen[bytes], None, None]:
    var = bed.folder / name
    var.mkdir(exist_ok=True)
    env = {**os.environ, **bed.env, **more, "BRAZE_PARTNERS_VAR": str(var)}
    for secret in ("SECRET_KEY", "KEY_HASH_SECRET", "ENCRYPTION_KEYS"):
        env[secret] = _secret(secret)
    with (bed.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *argv],
            cwd=REPOSITORY,
            env=env,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _secret(name: str) -> str:
    """Every web process must know the keys as this process hashed them."""
    from django.conf import settings

    value = getattr(settings, name)
    return value if isinstance(value, str) else ",".join(value)


def _wait(port: int) -> None:
    def answers() -> bool:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    _wait_until(answers)


def _wait_until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit("A process did not start.")
        time.sleep(0.1)
