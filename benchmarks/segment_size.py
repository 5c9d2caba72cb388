"""The exact size of a segment of five cohorts over 10 M people, from the database to the number,
against the same in SQL over rows of (cohort, person).

The SQL is measured over the first million people, whose membership is the same, and scaled by
ten; of three ways to write it the fastest counts. Both sides must name the same number.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from statistics import median
from typing import Any

from benchmarks.bed import Bed
from benchmarks.report import Report, times

PEOPLE = 10_000_000
SQL_PEOPLE = 1_000_000  # the rows of 10 M people would take more time to load than to measure
SCALE = PEOPLE // SQL_PEOPLE
ROUNDS = 5
WARMING = 3  # rounds not counted: the planner's statistics, caches of the machine
DENSE = (0.20, 0.30, 0.50, 0.25, 0.40)
SPARSE = (0.002, 0.01, 0.02, 0.005, 0.01)
UNFOLDED_RUNS = 3  # per cohort, 1,000 people each: what a busy cohort has between folds
DELETED = 0.002

# (one or two) and three and not (four or five), in three ways.
EXISTS = """
SELECT count(*) FROM bench_person p
 WHERE EXISTS (SELECT FROM bench_member m WHERE m.person = p.person AND m.cohort IN ({0}, {1}))
   AND EXISTS (SELECT FROM bench_member m WHERE m.person = p.person AND m.cohort = {2})
   AND NOT EXISTS (SELECT FROM bench_member m WHERE m.person = p.person AND m.cohort = {3})
   AND NOT EXISTS (SELECT FROM bench_member m WHERE m.person = p.person AND m.cohort = {4})
"""
SETS = """
SELECT count(*) FROM (
  (SELECT person FROM bench_member WHERE cohort IN ({0}, {1})
   INTERSECT SELECT person FROM bench_member WHERE cohort = {2}
   INTERSECT SELECT person FROM bench_person)
  EXCEPT SELECT person FROM bench_member WHERE cohort IN ({3}, {4})) AS matching
"""
GROUPED = """
SELECT count(*) FROM (
  SELECT person FROM bench_member JOIN bench_person USING (person)
   WHERE cohort IN ({0}, {1}, {2}, {3}, {4}) GROUP BY person
  HAVING bool_or(cohort IN ({0}, {1})) AND bool_or(cohort = {2})
     AND NOT bool_or(cohort IN ({3}, {4}))) AS matching
"""

PHRASINGS = {"EXISTS": EXISTS, "INTERSECT/EXCEPT": SETS, "GROUP BY": GROUPED}


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of each round."""

    cold: list[float]
    warm: list[float]
    sql: dict[str, list[float]]
    size: int
    page_cold: list[float]
    page_warm: list[float]

    @property
    def fastest_sql(self) -> list[float]:
        return min(self.sql.values(), key=median)


def run(bed: Bed) -> list[Report]:
    report = Report(
        "Size of a segment of five cohorts, 10 M people",
        (
            "cohorts",
            "size",
            "cold, ms",
            "warm, ms",
            "SQL over 1 M, ms",
            "SQL × 10, ms",
            "ratio, cold",
            "first page of members, cold, ms",
            "warm, ms",
        ),
    )
    world = _World()
    for name, shares in (("dense, 20–50 %", DENSE), ("sparse, 0.2–2 %", SPARSE)):
        measured = _measure(world, name, shares)
        scaled = median(measured.fastest_sql) * SCALE
        report.rows.append(
            (
                name,
                f"{measured.size:,}",
                _told(measured.cold),
                _told(measured.warm),
                _told(measured.fastest_sql),
                f"{scaled:,.0f}",
                times(scaled / median(measured.cold)),
                _told(measured.page_cold),
                _told(measured.page_warm),
            )
        )
        told = ", ".join(f"{way} {median(took):,.0f}" for way, took in measured.sql.items())
        report.notes.append(f"{name}: medians over 1 M in SQL by phrasing, ms: {told}.")
    report.notes += [
        "(1 or 2) and 3 and not (4 or 5); medians of five with the spread.",
        "Cold: segment, people and bitmaps read from PostgreSQL, nothing kept in the process. "
        "Warm: bases kept in memory under their version, which the database confirms.",
        "A page of members: the first 50 of them and how many there are in all.",
        f"Each cohort has {UNFOLDED_RUNS} unfolded runs of 1,000; {DELETED:.1%} of people deleted.",
        "The SQL is the fastest of EXISTS, INTERSECT/EXCEPT and GROUP BY over rows of 1 M people "
        "with an index either way, scaled by ten; its number was compared over that million.",
    ]
    return [report]


def _told(values: Sequence[float]) -> str:
    return f"{median(values):,.1f} ({min(values):,.1f}–{max(values):,.1f})"


def _timed(work: Callable[[], Any], before: Callable[[], None] = lambda: None) -> list[float]:
    found = []
    for at in range(WARMING + ROUNDS):
        before()
        began = time.perf_counter()
        work()
        if at >= WARMING:
            found.append((time.perf_counter() - began) * 1000)
    return found


