"""The supervisor's files under `var/`: the lock, and run.json, which says where all is."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, TextIO


def take_lock(path: Path) -> TextIO | None:
    """The held lock, or None when another supervisor has it. The kernel frees it at our death."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold secrets
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all; only its owner reads it, for it holds the sandbox's key."""
    staged = path.with_suffix(f".{os.getpid()}")
    staged.touch(mode=0o600)
    staged.write_text(json.dumps(content, indent=2) + "\n")
    staged.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Nothing where there is none, or while it can't be read."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
