"""A workspace with a Current into the stub, and what its processes have used. Knows our models."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from subprocess import Popen

from benchmarks import bed, made_events, processor, sdk
from benchmarks.stub import Seen, Stub
from braze_partners.events import event_log
from braze_partners.keys import credentials
from braze_partners.partners.amplitude.project import project_of
from braze_partners.workspaces.models import Workspace
from currents import ledger
from currents.fates import Fate
from currents.lanes import make_lanes
from currents.models import Current
from currents.states import State

KEY = "b3" * 16
# Seconds without any event after which the rest is taken for lost.
PATIENCE = 20


def workspace(slug: str) -> Workspace:
    return Workspace.objects.create(slug=slug, name=slug)


def launch(of: Workspace, *, behind: int = 0) -> Current:
    """A Current for the ten types that sees the log's last `behind` events and what comes."""
    now = datetime.now(UTC)
    start = event_log.head(of.pk) - behind
    made = Current.objects.create(
        workspace=of,
        name="Benchmark",
        contact_email="bench@lumen.example",
        region="us",
        api_key=credentials.encrypt(KEY),
        api_key_hint=credentials.hint(KEY),
        project=project_of("us", KEY),
        event_types=made_events.NAMES,
        state=State.PAUSED if behind else State.ACTIVE,
        state_since=now,
        created_at=now,
        changed_at=now,
        launched_at=now,
        launch_sequence=start,
        counted_sequence=start,
    )
    make_lanes(made.pk, start)
    return made


def set_state(current: Current, state: State) -> None:
    Current.objects.filter(pk=current.pk).update(state=state)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Loss and duplicates, as the stub and the ledger see them."""

    lost: int
    duplicates: int
    unbalanced: int

    def __str__(self) -> str:
        words = f"{self.lost} lost, {self.duplicates} twice"
        return f"{words}, ledger off by {self.unbalanced}" if self.unbalanced else words


def settled(current: Current) -> int:
    balance = ledger.balance(current.pk)
    return balance.of([Fate.DELIVERED, Fate.RETRIED])


def outcome(current: Current, expected: int, seen: Seen, before: int = 0) -> Outcome:
    """The last settlements may still be on their way: the ledger is given a while."""
    for _ in range(100):
        if settled(current) - before >= expected:
            break
        time.sleep(0.05)
    off = expected - (settled(current) - before)
    return Outcome(expected - seen.distinct, seen.duplicates, off)


def sdk_rate(
    amplitude: Stub, events: int, seed: int, *, made_before: bool = False
) -> tuple[float, float]:
    """The SDK's events a second, and its processor time in microseconds an event; `made_before` as
    sdk.py says."""
    amplitude.forget()
    took = sdk.send(amplitude.url, events, 1_000 + seed, made_before=made_before)
    seen = amplitude.wait_for(events, PATIENCE)
    if (seen.distinct, seen.duplicates) != (events, 0):
        raise SystemExit(f"The SDK sent {seen}")
    return events / (seen.last - took.began), took.processor * 1e6 / events


@dataclass(slots=True)
class Meter:
    """Processor seconds by stage between two looks."""

    stages: Mapping[str, int]
    before: dict[str, float]

    @classmethod
    def of(cls, bench: bed.Bed, worker: Popen[bytes], stub: Stub, **more: int) -> Meter:
        database, redis = (server.process.pid for server in bench.servers)
        stages = {**more, "database": database, "worker": worker.pid, "Redis": redis}
        return cls({**stages, "stub": stub.process.pid}, {})

    def begin(self) -> None:
        self.before = {name: processor.seconds([pid]) for name, pid in self.stages.items()}

    def used(self) -> dict[str, float]:
        return {
            name: processor.seconds([pid]) - self.before[name] for name, pid in self.stages.items()
        }
