"""`make clean-state`: removes `var/` after asking, never under running processes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from braze_partners.supervisor import files

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    var = Path(os.environ.get("BRAZE_PARTNERS_VAR") or REPOSITORY / "var").resolve()
    if not var.is_dir():
        print(f"There is no {var}.")
        return 0
    lock = files.take_lock(var / "up.lock")
    if lock is None:
        print("Braze Partners runs in this folder; end it with Ctrl-C first.")
        return 1
    with lock:
        print(f"This removes {var}: the embedded database, its secrets, mail and logs, for good.")
        try:
            answer = input("Remove it? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was removed.")
            return 1
        shutil.rmtree(var)
        print("Removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
