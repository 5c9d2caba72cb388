"""The sandbox's files under `var/`: its secrets and what the supervisor wrote; no Django here."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def var_dir() -> Path:
    return Path(os.environ.get("BRAZE_PARTNERS_VAR") or REPOSITORY / "var").resolve()


def own_secrets() -> dict[str, str]:
    """The signing key of cookies and the key that encrypts the destination's key."""
    return _made_once(
        var_dir() / "sandbox-secrets.json",
        {"signing_key": secrets.token_urlsafe(48), "fernet_key": Fernet.generate_key().decode()},
    )


def project_credentials() -> dict[str, str]:
    """The sandbox project's API key and secret key; the supervisor and scripts read them here."""
    return _made_once(
        var_dir() / "sandbox.json",
        {"api_key": secrets.token_hex(16), "secret_key": secrets.token_hex(16)},
    )


def dashboard_address() -> str | None:
    """Where the other product answers, as the supervisor wrote it last; None when nobody did."""
    try:
        web = json.loads((var_dir() / "run.json").read_text()).get("web")
    except (OSError, ValueError, AttributeError):
        return None
    if isinstance(web, str) and web.startswith(("http://", "https://")):
        return web.rstrip("/")
    return None


def _made_once(path: Path, made: dict[str, str]) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
        staged.touch(mode=0o600)
        staged.write_text(json.dumps(made))
        with contextlib.suppress(FileExistsError):
            os.link(staged, path)  # the first of two starters wins, and both read the same
        staged.unlink()
    loaded: dict[str, Any] = json.loads(path.read_text())
    return {name: str(value) for name, value in loaded.items()}
