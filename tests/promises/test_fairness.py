"""A Current that is dead, slow or busy delays no other: with real threads, and with time passed in
over many Currents of many workspaces."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from braze_partners.events import catalogue, intake
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from currents import claiming, engine
from currents.models import Current
from currents.running import Delivery
from tests.bed.stack import wait_until
from tests.currents.destination import Destination, answer, down
from tests.currents.factories import CurrentFactory
from tests.currents.world import START, event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

HANGS = 6.0  # seconds; far more than a quick one may wait


class Network:
    """By API key, what the destination does; `arrived` is when each event came there."""

    def __init__(self) -> None:
        self.ends = threading.Event()
        self.of_key: dict[str, Callable[[], Answer | NetworkFailure | None]] = {}
        self.arrived: dict[str, float] = {}
        self.under_way: defaultdict[str, int] = defaultdict(int)

    def hangs(self) -> NetworkFailure:
        self.ends.wait(HANGS)
        return down(Trouble.TIMEOUT)

    def __call__(self, region: str, body: bytes, seconds: float) -> Answer | NetworkFailure:
        content = orjson.loads(body)
        key = content["api_key"]
        self.under_way[key] += 1
        given = self.of_key.get(key, lambda: None)()
        if given is not None:
            return given
        for one in content["events"]:
            self.arrived.setdefault(one["insert_id"], time.monotonic())
        return answer(200, {"events_ingested": len(content["events"])})


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Generator[Network, None, None]:
    made = Network()
    monkeypatch.setattr(
        engine.client, "upload", lambda region, body, deadline: made(region, body, deadline)
    )
    yield made
    made.ends.set()


@pytest.fixture
def delivery(network: Network) -> Generator[Delivery, None, None]:
    made = Delivery(threads=8)
    made.start()
    yield made
    network.ends.set()
    made.end()


def make_current(number: int, **given: object) -> Current:
    types = list(catalogue.event_types())
    current: Current = CurrentFactory.create(plain_key=f"{number:032d}", event_types=types, **given)
    return current


def test_a_destination_that_hangs_delays_no_other(network: Network, delivery: Delivery) -> None:
    """While three Currents with a backlog hang in every request, the events of a fourth arrive
    within a second or so each time."""
    for number in range(3):
        hanging = make_current(number)
        network.of_key[f"{number:032d}"] = network.hangs
        events = [event(f"user-{n}") for n in range(3_000)]
        intake.accept(hanging.workspace_id, events, timezone.now())
    quick = make_current(9)
    wait_until(lambda: len(network.under_way) == 3, 20)
    for _ in range(5):
        one = event()
        posted = time.monotonic()
        intake.accept(quick.workspace_id, [one], timezone.now())
        wait_until(lambda one=one: one.id in network.arrived, HANGS)  # type: ignore[misc]
        assert network.arrived[one.id] - posted < HANGS / 2


def test_of_many_workspaces_each_gets_its_turn(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passed in: one workspace with a long backlog in ten Currents, and nineteen that have a
    single event each: all nineteen are served within the first rounds."""
    monkeypatch.setattr(claiming, "BACKLOG_FOR_ALL_LANES", 1_500)
    crowded = make_current(100)
    others = [make_current(100 + n, workspace=crowded.workspace) for n in range(1, 10)]
    events = [event(f"user-{n}") for n in range(2_000)]
    for _ in range(3):
        intake.accept(crowded.workspace_id, events, START)
    small = [make_current(200 + n) for n in range(19)]
    for current in small:
        intake.accept(current.workspace_id, [event()], START)
    served: list[int] = []
    now, destination = START, Destination()
    for _ in range(2 * len(small)):
        claimed = claiming.claim(8, now)
        assert claimed is not None
        served.append(claimed.plan.current_id)
        engine.work(claimed, lambda: now, destination)  # noqa: B023
        now += timedelta(milliseconds=50)
    assert {current.pk for current in small} <= set(served)
    assert len(set(served) - {current.pk for current in small}) > len(others) // 2
