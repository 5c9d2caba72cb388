"""Drain of a stored backlog by one worker process against the SDK: events a second, what an event
costs from ten thousand to a million, and the worker's memory meanwhile.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from subprocess import Popen
from threading import Event, Thread

import msgspec

from benchmarks import bed, export, made_events
from benchmarks.report import Report, middle, times
from benchmarks.stub import Stub, stub
from braze_partners.events import intake
from braze_partners.events.intake import IncomingEvent
from braze_partners.workspaces.models import Workspace
from currents.states import State

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 5
A_BATCH = 1_000
SDK_EVENTS = 40_000
QUICK_SIZES = (10_000, 100_000)
SAMPLE_SECONDS = 0.25


def run(bench: bed.Bed) -> list[Report]:
    sizes, rounds = (QUICK_SIZES, 1) if bench.quick else (SIZES, ROUNDS)
    workspace = export.workspace("drain")
    fill(workspace, max(sizes))
    drained = {size: Drained(size) for size in sizes}
    rates: list[float] = []
    with stub() as amplitude, bed.worker(bench, AMPLITUDE_US_URL=amplitude.url) as worker:
        drain(bench, workspace, amplitude, worker, min(sizes))
        for number in range(rounds):
            rates.append(export.sdk_rate(amplitude, SDK_EVENTS, number)[0])
            for size in sizes:
                drained[size].add(drain(bench, workspace, amplitude, worker, size))
    return [_report(drained, rates, rounds)]


def fill(workspace: Workspace, count: int) -> None:
    """The log, as /currents/events at 1,000 a request leaves it."""
    events = incoming(count)
    while batch := list(itertools.islice(events, A_BATCH)):
        intake.accept(workspace.pk, batch, datetime.now(UTC))


def incoming(count: int) -> Iterator[IncomingEvent]:
    for event in made_events.made(count, 1):
        user = event.user
        yield IncomingEvent(
            event.event_type,
            event.id,
            event.time * 1000,
            user.external_user_id,
            user.device_id,
            user.user_id,
            msgspec.json.encode(event.properties),
        )


@dataclass(frozen=True, slots=True)
class Round:
    seconds: float
    used: dict[str, float]
    memory: list[int]  # bytes, over time
    outcome: export.Outcome


@dataclass(slots=True)
class Drained:
    """Rounds of one size."""

    size: int
    rates: list[float] = field(default_factory=list)
    each: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: list[int] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)

    def add(self, one: Round) -> None:
        self.rates.append(self.size / one.seconds)
        for stage, seconds in one.used.items():
            self.each[stage].append(seconds * 1e6 / self.size)
        self.memory = one.memory
        self.outcomes.add(str(one.outcome))

    def micros(self, stage: str) -> float:
        return median(self.each[stage])


def drain(
    bench: bed.Bed, workspace: Workspace, amplitude: Stub, worker: Popen[bytes], size: int
) -> Round:
    """A new Current for the last `size` events of the log; the clock runs from its launch to the
    last acknowledged event."""
    current = export.launch(workspace, behind=size)
    amplitude.forget()
    meter = export.Meter.of(bench, worker, amplitude)
    meter.begin()
    with MemoryOf(worker) as memory:
        began = time.monotonic()
        export.set_state(current, State.ACTIVE)
        seen = amplitude.wait_for(size, export.PATIENCE)
    outcome = export.outcome(current, size, seen)
    used = meter.used()
    export.set_state(current, State.PAUSED)
    return Round(seen.last - began, used, memory.bytes, outcome)


class MemoryOf:
    """Resident memory of a process while something runs."""

    def __init__(self, process: Popen[bytes]) -> None:
        self.path = Path(f"/proc/{process.pid}/status")
        self.bytes: list[int] = []
        self._ends = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> MemoryOf:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ends.wait(SAMPLE_SECONDS):
            lines = self.path.read_text().splitlines()
            (line,) = (one for one in lines if one.startswith("VmRSS:"))
            self.bytes.append(int(line.split()[1]) * 1024)


def _report(drained: dict[int, Drained], rates: list[float], rounds: int) -> Report:
    stages = ("worker", "database", "Redis", "stub")
    report = Report(
        "Drain of a stored backlog by one worker process",
        (
            *("events", "events/s", "ratio to the SDK"),
            *(f"{stage}: processor µs an event" for stage in stages),
            *("worker's memory, MB: first, middle, last, most", "loss and duplicates"),
        ),
        notes=[
            f"medians of {rounds} rounds (least–most); the SDK, from memory in the same rounds: "
            f"{middle(rates)} events/s",
        ],
    )
    for size, one in drained.items():
        report.rows.append(
            (
                f"{size:,}",
                middle(one.rates),
                times(median(one.rates) / median(rates)),
                *(f"{one.micros(stage):.1f}" for stage in stages),
                _memory_words(one.memory),
                "; ".join(sorted(one.outcomes)),
            )
        )
    costs = [one.micros("worker") for one in drained.values()]
    report.notes.append(f"worker's cost from the least to the most: {max(costs) / min(costs):.2f}×")
    return report


def _memory_words(memory: list[int]) -> str:
    if not memory:
        return "–"
    seen = [memory[0], memory[len(memory) // 2], memory[-1], max(memory)]
    return ", ".join(f"{one / 1e6:.0f}" for one in seen)
