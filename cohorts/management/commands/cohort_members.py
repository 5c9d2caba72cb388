"""`manage.py cohort_members`: who is in a cohort, one a line or as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from braze_partners.people.finding import Kind, Person, identifiers_of
from cohorts import membership
from cohorts.models import Cohort

PEOPLE_AT_ONCE = 1_000


class Command(BaseCommand):
    help = (
        "Prints the members of a cohort: an external id a line, or device:ID, "
        "or alias:LABEL:NAME; with --json a list of objects with their kind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("--partner", default="amplitude", help="slug of the partner")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("cohort_id", metavar="COHORT_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        cohort = Cohort.objects.filter(
            workspace__slug=options["workspace"],
            partner=options["partner"],
            cohort_id=options["cohort_id"],
        ).first()
        if cohort is None:
            raise CommandError(
                f"There is no cohort {options['cohort_id']} of {options['partner']} "
                f"in {options['workspace']}."
            )
        lines = map(_json if options["json"] else _line, people_of(cohort))
        if options["json"]:
            self.stdout.write("[" + ",\n ".join(lines) + "]")
        else:
            for line in lines:
                self.stdout.write(line)


def people_of(cohort: Cohort) -> Iterator[Person]:
    after: int | None = None
    while numbers := membership.members_page(cohort, after, PEOPLE_AT_ONCE):
        yield from identifiers_of(cohort.workspace_id, numbers)
        after = numbers[-1]


def _line(person: Person) -> str:
    return person.identifier


def _json(person: Person) -> str:
    described = {"kind": str(person.kind), "identifier": person.identifier}
    if person.kind is Kind.EXTERNAL_ID:
        described["external_id"] = person.identifier
    elif person.kind is Kind.DEVICE:
        described["device_id"] = person.identifier.removeprefix("device:")
    return json.dumps(described, ensure_ascii=False)
