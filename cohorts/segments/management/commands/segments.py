"""`manage.py segments`: the segments of a workspace with their exact sizes."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from braze_partners.workspaces.models import Workspace
from cohorts.segments import evaluation
from cohorts.segments.models import Segment


class Command(BaseCommand):
    help = "Prints the segments of a workspace: id, size and name a line, or a list of objects."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug of the workspace")
        parser.add_argument("--archived", action="store_true", help="archived ones as well")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        rows = Segment.objects.filter(workspace=workspace).order_by("name")
        if not options["archived"]:
            rows = rows.filter(archived_at=None)
        segments = list(rows)
        sizes = evaluation.sizes(workspace.pk, segments) if segments else {}
        if options["json"]:
            told = [_described(each, sizes[each.pk]) for each in segments]
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            return
        for each in segments:
            size = sizes[each.pk]
            self.stdout.write(f"{each.pk}\t{'counting' if size is None else size}\t{each.name}")


def _described(segment: Segment, size: int | None) -> dict[str, Any]:
    return {
        "id": str(segment.pk),
        "name": segment.name,
        "size": size,
        "archived": segment.archived_at is not None,
        "definition": segment.definition,
    }
