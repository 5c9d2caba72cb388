"""`manage.py replay_current`: sends dead letters, dropped events or a window once more; prints what
a replay would send, or starts it and prints its id as the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.celery import wake
from braze_partners.workspaces.audit import Actor
from currents.models import Current
from currents.replays import asking, tasks
from currents.replays.asking import Wanted
from currents.replays.errors import ReplayRefused
from currents.replays.models import Replay


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Counts what a replay of a Current would send; with --start it begins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("current", type=int, help="its id")
        parser.add_argument("kind", choices=Replay.Kind.values)
        parser.add_argument("--cause", default="", help="dead letters of this cause only")
        parser.add_argument("--events", default="", metavar="TYPES", help="joined by commas")
        parser.add_argument("--since", type=moment, help="received from, ISO 8601 (UTC)")
        parser.add_argument("--until", type=moment, help="received before, ISO 8601 (UTC)")
        parser.add_argument("--start", action="store_true", help="begin to send")

    def handle(self, *args: Any, **options: Any) -> None:
        current = Current.objects.filter(pk=options["current"]).first()
        if current is None:
            raise CommandError(f"There is no Current {options['current']}.")
        types = tuple(name for name in options["events"].split(",") if name)
        wanted = Wanted(
            options["kind"], options["cause"], types, options["since"], options["until"]
        )
        try:
            counted = asking.count(current, wanted)
            self.stdout.write(f"{counted.events} events, {counted.gone} no longer in the log")
            if options["start"]:
                made = asking.start(current, wanted, Actor(), timezone.now())
                wake(tasks.run_replay, made.pk)
                self.stdout.write(str(made.pk))
        except ReplayRefused as refused:
            raise CommandError(str(refused)) from refused
