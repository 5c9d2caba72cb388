"""Factories of the currents app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from braze_partners.keys import credentials
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.amplitude.project import project_of
from currents import models
from currents.fates import Fate
from currents.lanes import make_lanes
from currents.states import State
from tests.workspaces.factories import WorkspaceFactory

API_KEY = "a8b1" + "0" * 24 + "41f7"
EMAIL_OPEN = "users.messages.email.Open"
PURCHASE = "users.behaviors.Purchase"


def now() -> datetime:
    return datetime.now(UTC)


def minute() -> datetime:
    return now().replace(second=0, microsecond=0)


class CurrentFactory(DjangoModelFactory[models.Current]):
    """Launched at the log's beginning, with its sixteen lanes. `plain_key` is its API key."""

    class Meta:
        model = models.Current
        skip_postgeneration_save = True

    class Params:
        plain_key = API_KEY
        draft = factory.Trait(state=State.DRAFT, launched_at=None, launch_sequence=None)

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Export {n}")
    contact_email = "crm-alerts@lumen.example"
    region = Region.US
    api_key = factory.LazyAttribute(lambda o: credentials.encrypt(o.plain_key))
    api_key_hint = factory.LazyAttribute(lambda o: credentials.hint(o.plain_key))
    project = factory.LazyAttribute(lambda o: project_of(o.region, o.plain_key))
    include_anonymous = True
    event_types = factory.LazyFunction(lambda: [EMAIL_OPEN, PURCHASE])
    state = State.ACTIVE
    state_since = factory.LazyFunction(now)
    created_at = factory.LazyFunction(now)
    changed_at = factory.LazyFunction(now)
    launched_at = factory.LazyFunction(now)
    launch_sequence = 0

    @factory.post_generation
    def lanes(self: models.Current, create: bool, extracted: object) -> None:
        if create and self.launch_sequence is not None:
            make_lanes(self.pk, self.launch_sequence)


class LedgerEntryFactory(DjangoModelFactory[models.LedgerEntry]):
    class Meta:
        model = models.LedgerEntry

    current = factory.SubFactory(CurrentFactory)
    minute = factory.LazyFunction(minute)
    event_type = EMAIL_OPEN
    fate = Fate.DELIVERED
    count = 1


class AttemptFactory(DjangoModelFactory[models.Attempt]):
    class Meta:
        model = models.Attempt

    current = factory.SubFactory(CurrentFactory)
    at = factory.LazyFunction(now)
    kind = models.Attempt.Kind.DELIVERY
    first_lane = 0
    last_lane = 15
    first_sequence = 0
    last_sequence = 9
    events = 10
    bytes = 4_000
    status = 200
    outcome = models.Attempt.Outcome.DELIVERED
    took_ms = 184
    request = '{"api_key": "a8b1…41f7", "events": []}'
    answer = '{"code": 200, "events_ingested": 10}'


class DeadLetterFactory(DjangoModelFactory[models.DeadLetter]):
    class Meta:
        model = models.DeadLetter

    current = factory.SubFactory(CurrentFactory)
    sequence = factory.Sequence(lambda n: n)
    event_id = factory.Sequence(lambda n: f"event-{n}")
    event_type = EMAIL_OPEN
    identity = "usr_204881"
    received_at = factory.LazyFunction(now)
    at = factory.LazyFunction(now)
    cause = "Invalid field values on some events: time"
    status = 400


class HoldFactory(DjangoModelFactory[models.Hold]):
    class Meta:
        model = models.Hold

    current = factory.SubFactory(CurrentFactory)
    lane = 3
    identity = factory.Sequence(lambda n: f"device-{n}")
    identity_hash = factory.Sequence(lambda n: f"{n:032x}")
    next_sequence = 0
    due_at = factory.LazyFunction(lambda: now() + timedelta(seconds=30))
    reason = models.Hold.Reason.THROTTLED
    waiting = 1
    since = factory.LazyFunction(now)


class DroppedRangeFactory(DjangoModelFactory[models.DroppedRange]):
    class Meta:
        model = models.DroppedRange

    current = factory.SubFactory(CurrentFactory)
    first_lane = 0
    last_lane = 15
    first_sequence = 0
    last_sequence = 9
    count = 10
    reason = Fate.DROPPED
    at = factory.LazyFunction(now)


class CredentialFailureFactory(DjangoModelFactory[models.CredentialFailure]):
    class Meta:
        model = models.CredentialFailure

    current = factory.SubFactory(CurrentFactory, state=State.STOPPED)
    kind = models.Refusal.INVALID_KEY
    words = "Invalid API key"
    began_at = factory.LazyFunction(lambda: now() - timedelta(hours=1))
    last_probe_at = factory.LazyFunction(now)


class FailureMailFactory(DjangoModelFactory[models.FailureMail]):
    class Meta:
        model = models.FailureMail

    failure = factory.SubFactory(CredentialFailureFactory)
    stage = models.FailureMail.Stage.FIRST
    to = factory.SelfAttribute("failure.current.contact_email")
    due_at = factory.SelfAttribute("failure.began_at")


class ConnectionTestFactory(DjangoModelFactory[models.ConnectionTest]):
    """Of a Current, accepted."""

    class Meta:
        model = models.ConnectionTest

    current = factory.SubFactory(CurrentFactory)
    workspace = factory.SelfAttribute("current.workspace")
    region = Region.US
    created_at = factory.LazyFunction(now)
    state = models.ConnectionTest.State.DONE
    finished_at = factory.LazyFunction(now)
    accepted = True
    verdict = models.ConnectionTest.Verdict.ACCEPTED
    status = 200
    took_ms = 184
    url = "https://api2.amplitude.com/2/httpapi"
    request = '{"api_key": "a8b1…41f7"}'
    answer = '{"code": 200}'
