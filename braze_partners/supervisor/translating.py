"""Compiles the translations that are newer than their compiled form, without gettext's tools.
`python -m braze_partners.supervisor.translating` does it by hand."""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent.parent / "locale"


def compile_translations(locale: Path) -> list[Path]:
    """The files written below `locale`."""
    written = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as catalogue:
            messages = read_po(catalogue, locale=source.parent.parent.name)
        staged = target.with_suffix(f".{os.getpid()}")
        with staged.open("wb") as out:
            write_mo(out, messages)
        staged.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_translations(LOCALE)
