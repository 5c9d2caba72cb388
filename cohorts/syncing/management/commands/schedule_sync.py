"""`manage.py schedule_sync`: a cohort of an Amplitude project is pulled from now on; the schedule's
id is the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.partners import projects
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import Workspace
from cohorts.syncing import acts, schedules, tasks
from cohorts.syncing.errors import ScheduleRefused
from cohorts.syncing.limits import HOLD_PERCENT
from cohorts.syncing.models import PullSchedule
from cohorts.syncing.schedules import Remote, Timing

Cadence = PullSchedule.Cadence


class Command(BaseCommand):
    help = (
        "Schedules the pull of a cohort of an Amplitude project and prints the schedule's id as "
        "the last line. One-time begins at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("--project", required=True, help="name of the Amplitude project")
        parser.add_argument("--name", default="", help="the cohort's name, where it is new here")
        parser.add_argument("--cadence", default=Cadence.ONCE, help=", ".join(Cadence.values))
        parser.add_argument("--at", default="00:00", metavar="HH:MM", help="hourly counts MM only")
        parser.add_argument("--time-zone", default="UTC", help="such as Europe/Paris")
        parser.add_argument("--hold-percent", type=int, default=HOLD_PERCENT)
        parser.add_argument("--never-hold", action="store_true", help="apply however much changes")
        parser.add_argument("--email", default="", help="told when it begins to fail")
        parser.add_argument("cohort_id", metavar="COHORT_ID", help="the cohort's id at Amplitude")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        project = projects.projects_of(workspace).filter(name=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no Amplitude project {options['project']}.")
        remote, now = Remote(options["cohort_id"], options["name"]), timezone.now()
        try:
            timing = _timing(options)
            made = schedules.schedule(workspace, project, remote, timing, Actor(), now)
        except ScheduleRefused as refused:
            told = [f"{field}: {text}" for field, text in refused.problems.items()]
            raise CommandError("\n".join(told)) from None
        run = acts.start_due(made.pk, now)
        if run is not None:
            wake(tasks.run_sync, run.pk)
        self.stdout.write(str(made.pk))


def _timing(options: dict[str, Any]) -> Timing:
    hour, _colon, minute = options["at"].partition(":")
    digits = options["at"].isascii() and hour.isdigit() and minute.isdigit()
    if not digits or len(options["at"]) > 5:
        raise CommandError("--at: a time such as 06:15.")
    return Timing(
        options["cadence"],
        int(minute),
        int(hour),
        options["time_zone"],
        None if options["never_hold"] else options["hold_percent"],
        options["email"],
    )
