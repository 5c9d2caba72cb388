"""`manage.py issue_api_key`: a REST API key for a script; printed once, on the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.keys import addresses, permissions
from braze_partners.keys.addresses import AddressesRefused
from braze_partners.keys.issuing import By, generate_rest_key
from braze_partners.keys.limits import MAX_LABEL
from braze_partners.workspaces.models import Workspace


class Command(BaseCommand):
    help = "Generates a REST API key and prints it as the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument(
            "--permission",
            action="append",
            required=True,
            help="may be given several times",
        )
        parser.add_argument(
            "--address",
            action="append",
            default=[],
            help="address or network that may call with it; may be given several times",
        )
        parser.add_argument("--label", default="", help=f"at most {MAX_LABEL} characters")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        unknown = permissions.unknown(options["permission"])
        if unknown:
            known = ", ".join(sorted(permissions.NAMES))
            raise CommandError(f"There is no permission {unknown[0]}. Known: {known}.")
        if len(options["label"]) > MAX_LABEL:
            raise CommandError(f"A label has at most {MAX_LABEL} characters.")
        try:
            bound_to = addresses.read(options["address"])
        except AddressesRefused as refused:
            raise CommandError(str(refused)) from refused
        issued = generate_rest_key(
            *(workspace, options["permission"], options["label"], By(None), timezone.now()),
            addresses=bound_to,
        )
        self.stdout.write(issued.secret)
