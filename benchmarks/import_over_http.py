"""Cohort import over HTTP against the plain twin: ids per second, and what a big cohort costs."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from django.db import connection
from pyroaring import BitMap

from benchmarks import bed, people, processor
from benchmarks.loading import send
from benchmarks.report import Report, middle, times
from braze_partners.keys.issuing import By, generate_import_key
from braze_partners.workspaces.models import Workspace
from cohorts import bitmaps
from cohorts.models import Cohort, CohortBlock

PEOPLE = 1_000_000
IDS = 1_000  # a request
ROUNDS = 5
OURS_REQUESTS = 120
TWIN_REQUESTS = 24
SMALL, BIG, BIG_UNIVERSE = 10_000, 5_000_000, 10_000_000
COST_REQUESTS = 60
PATH = "/partners/amplitude/cohorts/users"
TWIN_PATH = "/plain/amplitude/cohorts/users"


def run(bench: bed.Bed) -> list[Report]:
    workspace = Workspace.objects.create(slug="bench", name="Bench")
    secret = generate_import_key(
        workspace, "amplitude", "bench", By(None), datetime.now(UTC)
    ).secret
    people.fill(workspace, PEOPLE)
    _fill_twin(workspace)
    people.settle()
    bodies = Bodies(secret)
    with (
        bed.web(bench) as ours,
        bed.web(bench, "benchmarks.twin.settings") as twin,
    ):
        return [
            _against_twin(bodies, ours, twin, bench.servers[0].process.pid),
            _big_and_small(workspace, bodies, ours.port),
        ]


class Bodies:
    """Ready-made requests of 1,000 ids of people that exist."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.chance = random.Random(7)
        self.cohorts = 0

    def full_list(self, requests: int) -> list[bytes]:
        """A new cohort, full list first: nobody is named twice."""
        self.cohorts += 1
        named = self.chance.sample(range(PEOPLE), requests * IDS)
        cohort = f"cohort-{self.cohorts}"
        parts = [named[start : start + IDS] for start in range(0, len(named), IDS)]
        return [self.body(cohort, [(part, False)]) for part in parts]

    def deltas(self, cohort: str, requests: int) -> list[bytes]:
        made = []
        for _ in range(requests):
            named = self.chance.sample(range(PEOPLE), IDS)
            made.append(self.body(cohort, [(named[:500], False), (named[500:], True)]))
        return made

    def body(self, cohort: str, changes: list[tuple[list[int], bool]]) -> bytes:
        return json.dumps(
            {
                "partner_api_key": "bench",
                "client_secret": self.secret,
                "cohort_id": cohort,
                "cohort_changes": [
                    {
                        "user_ids": [people.external_id(number) for number in numbers],
                        "device_ids": [],
                        "aliases": [],
                        "should_remove": remove,
                    }
                    for numbers, remove in changes
                ],
            }
        ).encode()


def _fill_twin(workspace: Workspace) -> None:
    from benchmarks.twin import models

    with connection.schema_editor() as editor:
        for model in (models.Person, models.Cohort, models.Membership):
            editor.create_model(model)
    blank = {
        str(field.column): field.get_default()
        for field in models.Person._meta.concrete_fields
        if not field.null and not field.primary_key
    }
    now = datetime.now(UTC)
    known = {"workspace": workspace.pk, "created_at": now}
    columns = [column for column in blank if column != "external_id"]
    same = tuple((blank | known)[column] for column in columns)
    rows = ((people.external_id(number), *same) for number in range(PEOPLE))
    people.copy("twin_person", ["external_id", *columns], rows)


@dataclass(slots=True)
class Side:
    """Ours or the twin, and what was measured of it."""

    web: bed.Web
    database: int
    requests: int
    path: str
    rates: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def measure(self, bodies: Bodies, connections: int) -> None:
        named = bodies.full_list(self.requests)
        roots = (self.web.process.pid, self.database)
        before = processor.seconds(roots)
        sent = send(self.web.port, self.path, named, connections)
        self.processor.append((processor.seconds(roots) - before) * 1000 / self.requests)
        self.rates.append(self.requests * IDS / sent.seconds)
        self.each += sent.each

    def cells(self) -> list[str]:
        each = f"{median(self.each) * 1000:.1f}"
        return [middle(self.rates), each, f"{median(self.processor):.1f}"]


def _against_twin(bodies: Bodies, ours: bed.Web, twin: bed.Web, database: int) -> Report:
    kind = ("ids/s", "ms a request", "processor ms a request")
    report = Report(
        "Cohort import over HTTP",
        (
            "connections",
            *(f"ours: {name}" for name in kind),
            *(f"twin: {name}" for name in kind),
            "ratio of ids/s",
            "ratio of processor time",
        ),
        notes=[
            f"{PEOPLE:,} profiles, {IDS:,} ids a request, full lists of new members; medians of "
            f"{ROUNDS} rounds (least–most), ours and the twin in turns on the same servers.",
            "The twin is a plain view below the usual middleware, with the same look-up of the "
            "key; it keeps no runs, counts or history. Its profiles have our columns.",
            "Processor time is that of the web processes and of PostgreSQL.",
        ],
    )
    for connections in (1, 4):
        send(ours.port, PATH, bodies.full_list(8), connections)
        send(twin.port, TWIN_PATH, bodies.full_list(4), connections)
        us = Side(ours, database, OURS_REQUESTS, PATH)
        them = Side(twin, database, TWIN_REQUESTS, TWIN_PATH)
        for _ in range(ROUNDS):
            us.measure(bodies, connections)
            them.measure(bodies, connections)
        report.rows.append(
            (
                str(connections),
                *us.cells(),
                *them.cells(),
                times(median(us.rates) / median(them.rates)),
                times(median(them.processor) / median(us.processor)),
            )
        )
    return report


def _big_and_small(workspace: Workspace, bodies: Bodies, port: int) -> Report:
    report = Report(
        "Cost of a delta by the size of its cohort",
        ("members", "ms a request (500 in, 500 out)"),
        notes=[f"medians of {ROUNDS} rounds of {COST_REQUESTS} requests, in turns"],
    )
    sizes = {SMALL: "small", BIG: "big"}
    for size, name in sizes.items():
        _cohort_of(workspace, name, size)
        send(port, PATH, bodies.deltas(name, 8), 1)
    took: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(ROUNDS):
        for size, name in sizes.items():
            sent = send(port, PATH, bodies.deltas(name, COST_REQUESTS), 1)
            took[size].append(median(sent.each) * 1000)
    for size in sizes:
        report.rows.append((f"{size:,}", f"{median(took[size]):.2f}"))
    more = median(took[BIG]) / median(took[SMALL]) - 1
    report.notes.append(f"the big one costs {more:+.0%}")
    return report


def _cohort_of(workspace: Workspace, cohort_id: str, size: int) -> None:
    """Members all over a universe of ten million, as a folded base."""
    now = datetime.now(UTC)
    cohort = Cohort.objects.create(
        workspace=workspace,
        partner="amplitude",
        cohort_id=cohort_id,
        name=cohort_id,
        size=size,
        first_received_at=now,
    )
    members = BitMap(random.Random(size).sample(range(BIG_UNIVERSE), size))
    CohortBlock.objects.bulk_create(
        CohortBlock(cohort=cohort, block=block, bits=bitmaps.encode_block(bits))
        for block, bits in bitmaps.split(members).items()
    )
