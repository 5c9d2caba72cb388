"""Events into the log over /currents/events, what they take on disk, and reading them back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median

from django.db import connection

from benchmarks import bed, processor
from benchmarks.events import Events
from benchmarks.loading import send
from benchmarks.report import Report, middle
from braze_partners.events import event_log
from braze_partners.keys.issuing import By, generate_rest_key
from braze_partners.workspaces.models import Workspace

ROUNDS = 5
CONNECTIONS = 8
SIZES = ((1_000, 100), (100, 600))  # events a request, requests a round
PATH = "/currents/events"


def run(bench: bed.Bed) -> list[Report]:
    now = datetime.now(UTC)
    workspace = Workspace.objects.create(slug="events", name="Events")
    issued = generate_rest_key(workspace, ["currents.events"], "bench", By(None), now)
    report = Report(
        "Events in, over HTTP",
        (
            "events a request",
            "events/s",
            "web µs an event",
            "database µs an event",
            "bytes an event on disk",
        ),
    )
    with bed.web(bench) as web:
        sender = Sender(web, bench.servers[0].process.pid, issued.secret)
        for events, requests in SIZES:
            report.rows.append(_row(sender, workspace.pk, events, requests))
    report.notes.append(f"{event_log.head(workspace.pk):,} events accepted, as many in the log")
    return [report, _reading(workspace.pk)]


@dataclass(slots=True)
class Sender:
    web: bed.Web
    database: int
    secret: str
    seed: int = 0

    def bodies(self, requests: int, events: int) -> list[bytes]:
        self.seed += 1
        return Events(self.seed).bodies(requests, events)

    def send(self, bodies: list[bytes]) -> float:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        return send(self.web.port, PATH, bodies, CONNECTIONS, headers).seconds


def _row(sender: Sender, workspace_id: int, events: int, requests: int) -> list[str]:
    sender.send(sender.bodies(requests // 4, events))
    rates, web, database = [], [], []
    start, size = event_log.head(workspace_id), _bytes_on_disk()
    for _ in range(ROUNDS):
        bodies = sender.bodies(requests, events)
        spent = [processor.seconds([pid]) for pid in (sender.web.process.pid, sender.database)]
        seconds = sender.send(bodies)
        count = events * requests
        rates.append(count / seconds)
        web.append((processor.seconds([sender.web.process.pid]) - spent[0]) / count * 1e6)
        database.append((processor.seconds([sender.database]) - spent[1]) / count * 1e6)
    stored = event_log.head(workspace_id) - start
    if stored != ROUNDS * events * requests:
        raise RuntimeError(f"{stored} of {ROUNDS * events * requests} events are in the log")
    on_disk = (_bytes_on_disk() - size) / stored
    return [
        f"{events:,}",
        middle(rates),
        f"{median(web):.1f}",
        f"{median(database):.1f}",
        f"{on_disk:.0f}",
    ]


_SIZE = """
SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
 WHERE inhparent = 'events_batch'::regclass
"""


def _bytes_on_disk() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        return int(cursor.fetchone()[0])


def _reading(workspace_id: int) -> Report:
    report = Report("Reading the log back", ("what", "events/s", "µs an event"))
    for name, lanes in (("all lanes", range(16)), ("eight", range(8)), ("one", range(5, 6))):
        report.rows.append([name, *_rate(partial(_read_all, workspace_id, lanes))])
    return report


def _rate(read: Callable[[], int]) -> list[str]:
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        count = read()
        rates.append(count / (time.perf_counter() - began))
    return [middle(rates), f"{1e6 / median(rates):.1f}"]


def _read_all(workspace_id: int, lanes: range) -> int:
    start = count = 0
    while batches := event_log.read(workspace_id, start, lanes, limit_events=2_000):
        count += sum(len(batch.records) for batch in batches)
        start = batches[-1].end
    return count
