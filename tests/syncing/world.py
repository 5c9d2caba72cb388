"""An Amplitude of one cohort, a workspace that pulls it, and a clock that is moved by hand."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from braze_partners.workspaces.audit import Actor
from cohorts import membership
from cohorts.models import Cohort, ImportRun
from cohorts.syncing import acts, engine
from cohorts.syncing.models import PullSchedule, SyncRun
from tests.cohorts.conftest import Partner
from tests.syncing.factories import (
    API_KEY,
    NOW,
    SECRET_KEY,
    AmplitudeProjectFactory,
    PullScheduleFactory,
)

REMOTE = "k3x9a7f2"
ACTOR = Actor(text="tests")
Handler = Callable[[Request], Response | None]


def csv_of(ids: Iterable[str]) -> bytes:
    return b"amplitude_id,user_id\n" + b"".join(f"1,{one}\n".encode() for one in ids)


@dataclass(slots=True)
class Amplitude:
    """Answers as wire/amplitude-cohorts.md says. `faults` are asked first, by step (`request`,
    `status`, `file`); `polls` is how often a list is still being computed; `seen` is what was
    asked, in order."""

    ids: list[str] = field(default_factory=list)
    polls: int = 0
    zipped: bool = False
    body: bytes | None = None
    faults: dict[str, Handler] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    jobs: int = 0
    waits: int = 0

    def answer(self, request: Request) -> Response:
        step = self._step(request.path)
        self.seen.append(step)
        self.headers.append(dict(request.headers))
        if request.authorization is None or (
            request.authorization.username,
            request.authorization.password,
        ) != (API_KEY, SECRET_KEY):
            return Response('{"error": "Invalid keys"}', 401)
        if (fault := self.faults.get(step)) and (faulty := fault(request)):
            return faulty
        return getattr(self, f"_{step}")(request)

    def _step(self, path: str) -> str:
        if "/request-status/" in path:
            return "status"
        return "file" if path.endswith("/file") else "request"

    def _request(self, request: Request) -> Response:
        self.jobs += 1
        self.waits = self.polls
        return Response(f'{{"request_id": "job-{self.jobs}", "cohort_id": "{REMOTE}"}}', 202)

    def _status(self, request: Request) -> Response:
        if self.waits:
            self.waits -= 1
            return Response('{"async_status": "JOB INPROGRESS"}', 202)
        return Response('{"async_status": "JOB COMPLETED"}', 200)

    def _file(self, request: Request) -> Response:
        body = csv_of(self.ids) if self.body is None else self.body
        return Response(gzip.compress(body) if self.zipped else body, 200, mimetype="text/csv")


def once(response: Response) -> Handler:
    """A fault that strikes the first time only."""
    left = [response]
    return lambda request: left.pop() if left else None


def always(response_of: Callable[[], Response]) -> Handler:
    return lambda request: response_of()


@dataclass(slots=True)
class World:
    partner: Partner
    schedule: PullSchedule
    amplitude: Amplitude
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def finish(self, run: SyncRun) -> SyncRun:
        """Runs it as worker and sweep would, as time passes, until it is no longer at work."""
        for _ in range(200):
            engine.run(run.pk, self.clock)
            run = SyncRun.objects.get(pk=run.pk)
            if not run.is_active:
                return run
            assert run.due_at is not None
            self.now = max(self.now, run.due_at)
        raise AssertionError(f"{run} never ended")

    def sync(self, *ids: str) -> SyncRun:
        """A pull of these ids, to its end."""
        self.amplitude.ids = list(ids)
        return self.finish(acts.sync(self.schedule, ACTOR, self.now))

    @property
    def cohort(self) -> Cohort:
        return Cohort.objects.get(pk=self.schedule.cohort_id)

    def members(self) -> set[int]:
        blocks = membership.members(self.schedule.cohort_id).blocks
        return {number for bits in blocks.values() for number in bits}

    def numbers(self, *ids: str) -> set[int]:
        return {self.partner.numbers[int(one[1:])] for one in ids}

    def last_pull(self) -> ImportRun:
        pulls = ImportRun.objects.filter(cohort=self.schedule.cohort, kind=ImportRun.Kind.PULL)
        return pulls.latest("id")


def make_world(partner: Partner, server: HTTPServer) -> World:
    project = AmplitudeProjectFactory.create(workspace=partner.workspace)
    schedule = PullScheduleFactory.create(
        cohort__workspace=partner.workspace,
        cohort__cohort_id=REMOTE,
        workspace=partner.workspace,
        project=project,
    )
    amplitude = Amplitude()
    server.expect_request(re.compile("^/api/5/")).respond_with_handler(amplitude.answer)
    return World(partner, schedule, amplitude)
