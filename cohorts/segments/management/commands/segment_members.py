"""`manage.py segment_members`: who is in a segment, one a line, as CSV, or only how many."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from pyroaring import BitMap

from braze_partners.people import csv_export
from braze_partners.people.errors import StillCounting
from braze_partners.people.finding import identifiers_of
from cohorts.segments import evaluation, limits
from cohorts.segments.models import Segment
from cohorts.segments.planning import stored

PEOPLE_AT_ONCE = 1_000


class Command(BaseCommand):
    help = (
        "Prints the members of a segment: an external id a line, or device:ID, or "
        "alias:LABEL:NAME; with --csv the columns of the CSV export, with --size their number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        shapes = parser.add_mutually_exclusive_group()
        shapes.add_argument("--csv", action="store_true")
        shapes.add_argument("--size", action="store_true")
        parser.add_argument("segment", metavar="SEGMENT", help="its id or its exact name")

    def handle(self, *args: Any, **options: Any) -> None:
        segment = _found(options["workspace"], options["segment"])
        try:
            members = evaluation.everybody(segment.workspace_id, stored(segment))
        except StillCounting as still:
            raise CommandError(f"{still} Try again in a moment.") from still
        if options["size"]:
            self.stdout.write(str(len(members)))
        elif options["csv"]:
            self._write_csv(segment.workspace_id, members)
        else:
            for at in range(0, len(members), PEOPLE_AT_ONCE):
                numbers = members[at : at + PEOPLE_AT_ONCE]
                for person in identifiers_of(segment.workspace_id, numbers):
                    self.stdout.write(person.identifier)

    def _write_csv(self, workspace_id: int, members: BitMap) -> None:
        self.stdout.write(csv_export.header().decode(), ending="")
        for at in range(0, len(members), limits.EXPORT_CHUNK):
            chunk = BitMap(members[at : at + limits.EXPORT_CHUNK])
            for piece in csv_export.lines(workspace_id, chunk):
                self.stdout.write(bytes(piece).decode(), ending="")


def _found(workspace: str, wanted: str) -> Segment:
    named = Q(name=wanted)
    try:
        named |= Q(pk=uuid.UUID(wanted))
    except ValueError:
        pass
    segment = Segment.objects.filter(named, workspace__slug=workspace).first()
    if segment is None:
        raise CommandError(f"There is no segment {wanted} in {workspace}.")
    return segment
