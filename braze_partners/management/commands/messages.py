"""manage.py messages: brings the French catalogue up to the sources, or checks that it is."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from braze_partners import translations

LANGUAGE = "fr"  # English is in the source


class Command(BaseCommand):
    help = "Collects the words of the interface; --check fails when French lacks any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, fail on gaps")

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        path = Path(settings.LOCALE_PATHS[0]) / LANGUAGE / "LC_MESSAGES" / "django.po"
        collected = translations.collect(settings.BASE_DIR)
        known = translations.read_catalogue(path, LANGUAGE)
        if check:
            self._check(translations.complaints(known, collected))
            return
        catalog = translations.updated(known, collected)
        translations.write_catalogue(path, catalog)
        missing = sum(
            "untranslated" in line for line in translations.complaints(catalog, collected)
        )
        self.stdout.write(f"{len(catalog)} messages, {missing} without a translation")

    def _check(self, found: list[str]) -> None:
        if found:
            raise CommandError("\n".join([*found, f"{len(found)} messages need a translator."]))
        self.stdout.write("Every message is translated.")
