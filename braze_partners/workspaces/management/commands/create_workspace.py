"""Creates an empty workspace: the first step without the demo."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from braze_partners.workspaces import workspace_settings
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.errors import RefusedError
from braze_partners.workspaces.models import Language


class Command(BaseCommand):
    help = "Create a workspace. Its slug stands in addresses and commands and never changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True, help="letters, digits, hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--time-zone", default="UTC", help="such as Europe/Paris")
        parser.add_argument("--language", default=Language.ENGLISH, choices=Language.values)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = workspace_settings.create(
                options["slug"],
                options["name"],
                options["time_zone"],
                Actor(),
                options["language"],
            )
        except RefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Created the workspace {made.name}, at /w/{made.slug}/.")
        self.stdout.write(
            f"Next: manage.py create_admin --workspace {made.slug} --email … --name …"
        )
