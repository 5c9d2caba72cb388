"""`manage.py list_keys`: what is known of a workspace's keys, never a key itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.keys import listing
from braze_partners.keys.listing import KeyRow
from braze_partners.keys.models import DataImportKey, KeyUse
from braze_partners.workspaces.models import Workspace

WORDS = ("key", "for", "status", "last used", "calls 24 h", "label")


class Command(BaseCommand):
    help = "Lists data import keys and REST API keys, one a line, separated by tabs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        now = timezone.now()
        keys = DataImportKey.objects.filter(workspace=workspace).select_related("successor")
        rows = listing.with_calls(KeyUse.Kind.DATA_IMPORT, list(keys.order_by("pk")), now)
        self.stdout.write("\t".join(WORDS))
        for row in [*rows, *listing.rest_key_rows(workspace, now)]:
            self.stdout.write("\t".join(_line(row)))


def _line(row: KeyRow) -> list[str]:
    key = row.key
    bound_to = key.partner if isinstance(key, DataImportKey) else ",".join(key.permissions)
    status = row.standing.value
    if row.advice is not None and key.ends_at is not None:
        status = f"{status} {key.ends_at:%Y-%m-%dT%H:%MZ} {row.advice.verdict.value}"
    used = f"{key.last_used_at:%Y-%m-%dT%H:%MZ}" if key.last_used_at else "never"
    return [key.masked, bound_to, status, used, str(row.calls), key.label]
