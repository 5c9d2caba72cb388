"""manage.py compile_translations: writes the .mo files, without GNU gettext."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from braze_partners.supervisor.preparing import compile_translations


class Command(BaseCommand):
    help = "Compiles locale/*/LC_MESSAGES/*.po; make up and make test do it by themselves."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for written in compile_translations(Path(folder)):
                self.stdout.write(str(written))