class _World:
    """A workspace of 10 M numbers and the tables of the SQL twin."""

    def __init__(self) -> None:
        from django.db import connection, transaction

        from braze_partners.people import sets
        from braze_partners.people.models import NumberCounter, PeopleSet
        from braze_partners.workspaces.models import Workspace

        self.random = random.Random(20260512)
        self.workspace = Workspace.objects.create(slug="segment-bench", name="Segment bench")
        NumberCounter.objects.create(workspace=self.workspace, next=PEOPLE)
        self.deleted = set(self.random.sample(range(PEOPLE), int(PEOPLE * DELETED)))
        with transaction.atomic():
            sets.change(self.workspace.pk, PeopleSet.Kind.DELETED, self.deleted)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_person (person int PRIMARY KEY)")
            cursor.execute(
                "CREATE TABLE bench_member (cohort int, person int, PRIMARY KEY (cohort, person))"
            )
            cursor.execute("CREATE INDEX ON bench_member (person, cohort)")
            live = (n for n in range(SQL_PEOPLE) if n not in self.deleted)
            with cursor.copy("COPY bench_person FROM STDIN") as copy:
                for number in live:
                    copy.write_row((number,))

    def cohort(self, name: str, share: float) -> int:
        """A cohort of random people as a fold leaves it, with later runs; the twin's rows too."""
        from django.utils import timezone

        from cohorts import bitmaps
        from cohorts.models import Cohort, CohortBlock

        now = timezone.now()
        cohort = Cohort.objects.create(
            workspace=self.workspace,
            partner="amplitude",
            cohort_id=name,
            name=name,
            first_received_at=now,
        )
        blocks = {}
        for start in range(0, PEOPLE, bitmaps.BLOCK_SIZE):
            end = min(PEOPLE, start + bitmaps.BLOCK_SIZE)
            blocks[start // bitmaps.BLOCK_SIZE] = self._some(start, end, share)
        rows = [
            CohortBlock(cohort=cohort, block=block, bits=bitmaps.encode_block(bits))
            for block, bits in blocks.items()
        ]
        CohortBlock.objects.bulk_create(rows)
        self._add_runs(cohort)
        self._copy_rows(cohort.pk)
        return cohort.pk

    def _some(self, start: int, end: int, share: float) -> Any:
        from pyroaring import BitMap

        chance = int(share * 65_536)
        drawn = memoryview(self.random.randbytes(2 * (end - start))).cast("H")
        return BitMap(compress(range(start, end), map(chance.__gt__, drawn)))

    def _add_runs(self, cohort: Any) -> None:
        from cohorts import bitmaps
        from cohorts.models import ImportRun

        for sequence in range(1, UNFOLDED_RUNS + 1):
            changed = self.random.sample(range(PEOPLE), 1_000)
            ImportRun.objects.create(
                workspace=self.workspace,
                partner=cohort.partner,
                cohort=cohort,
                sequence=sequence,
                state=ImportRun.State.COMPLETED,
                at=cohort.first_received_at,
                added_bits=bitmaps.encode(bitmaps.BitMap(changed[:700])),
                removed_bits=bitmaps.encode(bitmaps.BitMap(changed[700:])),
            )
        cohort.sequence = UNFOLDED_RUNS
        cohort.save(update_fields=["sequence"])

    def _copy_rows(self, pk: int) -> None:
        from django.db import connection
        from pyroaring import BitMap

        from cohorts import bitmaps

        blocks = bitmaps.load([pk])[pk]
        first = blocks[0] & BitMap(range(SQL_PEOPLE))
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY bench_member FROM STDIN") as copy,
        ):
            for number in first:
                copy.write_row((pk, number))


def _measure(world: _World, name: str, shares: Sequence[float]) -> Measured:
    from django.db import connection

    from braze_partners.people import sets
    from braze_partners.people.finding import identifiers_of
    from cohorts import remembered
    from cohorts.segments import evaluation, limits
    from cohorts.segments.models import Segment
    from cohorts.segments.planning import stored

    pks = [world.cohort(f"{name} {at}", share) for at, share in enumerate(shares, 1)]
    segment = _segment(world, name)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bench_member")
        cursor.execute("VACUUM ANALYZE bench_person")
        cursor.execute("ANALYZE")

    def count() -> int:
        found = Segment.objects.get(pk=segment.pk)
        return evaluation.size(world.workspace.pk, stored(found))

    def forget() -> None:
        remembered.memberships.clear()
        sets._kept = sets._Kept()

    def page() -> None:
        found = Segment.objects.get(pk=segment.pk)
        numbers, _size = evaluation.members_and_size(
            world.workspace.pk, stored(found), -1, limits.MEMBERS_PAGE + 1
        )
        identifiers_of(world.workspace.pk, numbers)

    forget()
    cold = _timed(count, forget)
    warm = _timed(count)
    sql = {name: _timed(partial(_sql, way, pks)) for name, way in PHRASINGS.items()}
    _compare(world, segment, pks)
    return Measured(cold, warm, sql, count(), _timed(page, forget), _timed(page))


def _segment(world: _World, name: str) -> Any:
    from django.utils import timezone

    from cohorts.segments import saving
    from cohorts.segments.definition import parse

    def row(operator: str, *chosen: int) -> dict[str, Any]:
        ids = [f"{name} {at}" for at in chosen]
        condition = {"type": "cohort", "partner": "amplitude", "operator": operator}
        return {"any": [{**condition, "cohorts": ids}]}

    rows = [row("includes", 1, 2), row("includes", 3), row("does_not_include", 4, 5)]
    draft = saving.Draft(name, definition=parse({"all": rows}))
    return saving.create(world.workspace, draft, by=None, now=timezone.now())


def _sql(way: str, pks: Sequence[int]) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(way.format(*pks))
        (count,) = cursor.fetchone()
    return int(count)


def _compare(world: _World, segment: Any, pks: Sequence[int]) -> None:
    """All four ways must count the same people among the first million."""
    from cohorts.segments import evaluation
    from cohorts.segments.planning import stored

    members = evaluation.members(world.workspace.pk, stored(segment), -1, SQL_PEOPLE)
    expected = sum(1 for number in members if number < SQL_PEOPLE)
    for way in PHRASINGS.values():
        if _sql(way, pks) != expected:
            raise SystemExit(f"SQL says {_sql(way, pks)}, the segment {expected}:{way}")
