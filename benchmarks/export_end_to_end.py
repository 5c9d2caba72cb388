"""The export from end to end against the SDK: accepted over HTTP, on disk, made Amplitude's,
paced, acknowledged by the stub. The clock runs from the first request to the last acknowledgement.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from subprocess import Popen

from django.db import connection

from benchmarks import bed, export, made_events, people
from benchmarks.loading import send
from benchmarks.report import Report, middle, times
from benchmarks.stub import Stub, stub
from braze_partners.keys.issuing import By, generate_rest_key
from braze_partners.workspaces.models import Workspace
from currents.models import Current

ROUNDS = 5
STAGES = ("web", "database", "worker", "Redis", "stub")


@dataclass(frozen=True, slots=True)
class Load:
    """How events come in; `make(count, a_request, seed)` makes bodies."""

    path: str
    a_request: int
    connections: int
    events: int
    make: Callable[[int, int, int], list[bytes]]


LOADS = (
    Load("/currents/events", 1_000, 4, 200_000, made_events.currents_bodies),
    Load("/currents/events", 100, 8, 80_000, made_events.currents_bodies),
    Load("/users/track", 75, 8, 60_000, made_events.track_bodies),
)
SDK_EVENTS = 40_000
QUICK = 4  # times less


def run(bench: bed.Bed) -> list[Report]:
    workspace = export.workspace("end-to-end")
    people.fill(workspace, made_events.PEOPLE)
    people.settle()
    now = datetime.now(UTC)
    permissions = ["currents.events", "users.track"]
    secret = generate_rest_key(workspace, permissions, "bench", By(None), now).secret
    with (
        stub() as amplitude,
        bed.web(bench) as web,
        bed.worker(bench, AMPLITUDE_US_URL=amplitude.url) as worker,
    ):
        side = Side(bench, workspace, amplitude, web, worker, secret, export.launch(workspace))
        return [_measure(side)]


@dataclass(slots=True)
class Side:
    bench: bed.Bed
    workspace: Workspace
    amplitude: Stub
    web: bed.Web
    worker: Popen[bytes]
    secret: str
    current: Current
    seed: int = 0

    def export(self, load: Load, events: int) -> Round:
        self.seed += 1
        bodies = load.make(events, load.a_request, self.seed)
        headers = {"Authorization": f"Bearer {self.secret}"}
        meter = export.Meter.of(self.bench, self.worker, self.amplitude, web=self.web.process.pid)
        before = export.settled(self.current)
        stored = _log_bytes()
        self.amplitude.forget()
        meter.begin()
        began = time.monotonic()
        sent = send(self.web.port, load.path, bodies, load.connections, headers)
        seen = self.amplitude.wait_for(events, export.PATIENCE)
        outcome = export.outcome(self.current, events, seen, before)
        return Round(
            rate=events / (seen.last - began),
            request_ms=median(sent.each) * 1000,
            each={stage: used * 1e6 / events for stage, used in meter.used().items()},
            stored=(_log_bytes() - stored) / events,
            outcome=outcome,
        )


@dataclass(frozen=True, slots=True)
class Round:
    rate: float
    request_ms: float
    each: dict[str, float]
    stored: float
    outcome: export.Outcome


@dataclass(slots=True)
class Measured:
    rates: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    each: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stored: list[float] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)

    def add(self, one: Round) -> None:
        self.rates.append(one.rate)
        self.requests.append(one.request_ms)
        self.stored.append(one.stored)
        self.outcomes.add(str(one.outcome))
        for stage, micros in one.each.items():
            self.each[stage].append(micros)


def _measure(side: Side) -> Report:
    quick = side.bench.quick
    rounds = 1 if quick else ROUNDS
    measured = [Measured() for _ in LOADS]
    count = SDK_EVENTS // (QUICK if quick else 1)
    sdk: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for load in LOADS:  # what is loaded only once is not measured
        side.export(load, load.a_request * 10)
    for number in range(rounds):
        for before, taken in sdk.items():
            taken.append(export.sdk_rate(side.amplitude, count, number, made_before=before))
        for load, kept in zip(LOADS, measured, strict=True):
            kept.add(side.export(load, load.events // (QUICK if quick else 1)))
    report = _report(rounds)
    reference = median(rate for rate, _ in sdk[False])
    for load, kept in zip(LOADS, measured, strict=True):
        report.rows.append(_row(load, kept, reference))
    report.rows.append(_sdk_row("the SDK", sdk[False], reference))
    report.rows.append(_sdk_row("the SDK, its objects made before", sdk[True], reference))
    return report


def _sdk_row(name: str, taken: list[tuple[float, float]], reference: float) -> list[str]:
    rates, processor = zip(*taken, strict=True)
    return [
        *(name, "–", "–", middle(list(rates)), times(median(rates) / reference)),
        *("–", f"{median(processor):.1f}", *["–"] * (len(STAGES) + 1), "0 lost, 0 twice"),
    ]


def _report(rounds: int) -> Report:
    return Report(
        "Export from end to end",
        (
            *("endpoint", "events a request", "connections", "events/s", "ratio to the SDK"),
            *("ms a request", "processor µs an event, all", *STAGES),
            *("bytes an event on disk", "loss and duplicates"),
        ),
        notes=[
            f"medians of {rounds} rounds (least–most), the SDK and ours in turns; "
            f"{made_events.PEOPLE:,} people, ten event types",
            "processor time of all stages is without the stub and the client that sends",
        ],
    )


def _row(load: Load, kept: Measured, sdk_rate: float) -> list[str]:
    stages = {stage: median(kept.each[stage]) for stage in STAGES}
    whole = sum(micros for stage, micros in stages.items() if stage != "stub")
    return [
        load.path,
        f"{load.a_request:,}",
        str(load.connections),
        middle(kept.rates),
        times(median(kept.rates) / sdk_rate),
        f"{median(kept.requests):.1f}",
        f"{whole:.1f}",
        *(f"{micros:.1f}" for micros in stages.values()),
        f"{median(kept.stored):.0f}",
        "; ".join(sorted(kept.outcomes)),
    ]


def _log_bytes() -> int:
    """The log's tables with their indexes and what stands beside them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
            " WHERE inhparent = 'events_batch'::regclass"
        )
        return int(cursor.fetchone()[0])
