"""Finds skipped identifiers: of a run, of a cohort, of a workspace. Knows runs and their lists;
knows nothing of people.

There is no index of identifiers: a list costs a push nothing but its bytes, and most are never
looked at. A search reads the lists from the newest on, as bytes, and stops after a page or after
so many bytes: the next one goes on there. Hundreds of thousands of identifiers are looked through
in a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from cohorts import skipped
from cohorts.limits import SEARCHED_AT_ONCE, SEARCHED_BYTES, SEARCHED_RUNS, SKIPPED_KEPT
from cohorts.models import ImportRun
from cohorts.skipped import Entry, Reason


@dataclass(frozen=True, slots=True)
class Where:
    """Where to look. `text` is part of an identifier; empty finds all."""

    workspace_id: int
    text: str = ""
    reason: str = ""
    cohort_id: int | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The last line that was looked at: everything before it in a run, and newer runs, is done."""

    run_id: int
    line: int

    def __str__(self) -> str:
        return f"{self.run_id}-{self.line}"


@dataclass(frozen=True, slots=True)
class Skip:
    """`run` has its cohort and neither bitmaps nor list."""

    run: ImportRun
    entry: Entry


@dataclass(frozen=True, slots=True)
class Found:
    """`after` is where to go on (None: nothing is left), `back_to` the time up to which was looked
    when the search stopped early."""

    skips: list[Skip]
    after: Place | None
    back_to: datetime | None


def read_place(text: str) -> Place | None:
    run, _dash, line = text.partition("-")
    if not (run.isascii() and run.isdigit() and line.isascii() and line.isdigit()):
        return None
    return Place(int(run), int(line)) if len(text) < 30 else None


def search(where: Where, now: datetime, limit: int, after: Place | None = None) -> Found:
    """The newest run's first. Looks back over 30 days."""
    skips: list[Skip] = []
    needle = skipped.as_written(where.text) if where.text else b""
    seen_bytes, place, run = 0, after, None
    for count, run in enumerate(_runs(where, now, after)):
        blob = bytes(run.skipped_list or b"")
        if count >= SEARCHED_RUNS or (seen_bytes and seen_bytes + len(blob) > SEARCHED_BYTES):
            return Found(skips, place, run.at)
        seen_bytes += len(blob)
        start = after.line if after and run.pk == after.run_id else 0
        for line, entry in _matching(blob, needle, where, start):
            if len(skips) == limit:
                return Found(skips, place, None)
            skips.append(Skip(run, entry))
            place = Place(run.pk, line)
        place = Place(run.pk - 1, 0)
    return Found(skips, None, None)


def _runs(where: Where, now: datetime, after: Place | None) -> Iterator[ImportRun]:
    """A hundred at a time, so that memory stays flat."""
    below = after.run_id if after else None
    while some := list(_next(where, now, below)[:SEARCHED_AT_ONCE]):
        yield from some
        below = some[-1].pk - 1


def _next(where: Where, now: datetime, below: int | None) -> QuerySet[ImportRun]:
    runs = ImportRun.objects.filter(
        workspace=where.workspace_id,
        skipped_list__isnull=False,
        at__gte=now - SKIPPED_KEPT - _A_DAY,
    )
    if where.cohort_id is not None:
        runs = runs.filter(cohort=where.cohort_id)
    if where.run_id is not None:
        runs = runs.filter(pk=where.run_id)
    if below is not None:
        runs = runs.filter(pk__lte=below)
    runs = runs.select_related("cohort").order_by("-pk")
    return runs.defer("added_bits", "removed_bits", "absent_bits")


_A_DAY = timedelta(days=1)  # the job that takes lists away comes once a day


def _matching(blob: bytes, needle: bytes, where: Where, start: int) -> Iterator[tuple[int, Entry]]:
    """Entries with the number of the line after them."""
    for number, line in enumerate(skipped.lines(blob), 1):
        if number <= start or needle not in line:
            continue
        for entry in skipped.read(line):
            wanted = not where.reason or entry.reason == Reason(where.reason)
            if wanted and where.text in entry.identifier:
                yield number, entry
