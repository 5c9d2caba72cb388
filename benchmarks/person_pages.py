"""A person's page with 1,000 cohorts, 500 segments, Currents and a log of a million events, and the
search for people: what they ask of the database and how long the server takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.bed import Bed
from benchmarks.pages import TIMES, measure
from benchmarks.report import Report

PEOPLE, QUICK_PEOPLE = 1_000_000, 50_000
COHORTS, SEGMENTS, CURRENTS, BATCHES = 1_000, 500, 20, 1_000
QUICK_SHARE = 10  # a tenth of each
EVENTS_PER_BATCH = 1_000
UNFOLDED = 10  # every tenth cohort has runs that its base has not taken in
HOST = "localhost"
SOMEBODY = 12_600  # in every second and third cohort and so on: in most


def run(bed: Bed) -> list[Report]:
    share = QUICK_SHARE if bed.quick else 1
    world = _World(QUICK_PEOPLE if bed.quick else PEOPLE, share)
    report = Report(
        f"A person among {world.count:,} with {COHORTS // share:,} cohorts, "
        f"{SEGMENTS // share} segments, {CURRENTS // share} Currents, "
        f"{BATCHES // share * EVENTS_PER_BATCH:,} events in the log",
        ["what", "queries", "median, ms", "p95, ms", "processor, ms"],
    )
    for name, address in world.addresses():
        report.rows.append((name, *measure(world.client, address)))
    report.notes.append(
        f"{TIMES} requests each, in this process, through every middleware to the last byte; the "
        "parts of the page are requests of their own. Queries: all of them, the session's too."
    )
    report.notes.append(
        f"The person is in {world.cohorts_of_somebody:,} cohorts, dense ones of a half to a "
        f"hundredth of all people; every tenth cohort has {UNFOLDED} runs that are not folded."
    )
    return [report]


class _World:
    def __init__(self, count: int, share: int) -> None:
        from benchmarks import people
        from braze_partners.people.models import Profile
        from cohorts import standing
        from tests.workspaces.factories import MemberFactory

        self.count = count
        member = MemberFactory.create(workspace__slug="bench-person")
        self.workspace, self.account = member.workspace, member.account
        people.fill(self.workspace, count)
        mine = Profile.objects.filter(workspace=self.workspace, number=SOMEBODY)
        mine.update(country="FR", email="somebody@example.com", phone="+33 612")
        self.somebody = mine.get()
        self.cohorts = [self._cohort(at) for at in range(COHORTS // share)]
        for at in range(SEGMENTS // share):
            self._segment(at)
        self._log(share)
        people.settle()
        self.client = self._signed_in()
        self.cohorts_of_somebody = len(standing.of_person(self.workspace.pk, SOMEBODY))

    def _cohort(self, at: int) -> str:
        """`at` decides how dense it is, and whether runs come after its base."""
        from django.utils import timezone
        from pyroaring import BitMap

        from cohorts import folding, membership
        from cohorts.membership import Seen, Wanted
        from cohorts.models import Cohort, ImportRun
        from cohorts.placing import RunFacts

        now = timezone.now()
        cohort = Cohort.objects.create(
            workspace=self.workspace,
            partner="amplitude",
            cohort_id=f"c{at:06d}",
            name=f"Cohort {at}",
            first_received_at=now,
            last_run_at=now,
        )
        facts = RunFacts(self.workspace.pk, "amplitude", ImportRun.Kind.PUSH, now, 0.0)

        def push(add: BitMap) -> None:
            membership.apply(cohort.pk, Wanted(add, BitMap()), facts, Seen(0))

        push(BitMap(range(0, self.count, 2 + at % 99)))
        folding.fold(cohort.pk)
        if at % UNFOLDED == 0:
            for turn in range(UNFOLDED):
                push(BitMap(range(1 + turn, self.count, self.count // 500)))
        membership.forget(cohort.pk)
        return cohort.cohort_id

    def _segment(self, at: int) -> None:
        from django.utils import timezone

        from cohorts.segments import saving
        from cohorts.segments.definition import parse

        given = {"type": "cohort", "partner": "amplitude", "operator": "includes"}
        chosen = [self.cohorts[(at * step) % len(self.cohorts)] for step in (1, 3)]
        rows = [{"any": [{**given, "cohorts": chosen}]}]
        if at % 3 == 0:
            countries = {"operator": "is_any_of", "values": ["FR", "DE"][: 1 + at % 2]}
            rows.append({"any": [{"type": "country", **countries}]})
        draft = saving.Draft(f"Segment {at}", definition=parse({"all": rows}))
        saving.create(self.workspace, draft, by=self.account, now=timezone.now())

    def _log(self, share: int) -> None:
        """The person's events are in every tenth batch."""
        from django.utils import timezone

        from braze_partners.events import intake
        from tests.currents.factories import CurrentFactory
        from tests.events.factories import events_of

        for _ in range(CURRENTS // share):
            CurrentFactory.create(workspace=self.workspace)
        now = timezone.now() - timedelta(hours=1)
        for at in range(BATCHES // share):
            events = events_of(EVENTS_PER_BATCH, f"{at}-", people=1_000)
            if at % 10 == 0:
                events[7] = events[7].__class__(
                    *(getattr(events[7], name) for name in ("type", "id", "time_ms")),
                    self.somebody.external_id,
                    *(getattr(events[7], name) for name in ("device_id", "user_id", "properties")),
                )
            intake.accept(self.workspace.pk, events, now)

    def _signed_in(self) -> Any:
        from django.test import Client

        client = Client(headers={"host": HOST})
        client.force_login(self.account, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def addresses(self) -> Iterator[tuple[str, str]]:
        people = f"/w/{self.workspace.slug}/people"
        person = f"{people}/{SOMEBODY}"
        yield "person's page", f"{person}/"
        yield "its cohorts", f"{person}/cohorts/"
        yield "its segments", f"{person}/segments/"
        yield "its recent events with verdicts", f"{person}/events/"
        yield "search: a whole external id", f"{people}/?q={self.somebody.external_id}"
        yield "search: the beginning of all external ids", f"{people}/?q=customer"
        yield "search: an e-mail address", f"{people}/?q=Somebody@example.com"
        yield "search: nobody", f"{people}/?q=zzzz"
        yield "header search", f"/w/{self.workspace.slug}/search/?q=customer-0000126"
