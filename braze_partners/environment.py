"""Turns the environment into what settings need: secrets and the database. Knows no app."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

# Seconds a writer waits for SQLite's one write lock before it gives up with a 503: six busy
# processes were measured to wait up to 2.3 s.
SQLITE_BUSY_TIMEOUT = 15


def secret(name: str, *, production: bool, var_dir: Path) -> str:
    """From the environment; on the embedded default else from `var/secrets.json`, made once."""
    given = os.environ.get(name, "")
    if given:
        return given
    if production:
        raise ImproperlyConfigured(
            f"braze_partners.E001: set {name} in the environment; "
            "in production no secret is made up (docs/operating.md)."
        )
    return generated_secrets(var_dir / "secrets.json")[name]


def generated_secrets(path: Path) -> dict[str, str]:
    """The embedded default's own secrets, readable by their owner only."""
    if not path.exists():
        _write_once(path, {name: make() for name, make in _MAKERS.items()})
    kept: dict[str, str] = json.loads(path.read_text())
    missing = {name: make() for name, make in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        path.unlink()
        _write_once(path, kept)
    return kept


def _encryption_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


_MAKERS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "KEY_HASH_SECRET": lambda: secrets.token_urlsafe(48),
    "ENCRYPTION_KEYS": _encryption_key,
}


def _write_once(path: Path, values: dict[str, str]) -> None:
    """Whoever links the finished file first wins; a reader never sees half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = path.with_suffix(f".{os.getpid()}")
    staged.touch(mode=0o600)
    staged.write_text(json.dumps(values))
    try:
        os.link(staged, path)
    except FileExistsError:
        pass
    staged.unlink()


def database(url: str, var_dir: Path) -> dict[str, Any]:
    """Django's settings for the database at `url`; without one, the SQLite file under `var/`."""
    return _postgresql(url) if url else _sqlite(var_dir)


def _postgresql(url: str) -> dict[str, Any]:
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer in transaction mode: nothing may live longer than its transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"prepare_threshold": None, "connect_timeout": 5, **parts},
    }


def _sqlite(var_dir: Path) -> dict[str, Any]:
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(var_dir / "braze_partners.sqlite3"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": SQLITE_BUSY_TIMEOUT,
            "transaction_mode": "IMMEDIATE",
            # FULL: what was answered 2xx is on disk.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        "TEST": {"NAME": str(var_dir / "test.sqlite3")},
    }


# Seconds after which Redis hands an unacknowledged task out again: longer than the longest task.
VISIBILITY_TIMEOUT = 3_600
FILESYSTEM_POLLING = 0.1  # seconds


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """Celery's transport options; makes the folders that the filesystem broker expects."""
    if url.startswith("redis"):
        connecting = {"socket_connect_timeout": 2, "socket_timeout": 10, "socket_keepalive": True}
        return {"visibility_timeout": VISIBILITY_TIMEOUT, **connecting}
    if not url.startswith("filesystem"):
        return {}
    messages, control = folder / "messages", folder / "control"
    for made in (messages, control):
        made.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": FILESYSTEM_POLLING,
    }
