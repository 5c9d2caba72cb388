"""Gives the sandbox our REST endpoint and, where it has none of ours, a data import key; the demo
gets its Current into the sandbox and a pull from it, whose keys are known only now."""

from __future__ import annotations

from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.dashboard import demo_current, demo_sync
from braze_partners.dashboard.demo import SLUG
from braze_partners.keys.issuing import By, generate_import_key
from braze_partners.running import run_file
from braze_partners.workspaces.models import Workspace
from cohorts.syncing import tasks

TIMEOUT = 10  # seconds; both sides are on this machine


class Command(BaseCommand):
    help = (
        "Connects the sandbox's Destinations > Braze with a workspace, as a person would, and "
        "launches the demo's Current into it, once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", default=SLUG)

    def handle(self, *args: Any, **options: Any) -> None:
        running = run_file()
        if not running.get("sandbox"):
            raise CommandError("No sandbox runs from this folder: start it with `make up`.")
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        address = f"{running['sandbox']}/sandbox/api/destination"
        wanted = {"rest_endpoint": running["web"]}
        if not self._accepted(address, wanted):
            label = "Amplitude sandbox"
            now = timezone.now()
            issued = generate_import_key(workspace, "amplitude", label, By(None), now)
            if not self._accepted(address, wanted | {"api_key": issued.secret}):
                raise CommandError("The sandbox's test call with the new key was refused.")
        self.stdout.write("The sandbox is connected.")
        key = running.get("sandbox_api_key", "")
        if workspace.slug == SLUG and key and demo_current.launch(workspace, key, timezone.now()):
            self.stdout.write("A Current into the sandbox is launched.")
        self._schedule(workspace, key, running.get("sandbox_secret_key", ""))

    def _schedule(self, workspace: Workspace, key: str, secret: str) -> None:
        if workspace.slug != SLUG or not (key and secret):
            return
        run = demo_sync.schedule(workspace, key, secret, timezone.now())
        if run is not None:
            wake(tasks.run_sync, run.pk)
            self.stdout.write("A cohort of the sandbox is pulled each day.")

    def _accepted(self, address: str, wanted: dict[str, str]) -> bool:
        """Saves the destination; says whether the sandbox's own test call was accepted."""
        answer = requests.put(address, json=wanted, timeout=TIMEOUT)
        if answer.status_code == 400 and "api_key" not in wanted:
            return False
        answer.raise_for_status()
        accepted: bool = answer.json()["test"]["accepted"]
        return accepted
