"""What `make up` has written of itself: our address and the sandbox's. Knows var/run.json only."""

from __future__ import annotations

import json
from functools import lru_cache

from django.conf import settings


@lru_cache(maxsize=1)
def _read(modified_ns: int) -> dict[str, str]:
    content: dict[str, str] = json.loads(settings.RUN_FILE.read_text())
    return content


def run_file() -> dict[str, str]:
    """The run file's content, or nothing where no supervisor runs."""
    try:
        return _read(settings.RUN_FILE.stat().st_mtime_ns)
    except (OSError, ValueError):
        return {}


def dashboard_address() -> str:
    """Where people find us, for links that no request caused, without a trailing slash: the
    setting, else what `make up` has written, else an empty string."""
    address: str = settings.DASHBOARD_URL or run_file().get("web", "")
    return address.rstrip("/")


def sandbox_address() -> str:
    """The sandbox's address without a trailing slash, or an empty string."""
    return run_file().get("sandbox", "")
