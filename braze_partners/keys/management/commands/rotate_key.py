"""`manage.py rotate_key`: a successor of a key; printed once, on the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.keys import issuing, listing
from braze_partners.keys.errors import NotRotatable
from braze_partners.keys.issuing import By
from braze_partners.keys.limits import GRACES
from braze_partners.workspaces.models import Workspace

NAMES = dict(zip(("0", "1h", "24h", "7d"), GRACES, strict=True))


class Command(BaseCommand):
    help = "Replaces a key by a new one that may do the same, and prints it as the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("key", help="what list_keys shows of it, or its first 8 characters")
        parser.add_argument(
            "--grace", choices=list(NAMES), default="24h", help="how long the old one stays valid"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        key = listing.find(workspace, options["key"]) if workspace else None
        if key is None:
            raise CommandError(f"There is no one key {options['key']} in that workspace.")
        grace = timedelta(seconds=NAMES[options["grace"]])
        try:
            issued = issuing.rotate(key, grace, By(None), timezone.now())
        except NotRotatable as refused:
            raise CommandError(f"{refused.text}.") from refused
        self.stdout.write(issued.secret)
