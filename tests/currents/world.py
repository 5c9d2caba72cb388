"""A workspace with a Current and events in its log, a clock that tests move, and the engine's
steps against a `Destination`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import orjson

from braze_partners.events import catalogue, event_log, intake
from braze_partners.events.intake import IncomingEvent
from currents import engine, ledger
from currents.fates import Fate
from currents.models import Current, Hold, Lane
from tests.currents.destination import Destination
from tests.currents.factories import EMAIL_OPEN, CurrentFactory

START = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
_numbers = count()


def event(
    user: str | None = "ada",
    *,
    kind: str = EMAIL_OPEN,
    id: str | None = None,
    device: str | None = None,
    properties: dict[str, Any] | None = None,
) -> IncomingEvent:
    return IncomingEvent(
        kind,
        id or f"event-{next(_numbers)}",
        1_700_000_000_000,
        user,
        device,
        None,
        orjson.dumps(properties or {"campaign_id": "c1"}),
    )


@dataclass
class World:
    current: Current
    destination: Destination = field(default_factory=Destination)
    now: datetime = START

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def receive(self, *events: IncomingEvent) -> list[str]:
        """Into the log now; their ids."""
        intake.accept(self.current.workspace_id, events, self.now)
        return [one.id for one in events]

    def step(self) -> bool:
        return engine.step(8, self.clock, self.destination)

    def run(self, seconds: float = 0, *, most: int = 200) -> None:
        """Steps until nothing is due, then on through the next seconds of the clock."""
        end = self.now + timedelta(seconds=seconds)
        for _ in range(most):
            if self.step():
                continue
            if self.now >= end:
                return
            self.pass_time(seconds=min(1.0, (end - self.now).total_seconds()))
        raise AssertionError(f"still something to do after {most} steps")

    def fresh(self) -> Current:
        self.current.refresh_from_db()
        return self.current

    def balance(self) -> ledger.Balance:
        """Counted up to the log's head; checked against the log itself."""
        ledger.count(self.fresh(), event_log.head(self.current.workspace_id))
        self.check_ledger()
        return ledger.balance(self.current.pk)

    def fates(self) -> dict[Fate, int]:
        return dict(self.balance().by_fate)

    def check_ledger(self) -> None:
        """Received by minute and type is what the log says, and nothing is below zero."""
        start = self.current.launch_sequence or 0
        logged: Counter[tuple[datetime, str]] = Counter()
        for batch in event_log.counts(self.current.workspace_id, start, 10**9):
            for kind, number in batch.by_type.items():
                logged[ledger.minute_of(batch.received_at), ledger.type_of(kind)] += number
        kept: Counter[tuple[datetime, str]] = Counter()
        for row in self.current.ledger.all():
            assert row.count >= 0, row
            kept[row.minute, row.event_type] += row.count
        assert +kept == +logged

    def waiting_in_holds(self) -> int:
        return sum(Hold.objects.filter(current=self.current).values_list("waiting", flat=True))

    def positions(self) -> set[int]:
        return set(Lane.objects.filter(current=self.current).values_list("position", flat=True))


def make_world(**current: Any) -> World:
    """Every event type is chosen unless told otherwise; nobody else sends to its project."""
    current.setdefault("plain_key", f"{next(_numbers):032d}")
    current.setdefault("event_types", list(catalogue.event_types()))
    made: Any = CurrentFactory(**current)
    return World(made)


def ids(events: Iterable[dict[str, Any]]) -> list[str]:
    return [one["insert_id"] for one in events]
