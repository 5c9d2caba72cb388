"""Loads the demo workspace once and leaves its sign-ins in var/demo.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.dashboard import demo


class Command(BaseCommand):
    help = "Loads the demo workspace with people, cohorts and segments, unless it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has known passwords; it is not loaded in production.")
        if not demo.is_loaded():
            demo.load(timezone.now())
        sign_ins = [asdict(sign_in) for sign_in in demo.SIGN_INS]
        (settings.VAR_DIR / "demo.json").write_text(json.dumps({"sign_ins": sign_ins}))
        self.stdout.write("The demo workspace is there.")
