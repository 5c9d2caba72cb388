"""`manage.py add_amplitude_project`: a project whose cohorts can be pulled; its id is the last
line. The keys are read from standard input, one a line, so that no shell remembers them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.partners import projects
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.errors import ProjectRefused
from braze_partners.partners.projects import Wanted
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import Workspace


class Command(BaseCommand):
    help = (
        "Adds an Amplitude project and prints its id as the last line. Reads the API key and the "
        "secret key from standard input, one a line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("--name", required=True, help="shown where a project is chosen")
        parser.add_argument("--region", default=Region.US, help=", ".join(Region.values))

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        api_key, secret_key = sys.stdin.readline(), sys.stdin.readline()
        wanted = Wanted(options["name"], options["region"], api_key, secret_key)
        try:
            stored = projects.create(workspace, wanted, Actor(), timezone.now())
        except ProjectRefused as refused:
            told = [f"{field}: {text}" for field, text in refused.problems.items()]
            raise CommandError("\n".join(told)) from None
        self.stdout.write(str(stored.project.pk))
