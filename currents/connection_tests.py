"""*Test connection*: one test event, sent by a worker within five seconds, its request and answer
kept to be looked at. Knows ConnectionTest and how Amplitude is called; knows no screens, no Celery.

A row is taken by compare-and-set under a lease, so that it runs once at a time; the key stands in
it, encrypted, only until it is done. The event says what it is, and a repeated run sends the same
`insert_id`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Q, QuerySet

from braze_partners.keys import credentials
from braze_partners.partners.amplitude.hosts import NoHost
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.models import Workspace
from currents.amplitude import answers, client, payload
from currents.errors import TooManyTests
from currents.limits import (
    ATTEMPTS_KEPT,
    LEASE_MARGIN,
    LONGEST_LEASE,
    TEST_PATIENCE,
    TEST_SECONDS,
    UNFINISHED_TESTS,
)
from currents.models import ConnectionTest, Current

State, Verdict = ConnectionTest.State, ConnectionTest.Verdict
UNFINISHED = (State.QUEUED, State.RUNNING)

EVENT_TYPE = "[Braze Partners] Connection test"
USER_ID = "braze-partners-connection-test"
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

Clock = Callable[[], datetime]


def ask(
    workspace: Workspace,
    region: str,
    api_key: str,
    actor: Actor,
    now: datetime,
    *,
    name: str,
    current: Current | None = None,
) -> ConnectionTest:
    """Queues a test; waking a worker is the caller's. `name` is for the audit log. Raises
    TooManyTests while too many of the workspace's have not ended."""
    unfinished = ConnectionTest.objects.filter(workspace=workspace, state__in=UNFINISHED)
    if unfinished.count() >= UNFINISHED_TESTS:
        raise TooManyTests
    detail = {"region": region, "key": credentials.hint(api_key)}
    with transaction.atomic():
        test = ConnectionTest.objects.create(
            workspace=workspace,
            current=current,
            region=region,
            api_key=credentials.encrypt(api_key),
            created_by=actor.account,
            created_at=now,
        )
        mentioned = {"current": current.pk} if current else {}
        record_by(actor, workspace, "current.tested", name, mentioned | detail)
    return test


def run(pk: int, clock: Clock) -> bool:
    """Whether this call ran it; another may hold it, or have done it."""
    test = _take(pk, clock())
    if test is None:
        return False
    try:
        key = credentials.decrypt(test.api_key or b"")
    except credentials.CredentialUnreadable:
        _settle(test, clock(), {"verdict": Verdict.UNREADABLE, "accepted": False})
        return True
    body = payload.request_body(key, [_event(test, clock())])
    came_back = client.upload(test.region, body, deadline=TEST_SECONDS)
    outcome = answers.read(came_back, sent=1, api_key=key)
    told = {
        "verdict": verdict(outcome),
        "accepted": isinstance(outcome, answers.Delivered),
        "status": outcome.status,
        "took_ms": round(came_back.seconds * 1000),
        "words": _words(outcome),
        "url": _address(test.region),
        "request": payload.masked(body),
        "answer": outcome.body,
    }
    _settle(test, clock(), told)
    return True


def verdict(outcome: answers.Outcome) -> ConnectionTest.Verdict:
    match outcome:
        case answers.Delivered():
            return Verdict.ACCEPTED
        case answers.CredentialsRefused() | answers.Unreachable():
            return Verdict(outcome.kind.value)
        case answers.Throttled() | answers.ProjectThrottled():
            return Verdict.THROTTLED
        case answers.Rejected():
            return Verdict.REJECTED
        case answers.TooLarge():
            return Verdict.TOO_LARGE
        case answers.Unexpected():
            return Verdict.UNEXPECTED


def forgotten(now: datetime) -> list[int]:
    """Tests that wait for a worker and are in nobody's hands."""
    return list(_free(now).order_by("pk").values_list("pk", flat=True))


def give_up(now: datetime) -> int:
    """Tests that no worker took in time end, and their keys are forgotten."""
    old = _free(now).filter(created_at__lt=now - TEST_PATIENCE)
    if not old.exists():
        return 0
    return old.update(
        state=State.DONE,
        verdict=Verdict.NOT_RUN,
        accepted=False,
        finished_at=now,
        api_key=None,
    )


def forget_old(now: datetime) -> int:
    """Tests are kept as long as attempts are; how many went."""
    old = ConnectionTest.objects.filter(state=State.DONE, created_at__lt=now - ATTEMPTS_KEPT)
    return old.delete()[0]


def _free(now: datetime) -> QuerySet[ConnectionTest]:
    """A lease far ahead was written by a clock that has been set back since."""
    over = Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_LEASE)
    return ConnectionTest.objects.filter(Q(state=State.QUEUED) | Q(over, state=State.RUNNING))


def _take(pk: int, now: datetime) -> ConnectionTest | None:
    until = now + timedelta(seconds=TEST_SECONDS) + LEASE_MARGIN
    taken = _free(now).filter(pk=pk).update(state=State.RUNNING, lease_until=until)
    if not taken:
        return None
    return ConnectionTest.objects.filter(pk=pk, state=State.RUNNING, lease_until=until).first()


def _settle(test: ConnectionTest, now: datetime, told: dict[str, Any]) -> None:
    """Only by whoever still holds the lease."""
    held = ConnectionTest.objects.filter(
        pk=test.pk, state=State.RUNNING, lease_until=test.lease_until
    )
    held.update(state=State.DONE, finished_at=now, api_key=None, lease_until=None, **told)


def _event(test: ConnectionTest, now: datetime) -> bytes:
    return orjson.dumps(
        {
            "event_type": EVENT_TYPE,
            "user_id": USER_ID,
            "time": (now - EPOCH) // MILLISECOND,
            "insert_id": f"connection-test-{test.pk}-{test.created_at.timestamp():.0f}",
        }
    )


def _words(outcome: answers.Outcome) -> str:
    warning = outcome.warning if isinstance(outcome, answers.Delivered) else None
    return warning or ("" if isinstance(outcome, answers.Delivered) else outcome.words)


def _address(region: str) -> str:
    try:
        return client.upload_url(region)[:300]
    except NoHost:
        return ""
