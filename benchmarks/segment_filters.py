"""Filters on what a million profiles hold: the first answer, the next ones, what follows a change;
reach by channel; a CSV of members.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bed import Bed
from benchmarks.report import Report

PEOPLE, QUICK_PEOPLE = 1_000_000, 100_000
TIMES = 5


def run(bed: Bed) -> list[Report]:
    count = QUICK_PEOPLE if bed.quick else PEOPLE
    workspace = _world(count)
    return [_filters(workspace, count), _csv(workspace, count)]


def _world(count: int) -> Any:
    from benchmarks import people
    from braze_partners.people.models import Attribute, AttributeValue, Profile
    from tests.workspaces.factories import WorkspaceFactory

    workspace = WorkspaceFactory.create(slug="bench-filters")
    people.fill(workspace, count)
    Profile.objects.filter(workspace=workspace, number__lt=count // 3).update(
        country="FR", email="somebody@example.com"
    )
    kinds = {"plan": "text", "visits": "number"}
    made = {
        name: Attribute.objects.create(workspace=workspace, name=name, type=kind)
        for name, kind in kinds.items()
    }
    rows = Profile.objects.filter(workspace=workspace).order_by("number")
    keys = list(rows.values_list("pk", "number"))  # COPY has the connection for itself

    def values() -> Iterator[tuple[object, ...]]:
        for pk, number in keys:
            yield made["plan"].pk, pk, "gold" if number % 4 == 0 else "free", None
            yield made["visits"].pk, pk, None, float(number % 100)

    people.copy(
        AttributeValue._meta.db_table, ["attribute_id", "profile_id", "text", "number"], values()
    )
    people.settle()
    return workspace


QUESTIONS: dict[str, dict[str, Any]] = {
    "country is any of": {"type": "country", "operator": "is_any_of", "values": ["FR"]},
    "text attribute is any of": {
        "type": "attribute",
        "attribute": "plan",
        "value_type": "text",
        "operator": "is_any_of",
        "values": ["gold"],
    },
    "number attribute is at least": {
        "type": "attribute",
        "attribute": "visits",
        "value_type": "number",
        "operator": "at_least",
        "values": [40],
    },
}


def _timed(act: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> float:
    """Milliseconds, the median of five."""
    took = []
    for _turn in range(TIMES):
        before()
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1_000)
    return median(took)


def _filters(workspace: Any, count: int) -> Report:
    from braze_partners.people import answers, changed
    from braze_partners.people.models import Answer
    from braze_partners.people.questions import REACH
    from cohorts.segments import evaluation
    from cohorts.segments.definition import parse

    rows: list[Sequence[str]] = []
    for name, condition in QUESTIONS.items():
        wanted = parse({"all": [{"any": [condition]}]})

        def size(wanted: Any = wanted) -> int:
            return evaluation.size(workspace.pk, wanted)

        first = _timed(size, lambda: Answer.objects.all().delete())
        rows.append([name, f"{size():,}", f"{first:,.0f} ms", f"{_timed(size):.1f} ms"])
    reach = _timed(lambda: answers.read(workspace.pk, REACH), lambda: Answer.objects.all().delete())
    rows.append(["reach by three channels", "", f"{reach:,.0f} ms", ""])

    def change_a_thousand() -> None:
        from django.db import transaction

        with transaction.atomic():
            changed.note(workspace.pk, range(0, count, count // 1_000), ["country"])

    size()
    evaluation.size(workspace.pk, parse({"all": [{"any": [QUESTIONS["country is any of"]]}]}))
    refresh = _timed(lambda: answers.keep_up(workspace.pk), change_a_thousand)
    rows.append(["a thousand changes taken in", "", f"{refresh:,.0f} ms", ""])
    return Report(
        f"Filters on {count:,} profiles",
        ["what", "people", "first answer", "from then on"],
        rows,
    )


def _csv(workspace: Any, count: int) -> Report:
    from django.utils import timezone

    from cohorts.segments import export_files, exporting, saving
    from cohorts.segments.definition import EVERYONE, Definition, parse
    from cohorts.segments.models import SegmentExport

    gold = parse({"all": [{"any": [QUESTIONS["text attribute is any of"]]}]})
    seldom = {**QUESTIONS["number attribute is at least"], "operator": "is", "values": [7]}
    sparse = parse({"all": [{"any": [seldom]}]})
    wanted: dict[str, Definition] = {
        "everyone": EVERYONE,
        "every fourth": gold,
        "every hundredth": sparse,
    }
    rows: list[Sequence[str]] = []
    for name, definition in wanted.items():
        now = timezone.now()
        draft = saving.Draft(name, definition=definition)
        segment = saving.create(workspace, draft, by=None, now=now)
        speeds = []
        for _turn in range(TIMES):
            export = exporting.start(segment, by=None, now=now)
            began = time.perf_counter()
            while exporting.run(str(export.pk), timezone.now):
                pass
            took = time.perf_counter() - began
            done = SegmentExport.objects.get(pk=export.pk)
            path: Path = export_files.file_of(done)
            if sum(1 for _line in path.open("rb")) != done.size + 1:
                raise SystemExit(f"{path} has not the {done.size} members")
            speeds.append(done.size / took)
            path.unlink()
        rows.append([name, f"{done.size:,}", f"{median(speeds):,.0f} rows/s"])
    return Report(f"A CSV of members among {count:,}", ["segment", "members", "speed"], rows)
