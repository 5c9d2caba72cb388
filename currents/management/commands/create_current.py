"""`manage.py create_current`: an Amplitude export, launched if asked; its id is the last line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from braze_partners.partners.amplitude.hosts import Region
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import Workspace
from currents import editing
from currents.drafts import ALL, Checked, Draft, Stage, checked, chosen_types
from currents.errors import DraftRefused

# The option behind each field, for what is wrong with it.
OPTIONS = {
    "name": "--name",
    "contact_email": "--email",
    "api_key": "--api-key",
    "region": "--region",
    "event_types": "--events",
}


class Command(BaseCommand):
    help = "Creates an Amplitude export and prints its id as the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("--name", required=True, help="shown in the list and in e-mails")
        parser.add_argument("--email", default="", help="who is told when the key is refused")
        parser.add_argument("--api-key", default="", help="of the Amplitude project; - reads it")
        parser.add_argument("--region", default=Region.US, help=", ".join(Region.values))
        parser.add_argument(
            "--events", default=ALL, metavar="TYPES", help=f"`{ALL}`, or types joined by commas"
        )
        parser.add_argument(
            "--no-anonymous", action="store_true", help="leave out events without a user id"
        )
        parser.add_argument("--launch", action="store_true", help="begin to send at once")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        wanted = self._checked(options)
        if wanted.removed:
            self.stdout.write(f"Hidden characters removed from the key: {wanted.removed}")
        now = timezone.now()
        with transaction.atomic():
            current = editing.create(workspace, wanted, Actor(), now)
            if options["launch"]:
                editing.launch(current, Actor(), now)
        self.stdout.write(str(current.pk))

    def _checked(self, options: dict[str, Any]) -> Checked:
        given = options["api_key"]
        draft = Draft(
            name=options["name"],
            contact_email=options["email"],
            api_key=sys.stdin.readline() if given == "-" else given,
            region=options["region"],
            include_anonymous=not options["no_anonymous"],
            event_types=chosen_types(options["events"]),
        )
        try:
            return checked(draft, Stage.LAUNCH if options["launch"] else Stage.DRAFT)
        except DraftRefused as refused:
            told = [f"{OPTIONS[field]}: {text}" for field, text in refused.problems.items()]
            raise CommandError("\n".join(told)) from None
