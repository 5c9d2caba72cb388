"""manage.py import_people: a CSV of people into a workspace, now, in this process."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from braze_partners.people import attributes
from braze_partners.people.csv_columns import HeaderRefused
from braze_partners.people.csv_files import (
    UNREADABLE,
    Problem,
    chunks,
    layout_of,
    opened,
    records_of,
    sample_of,
)
from braze_partners.people.errors import PeopleError
from braze_partners.people.importing import all_problems
from braze_partners.people.upserts import upsert
from braze_partners.workspaces.models import Workspace

# Refused lines that are printed; the summary counts them all.
PRINTED_PROBLEMS = 100
PROGRESS_SECONDS = 2


class Command(BaseCommand):
    help = (
        "Imports people from a CSV (or .csv.gz) whose first line names the columns: external_id, "
        "or device_id, or alias_label and alias_name; then reserved and custom attributes. A "
        "known person is updated, an unknown one created, a line with an error left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        try:
            self._import(workspace.pk, options["file"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None
        except HeaderRefused as error:
            raise CommandError(str(error)) from None

    def _import(self, workspace_id: int, path: Path) -> None:
        known = attributes.known(workspace_id)
        kinds = {name: attributes.Type(found.type) for name, found in known.items()}
        sample = sample_of(path, kinds)
        try:
            attributes.declare(workspace_id, sample.types)
        except PeopleError as error:
            raise CommandError(str(error)) from None
        self._counts = {"created": 0, "updated": 0, "refused": 0}
        self._told = time.monotonic()
        try:
            self._read(workspace_id, path, sample.types)
        except UNREADABLE as error:
            self.stderr.write(f"The file can't be read further: {error}")
        self.stdout.write(self._summary())
        if not self._counts["created"] + self._counts["updated"] and self._counts["refused"]:
            raise CommandError("No line could be read.")

    def _read(self, workspace_id: int, path: Path, types: dict[str, attributes.Type]) -> None:
        with opened(path) as file:
            layout = layout_of(file.stream)
            for chunk in chunks(records_of(file.stream, layout, 0, 0), layout, types):
                outcome = upsert(workspace_id, chunk.people, timezone.now())
                problems = all_problems(chunk, outcome)
                self._print(problems)
                self._counts["created"] += outcome.created
                self._counts["updated"] += outcome.updated
                self._counts["refused"] += len(problems)
                self._tell(file.share)

    def _print(self, problems: list[Problem]) -> None:
        room = max(0, PRINTED_PROBLEMS - self._counts["refused"])
        for problem in problems[:room]:
            column = f", {problem.column}" if problem.column else ""
            self.stderr.write(f"line {problem.line}{column}: {problem.text}")
        if len(problems) > room and room:
            self.stderr.write("Further refused lines are counted, not printed.")

    def _tell(self, share: float) -> None:
        if time.monotonic() - self._told >= PROGRESS_SECONDS:
            self._told = time.monotonic()
            self.stderr.write(f"{share:.0%} read. {self._summary()}")

    def _summary(self) -> str:
        counts = self._counts
        return (
            f"{counts['created']:,} created, {counts['updated']:,} updated, "
            f"{counts['refused']:,} refused."
        )
