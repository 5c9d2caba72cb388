"""`manage.py invalidate_key`: a key is refused from the next call on; this cannot be undone."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.keys import issuing, listing
from braze_partners.keys.issuing import By
from braze_partners.workspaces.models import Workspace


class Command(BaseCommand):
    help = "Invalidates a key at once, also one that was rotated and is still valid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("key", help="what list_keys shows of it, or its first 8 characters")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        key = listing.find(workspace, options["key"]) if workspace else None
        if key is None:
            raise CommandError(f"There is no one key {options['key']} in that workspace.")
        if not issuing.invalidate(key, By(None), timezone.now()):
            raise CommandError(f"{key.masked} was invalid before.")
        self.stdout.write(f"{key.masked} is invalidated.")
