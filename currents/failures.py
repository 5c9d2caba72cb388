"""Refused credentials: from the first answer that refuses them to the first that takes them, the
window in which events wait, and the letters that are owed. Knows rows; sends nothing itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from currents.amplitude.answers import CredentialsRefused
from currents.limits import MAIL_SHARES
from currents.models import CredentialFailure, Current, FailureMail
from currents.moving import move
from currents.plan import Plan, credentials_window
from currents.states import REFUSED, State

Stage = FailureMail.Stage


def refused(plan: Plan, answer: CredentialsRefused, now: datetime) -> None:
    """Stops the Current at the first refusal; a refused probe only books the next one."""
    if not _stands_refused(plan, now):
        return
    failure, new = CredentialFailure.objects.get_or_create(
        current_id=plan.current_id,
        ended_at=None,
        defaults={
            "kind": answer.kind.value,
            "words": answer.words[:400],
            "began_at": now,
            "last_probe_at": now,
        },
    )
    if new:
        _owe(failure, Stage.FIRST, now)
    else:
        failure.kind, failure.words = answer.kind.value, answer.words[:400]
        failure.last_probe_at = now
        failure.save(update_fields=["kind", "words", "last_probe_at"])
    Current.objects.filter(pk=plan.current_id).update(
        due_at=now + timedelta(seconds=settings.PROBE_SECONDS),
        failures=0,
        failing_since=None,
        unexpected_since=None,
    )


def _stands_refused(plan: Plan, now: datetime) -> bool:
    """False where somebody paused or deleted it while the request was under way."""
    if move(plan.current_id, State.STOPPED, now):
        return True
    return Current.objects.filter(pk=plan.current_id, state__in=REFUSED).exists()


def probed(plan: Plan, now: datetime) -> None:
    """A probe that found nobody: it says nothing of the credentials."""
    due_at = now + timedelta(seconds=settings.PROBE_SECONDS)
    Current.objects.filter(pk=plan.current_id).update(due_at=due_at)
    CredentialFailure.objects.filter(current_id=plan.current_id, ended_at=None).update(
        last_probe_at=now
    )


def accepted(plan: Plan, now: datetime) -> None:
    """Amplitude takes the credentials again: the Current goes on, and the contact is told. Not
    where somebody paused or deleted it while the probe was under way."""
    well = {"due_at": None, "failures": 0, "failing_since": None, "unexpected_since": None}
    if not move(plan.current_id, State.ACTIVE, now, REFUSED, **well):
        return
    open_failures = CredentialFailure.objects.filter(current_id=plan.current_id, ended_at=None)
    failure = open_failures.select_related("current").first()
    if failure is None:
        return
    failure.ended_at = now
    failure.save(update_fields=["ended_at"])
    _owe(failure, Stage.RECOVERED, now)


def sweep(now: datetime) -> None:
    """Owes the letters whose share of the window is over, and begins to drop at its end."""
    window = credentials_window()
    found = CredentialFailure.objects.filter(ended_at=None).select_related("current")
    for failure in found:
        state = State(failure.current.state)
        if state not in (State.STOPPED, State.DROPPING):
            continue
        _owe_stages(failure, (now - failure.began_at) / window, now)
        if state == State.STOPPED and now >= failure.began_at + window:
            move(failure.current_id, State.DROPPING, now)


def _owe_stages(failure: CredentialFailure, share: float, now: datetime) -> None:
    """The latest stage alone where several have come at once: who was away needs one letter."""
    reached = [Stage.FIRST, *(Stage(name) for name, at in MAIL_SHARES.items() if share >= at)]
    told = set(failure.mails.values_list("stage", flat=True))
    if reached[-1] not in told:
        _owe(failure, reached[-1], now)


def _owe(failure: CredentialFailure, stage: FailureMail.Stage, now: datetime) -> None:
    with transaction.atomic():
        FailureMail.objects.get_or_create(
            failure=failure,
            stage=stage,
            defaults={"to": failure.current.contact_email, "due_at": now},
        )
