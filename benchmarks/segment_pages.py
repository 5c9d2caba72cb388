"""Pages of segments, cohorts and campaigns with 1,000 cohorts, 500 segments and 200 campaigns: what
they ask of the database and how long the server takes, through every middleware to the last byte.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.bed import Bed
from benchmarks.pages import TIMES, measure
from benchmarks.report import Report

PEOPLE, QUICK_PEOPLE = 1_000_000, 50_000
COHORTS, SEGMENTS, CAMPAIGNS = 1_000, 500, 200
QUICK_SHARE = 10  # a tenth of each
HOST = "localhost"


def run(bed: Bed) -> list[Report]:
    share = QUICK_SHARE if bed.quick else 1
    world = _World(QUICK_PEOPLE if bed.quick else PEOPLE, share)
    report = Report(
        f"Pages with {COHORTS // share:,} cohorts, {SEGMENTS // share} segments, "
        f"{world.count:,} people",
        ["page", "queries", "median, ms", "p95, ms", "processor, ms"],
    )
    for name, address in world.addresses():
        report.rows.append((name, *measure(world.client, address)))
    report.notes.append(
        f"{TIMES} requests each, in this process. Queries: of the usual request, with those past "
        "Django's count (bitmaps, answers, people); once a minute some more bring answers forward."
    )
    return [report]


class _World:
    def __init__(self, count: int, share: int) -> None:
        from benchmarks import people
        from braze_partners.people.models import Profile
        from tests.workspaces.factories import MemberFactory

        self.count = count
        self.dice = random.Random(20260512)
        member = MemberFactory.create(workspace__slug="bench-pages")
        self.workspace, self.account = member.workspace, member.account
        people.fill(self.workspace, count)
        mine = Profile.objects.filter(workspace=self.workspace, number__lt=count // 3)
        mine.update(country="FR", email="somebody@example.com")
        self.cohorts = [self._cohort(at) for at in range(COHORTS // share)]
        self.segments: list[Any] = []
        for at in range(SEGMENTS // share):
            self.segments.append(self._segment(at))
        self.campaigns = [self._campaign(at) for at in range(CAMPAIGNS // share)]
        people.settle()
        self.client = self._signed_in()

    def _cohort(self, at: int) -> str:
        from django.utils import timezone

        from cohorts import bitmaps
        from cohorts.models import Cohort, CohortBlock

        members = self.dice.sample(range(self.count), self.dice.randrange(1_000, 20_000))
        cohort = Cohort.objects.create(
            workspace=self.workspace,
            partner="amplitude",
            cohort_id=f"c{at:06d}",
            name=f"Cohort {at}",
            first_received_at=timezone.now(),
            size=len(members),
        )
        blocks = bitmaps.split(bitmaps.BitMap(members)).items()
        CohortBlock.objects.bulk_create(
            CohortBlock(cohort=cohort, block=block, bits=bitmaps.encode_block(bits))
            for block, bits in blocks
        )
        return cohort.cohort_id

    def _row(self) -> dict[str, Any]:
        chosen = self.dice.sample(self.cohorts, 2)
        given = {"type": "cohort", "partner": "amplitude", "operator": "includes"}
        return {"any": [{**given, "cohorts": chosen}]}

    def _segment(self, at: int) -> Any:
        from django.utils import timezone

        from cohorts.segments import saving
        from cohorts.segments.definition import parse

        rows = [self._row(), self._row()]
        if at % 3 == 0:
            french = {"type": "country", "operator": "is_any_of", "values": ["FR"]}
            rows.append({"any": [french]})
        if at % 5 == 4:
            nested = {"type": "segment", "operator": "includes"}
            rows.append({"any": [{**nested, "segments": [str(self.segments[0].pk)]}]})
        definition = parse({"all": rows, "exclude": [self._row()]})
        draft = saving.Draft(f"Segment {at}", "", (f"Tag {at % 20}",), definition)
        return saving.create(self.workspace, draft, by=self.account, now=timezone.now())

    def _campaign(self, at: int) -> Any:
        from django.utils import timezone

        from braze_partners.messaging import saving
        from braze_partners.messaging.drafts import Draft, Target
        from cohorts.segments.definition import parse

        chosen = tuple(each.pk for each in self.dice.sample(self.segments, 2))
        target = Target(chosen, parse({"all": [self._row()]}))
        draft = Draft(f"Campaign {at}", channels=("email", "push"), target=target)
        now = timezone.now()
        return saving.create(self.workspace, "campaign", draft, by=self.account, now=now)

    def _signed_in(self) -> Any:
        from django.conf import settings
        from django.test import Client

        settings.ALLOWED_HOSTS = [HOST]
        client = Client(SERVER_NAME=HOST)
        client.force_login(self.account)
        return client

    def addresses(self) -> Iterator[tuple[str, str]]:
        from django.urls import reverse

        def of(name: str, *about: Any) -> str:
            return reverse(name, args=[self.workspace.slug, *(each.pk for each in about)])

        segment = self.segments[4]
        yield "segments, list", of("segments:list")
        yield "segments, list by words", of("segments:list") + "?q=segment+4&group=editor"
        yield "segment, create", of("segments:create")
        yield "segment, detail and editor", of("segments:detail", segment)
        yield "segment, members", of("segments:members", segment)
        yield "segment, a sample", of("segments:sample", segment)
        yield "cohorts offered while typing", of("segments:options") + "?kind=cohort.amplitude&q=99"
        yield "cohorts, list", of("cohorts:list")
        yield "campaigns, list", of("campaigns:list")
        yield "campaign, target step", of("campaigns:target", self.campaigns[0])
