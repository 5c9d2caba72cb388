"""Makes the database and the translations ready, and loads the demo once. Runs in a process of its
own: `python -m braze_partners.supervisor.preparing [--no-demo]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from braze_partners.supervisor.translating import compile_translations


def prepare(*, demo: bool) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    for folder in settings.LOCALE_PATHS:
        compile_translations(Path(folder))
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    if demo:
        call_command("load_demo")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "braze_partners.settings")
    prepare(demo="--no-demo" not in sys.argv)
