"""`manage.py issue_import_key`: a data import key for a script; printed once, on the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.keys.issuing import By, generate_import_key
from braze_partners.keys.limits import MAX_LABEL
from braze_partners.partners import directory
from braze_partners.workspaces.models import Workspace


class Command(BaseCommand):
    help = "Generates a data import key and prints it as the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("--partner", required=True, help="slug of the partner")
        parser.add_argument("--label", default="", help=f"at most {MAX_LABEL} characters")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        if directory.find(options["partner"]) is None:
            known = ", ".join(partner.slug for partner in directory.PARTNERS)
            raise CommandError(f"There is no partner {options['partner']}. Known: {known}.")
        if len(options["label"]) > MAX_LABEL:
            raise CommandError(f"A label has at most {MAX_LABEL} characters.")
        issued = generate_import_key(
            workspace, options["partner"], options["label"], By(None), timezone.now()
        )
        self.stdout.write(issued.secret)
