"""A pull from a local Amplitude: ids per second from download to applied, and the memory of the
process that does it, with 100,000 and with 2,000,000 ids.

`python -m benchmarks.pull RUN DATABASE` does one sync run in a process of its own and tells what it
took.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import bed, processor
from benchmarks.report import Report, middle

PEOPLE = 2_500_000
SIZES = (100_000, 2_000_000)
ROUNDS = 5
GOAL = 300_000  # ids/s beyond the network
KEY = "bench-api-key-of-32-characters-00"


@dataclass(frozen=True, slots=True)
class Taken:
    seconds: float
    worker: float
    database: float
    megabytes: float
    before: float
    added: int


def run(bench: bed.Bed) -> list[Report]:
    from benchmarks import people
    from braze_partners.workspaces.models import Workspace

    workspace = Workspace.objects.create(slug="pull-bench", name="Pull bench")
    people.fill(workspace, PEOPLE)
    people.settle()
    report = Report(
        f"Pull of a cohort, {PEOPLE:,} profiles",
        (
            *("ids", "s, all", "s, the download alone", "ids/s beyond it"),
            *("processor µs an id, worker", "database", "peak memory, MB", "before"),
        ),
    )
    rounds = 1 if bench.quick else ROUNDS
    with _amplitude() as port:
        url = f"http://127.0.0.1:{port}"
        for size in SIZES:
            report.rows.append(
                _measured(workspace, url, port, size, rounds, bench.servers[0].process.pid)
            )
    report.notes += [
        "A first pull into an empty cohort, each in a process of its own; medians with the spread.",
        "The download alone: the same bytes read and thrown away, of a stub that makes them.",
        f"Goal: {GOAL:,} ids/s beyond the network, and memory that does not grow with the file.",
    ]
    return [report]


def _measured(
    workspace: Any, url: str, port: int, size: int, rounds: int, database: int
) -> tuple[str, ...]:
    taken = [_pull(workspace, url, size, turn, database) for turn in range(rounds)]
    network = median(_read(port, size) for _ in range(rounds))
    assert all(one.added == size for one in taken), taken
    return (
        f"{size:,}",
        f"{median(one.seconds for one in taken):.2f}",
        f"{network:.2f}",
        middle([size / max(one.seconds - network, 0.001) for one in taken]),
        f"{median(one.worker for one in taken) / size * 1e6:.1f}",
        f"{median(one.database for one in taken) / size * 1e6:.1f}",
        middle([one.megabytes for one in taken]),
        middle([one.before for one in taken]),
    )


def _pull(workspace: Any, url: str, size: int, turn: int, database: int) -> Taken:
    pk = _queued(workspace, size, turn)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pull", str(pk), str(database)],
        env={**os.environ, "AMPLITUDE_SANDBOX_URL": url},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def _queued(workspace: Any, size: int, turn: int) -> int:
    from django.utils import timezone

    from braze_partners.partners import projects
    from braze_partners.partners.models import AmplitudeProject
    from braze_partners.workspaces.audit import Actor
    from cohorts.syncing import acts, schedules

    now, actor = timezone.now(), Actor(text="bench")
    project = AmplitudeProject.objects.filter(workspace=workspace).first()
    if project is None:
        wanted = projects.Wanted("Bench", "sandbox", KEY, KEY[::-1])
        project = projects.create(workspace, wanted, actor, now).project
    remote = schedules.Remote(f"list-{size}-{PEOPLE}-{turn}")
    made = schedules.schedule(workspace, project, remote, schedules.Timing(), actor, now)
    run = acts.start_due(made.pk, now)
    assert run is not None
    return run.pk


def _read(port: int, size: int) -> float:
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/api/5/cohorts/request/list-{size}-{PEOPLE}-0/file")
    response = connection.getresponse()
    while response.read(256 * 1024):
        pass
    return time.perf_counter() - began


@contextmanager
def _amplitude() -> Generator[int, None, None]:
    from tests.bed.spawning import die_with_parent, free_port

    port = free_port()
    argv = [sys.executable, "-m", "benchmarks.pull_stub", str(port)]
    process = subprocess.Popen(argv, preexec_fn=die_with_parent(signal.SIGTERM))
    try:
        _answers(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> None:
    for _ in range(200):
        try:
            HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("The stub did not start.")


def _one(pk: int, database: int) -> None:
    """In a process of its own."""
    import django

    django.setup()
    from django.utils import timezone

    from cohorts.syncing import engine
    from cohorts.syncing.models import SyncRun
    from cohorts.syncing.states import State

    SyncRun.objects.get(pk=pk)
    before, used, worked = _peak(), _database(database), time.process_time()
    began = time.perf_counter()
    engine.run(pk, timezone.now)
    seconds = time.perf_counter() - began
    run = SyncRun.objects.get(pk=pk)
    if run.state != State.COMPLETED:
        raise SystemExit(f"{run.state}: {run.error}")
    told = {
        "seconds": seconds,
        "worker": time.process_time() - worked,
        "database": _database(database) - used,
        "megabytes": _peak(),
        "before": before,
        "added": run.added,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _database(pid: int) -> float:
    """Processor seconds of the cluster so far, with sessions that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return processor.seconds([pid]) + (int(fields[13]) + int(fields[14])) / processor.TICKS


def _peak() -> float:
    """Megabytes; what `getrusage` says counts the process that this one was forked from."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    _one(int(sys.argv[1]), int(sys.argv[2]))
