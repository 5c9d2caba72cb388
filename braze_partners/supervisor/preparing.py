"""Makes the database and the translations ready, and loads the demo once. Runs in a process of its
own: `python -m braze_partners.supervisor.preparing [--no-demo]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_translations(locale: Path) -> list[Path]:
    """Every catalogue that is newer than its compiled form; needs no gettext on the machine."""
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


def prepare(*, demo: bool) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command, get_commands

    for folder in settings.LOCALE_PATHS:
        compile_translations(Path(folder))
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    if demo and "load_demo" in get_commands():
        call_command("load_demo")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "braze_partners.settings")
    prepare(demo="--no-demo" not in sys.argv)
