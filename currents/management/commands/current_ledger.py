"""`manage.py current_ledger`: what became of a Current's events since launch, as a JSON object."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from currents import ledger
from currents.models import Current
from currents.overview import count_fresh


class Command(BaseCommand):
    help = (
        "Prints received, delivered, filtered, waiting, dead_lettered and dropped since launch; "
        "received is the sum of the others."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, metavar="ID", help="as create_current printed it")

    def handle(self, *args: Any, **options: Any) -> None:
        current = Current.objects.filter(pk=options["id"]).first()
        if current is None:
            raise CommandError(f"There is no Current {options['id']}.")
        count_fresh(current)
        balance = ledger.balance(current.pk)
        counts = {
            "received": balance.received,
            "delivered": balance.delivered,
            "filtered": balance.filtered,
            "waiting": balance.waiting,
            "dead_lettered": balance.dead_lettered,
            "dropped": balance.dropped,
        }
        self.stdout.write(json.dumps(counts))
