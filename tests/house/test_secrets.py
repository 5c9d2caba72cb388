"""Nothing secret is in the repository, and none reaches a log line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from braze_partners.logs import HIDDEN, redact
from tests.house.sources import REPOSITORY

LOOKS_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|AKIA[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36}"
    r"|xox[baprs]-[A-Za-z0-9-]{10,}"
    r"|//[^/\s:@]+:[^/\s:@$<{]+@[a-z0-9.-]+\.[a-z]{2,}"  # a password in an address
)
BINARY = {".png", ".woff2", ".mo", ".ico", ".jpg", ".gz"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True
    ).stdout.decode()
    return [REPOSITORY / name for name in listed.split("\0") if name]


def test_no_file_holds_what_looks_like_a_secret() -> None:
    found = [
        str(path.relative_to(REPOSITORY))
        for path in tracked_files()
        if path.suffix not in BINARY and path.is_file() and "vendor" not in path.parts
        if path != Path(__file__) and LOOKS_SECRET.search(path.read_text(errors="replace"))
    ]
    assert found == []


def test_state_and_builds_are_not_tracked() -> None:
    roots = {path.relative_to(REPOSITORY).parts[0] for path in tracked_files()}
    assert roots & {"var", ".venv", "node_modules"} == set()


def test_a_log_line_hides_secrets_at_any_depth() -> None:
    event: dict[str, Any] = {
        "event": "request",
        "client_secret": "bp_import_abc",
        "headers": {"Authorization": "Bearer abc", "Accept": "*/*"},
        "bodies": [{"api_key": "abc", "name": "Tea"}],
    }
    assert redact(None, "info", event) == {
        "event": "request",
        "client_secret": HIDDEN,
        "headers": {"Authorization": HIDDEN, "Accept": "*/*"},
        "bodies": [{"api_key": HIDDEN, "name": "Tea"}],
    }
