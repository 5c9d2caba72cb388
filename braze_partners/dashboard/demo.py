"""The demo workspace: invented people, cohorts with a past, segments, a campaign and a Canvas,
three sign-ins.

Puts together what the rooms themselves offer; every number in it comes about as in earnest.
The sandbox invents its users in the same way, so that their ids meet ours.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from pyroaring import BitMap

from braze_partners.dashboard import demo_messaging
from braze_partners.people.identity import resolve_external_ids
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import Account, Member, Role, Workspace
from cohorts import membership
from cohorts.models import Cohort, ImportRun
from cohorts.placing import RunFacts
from cohorts.segments import saving, sizing
from cohorts.segments.definition import CohortFilter, Definition, Inclusion, Row
from cohorts.segments.models import Segment, Star

SLUG = "demo"
PEOPLE = 5_000
ANONYMOUS = 150
PAST = timedelta(days=60)
BETWEEN_RUNS = timedelta(days=2, hours=3)

PLANS = ("free", "free", "free", "plus", "pro")
COUNTRIES = ("US", "GB", "FR", "DE", "ES", "NL", "CA")


@dataclass(frozen=True, slots=True)
class SignIn:
    """One of the three demo accounts; they exist in the demo workspace only."""

    role: Role
    name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True, order=True)
class DemoCohort:
    """`share` of the known people are in it at first, `drift` of those change with each run."""

    cohort_id: str
    name: str
    share: float
    drift: float


SIGN_INS = (
    SignIn(Role.ADMIN, "Amélie Roy", "admin@demo.example", "demo-admin-1"),
    SignIn(Role.MARKETER, "Jonas Weber", "marketer@demo.example", "demo-marketer-1"),
    SignIn(Role.VIEWER, "Priya Nair", "viewer@demo.example", "demo-viewer-1"),
)
TRIAL = "t7h1v5ye"
AWAITED = DemoCohort("k3x9a7f2", "High-intent shoppers", 0, 0)
COHORTS = (
    DemoCohort("d5b9x2ru", "Lapsed 60 days", 0.22, 0.04),
    DemoCohort("m2v6q8ey", "Purchased last 14 days", 0.17, 0.06),
    DemoCohort(TRIAL, "Trial, no purchase", 0.05, 0.09),
)


def is_loaded() -> bool:
    return Workspace.objects.filter(slug=SLUG).exists()


def load(now: datetime) -> None:
    """Everything, or after a failure nothing: a second try begins anew."""
    dice = random.Random(20_240)
    with transaction.atomic():
        workspace = Workspace.objects.create(
            slug=SLUG, name="Lumen Outfitters", time_zone="Europe/Paris"
        )
        accounts = [_account(workspace, sign_in) for sign_in in SIGN_INS]
        create_profiles(workspace.pk, list(_people(dice)), now - PAST)
        cohorts = {planned: _register(workspace, planned, now - PAST) for planned in COHORTS}
        _register(workspace, AWAITED, now)
        segments = _segments(workspace, accounts, now - PAST)
        demo_messaging.load(segments, TRIAL, accounts[1], now - PAST)
        _pasts(cohorts, segments, dice, now)


def _account(workspace: Workspace, sign_in: SignIn) -> Account:
    account = Account.objects.filter(email=sign_in.email).first()
    if account is None:
        account = Account.objects.create_account(sign_in.email, sign_in.password, sign_in.name)
    Member.objects.create(workspace=workspace, account=account, role=sign_in.role)
    return account


def external_id(position: int) -> str:
    return f"usr_{position:06}"


def _people(dice: random.Random) -> Iterator[NewPerson]:
    for position in range(1, PEOPLE + 1):
        yield NewPerson(
            external_id=external_id(position),
            devices=_devices(position),
            fields={
                "email": f"{external_id(position)}@people.example",
                "country": dice.choice(COUNTRIES),
            }
            | _contact(position),
            attributes={
                "plan": dice.choice(PLANS),
                "orders": float(dice.randrange(12)),
            },
        )
    for position in range(1, ANONYMOUS + 1):
        yield NewPerson(devices=[NewDevice(f"device_{position:06}")])


def _devices(position: int) -> list[NewDevice]:
    """Three of five take push."""
    return [NewDevice(f"mobile_{position:06}", push_enabled=True)] if position % 5 < 3 else []


def _contact(position: int) -> dict[str, str]:
    """A phone for every third, and every sixteenth wants no mails, so that channels differ."""
    phone = {"phone": f"+33 1 99 00 {position:06}"} if position % 3 == 0 else {}
    return phone | ({"email_subscribe": "unsubscribed"} if position % 16 == 0 else {})


def _register(workspace: Workspace, planned: DemoCohort, at: datetime) -> Cohort:
    return Cohort.objects.create(
        workspace=workspace,
        partner="amplitude",
        cohort_id=planned.cohort_id,
        name=planned.name,
        named=True,
        partner_created_at=at,
        first_received_at=at,
    )


def _pasts(
    cohorts: dict[DemoCohort, Cohort], segments: list[Segment], dice: random.Random, now: datetime
) -> None:
    """A first full list each, then deltas every two days or so, in the order of time; the
    segments are measured after each, as the periodic job does."""
    workspace = segments[0].workspace
    texts = [external_id(position) for position in range(1, PEOPLE + 1)]
    everyone = BitMap(
        number for number in resolve_external_ids(workspace.pk, texts) if number is not None
    )
    inside: dict[DemoCohort, BitMap] = {}
    for planned, cohort in cohorts.items():
        inside[planned] = BitMap(dice.sample(list(everyone), round(PEOPLE * planned.share)))
        _run(cohort, membership.Wanted(inside[planned], BitMap()), now - PAST)
    for at, planned in sorted(_moments(dice, now)):
        members = inside[planned]
        moving = round(len(members) * planned.drift)
        left = BitMap(dice.sample(list(members), dice.randrange(moving)))
        outside = list(everyone - members)
        entered = BitMap(dice.sample(outside, dice.randrange(moving + moving // 3)))
        inside[planned] = (members - left) | entered
        _run(cohorts[planned], membership.Wanted(entered, left), at)
        sizing.measure(workspace, segments, at)


def _moments(dice: random.Random, now: datetime) -> Iterator[tuple[datetime, DemoCohort]]:
    """When each cohort was synced, the last time within the last hours."""
    for planned in COHORTS:
        at = now - timedelta(minutes=dice.randrange(20, 500))
        while at > now - PAST:
            yield at, planned
            at -= BETWEEN_RUNS + timedelta(minutes=dice.randrange(90))


def _run(cohort: Cohort, wanted: membership.Wanted, at: datetime) -> None:
    facts = RunFacts(
        workspace_id=cohort.workspace_id,
        partner=cohort.partner,
        kind=ImportRun.Kind.PUSH,
        at=at,
        started=time.perf_counter(),
        received=len(wanted.add) + len(wanted.remove),
    )
    membership.apply(cohort.pk, wanted, facts, membership.look(cohort.pk))


def _segments(workspace: Workspace, accounts: list[Account], at: datetime) -> list[Segment]:
    """Each is starred by everyone, so that the home page shows it."""
    made = []
    bought = CohortFilter("amplitude", Inclusion.INCLUDES, ("m2v6q8ey",))
    plans = (
        (
            "High-intent, not yet bought",
            "Looked at three products or more and did not buy in two weeks.",
            AWAITED.cohort_id,
        ),
        (
            "Lapsed, not yet bought",
            "Not seen for 60 days, and no order in the last two weeks.",
            "d5b9x2ru",
        ),
    )
    for name, description, cohort_id in plans:
        wanted = CohortFilter("amplitude", Inclusion.INCLUDES, (cohort_id,))
        definition = Definition(all=(Row((wanted,)),), exclude=(Row((bought,)),))
        draft = saving.Draft(name, description, ("Retention",), definition)
        segment = saving.create(workspace, draft, by=accounts[1], now=at)
        Star.objects.bulk_create([Star(segment=segment, account=each) for each in accounts])
        made.append(segment)
    return made
