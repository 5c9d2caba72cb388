"""What a claim's answers mean for its Current as a whole: failing, stopped, going on again.

Called by settling within its transaction. Knows the Current's row, its credential failures and
the retry schedule; knows no event.
"""

from __future__ import annotations

import random
from datetime import datetime

from django.db.models import F

from currents import failures, retrying
from currents.amplitude import answers
from currents.amplitude.limits import MAX_REQUEST_BYTES
from currents.claiming import Claimed
from currents.delivery import Answered
from currents.limits import SLOW_MS
from currents.models import Current
from currents.moving import move
from currents.states import SENDING, State

# After a 413 requests are half as large as the one that was refused, and grow again by a quarter
# with each that is taken; an event that needs more goes alone.
SMALLEST_REQUEST_BYTES = 50_000
GROWTH = 1.25

# Answers that say something of the key or the host, and so nothing once they are others.
ABOUT_THE_HOST = (answers.CredentialsRefused, answers.Unreachable, answers.Unexpected)


def note(answered: Answered, now: datetime) -> None:
    """Does nothing in the common case: an answer as expected of a Current that is well."""
    if not answered.sent:
        return
    claimed = answered.prepared.claimed
    if _goes_elsewhere_now(answered):
        return
    if answered.accepted:
        _note_accepted(claimed, now)
    _note_size(answered)
    _note_latency(answered)
    stop = answered.stop
    if isinstance(stop, answers.CredentialsRefused):
        failures.refused(claimed.plan, stop, now)
    elif isinstance(stop, answers.ProjectThrottled):
        pause_project(claimed, now)
    elif isinstance(stop, answers.Unreachable | answers.Unexpected):
        _note_failure(claimed, stop, now)


def _goes_elsewhere_now(answered: Answered) -> bool:
    """The key or the region was changed while the requests were under way: what was answered says
    nothing of where the next ones go. Asked only where it would matter."""
    plan = answered.prepared.claimed.plan
    if not (plan.probing or plan.failures or isinstance(answered.stop, ABOUT_THE_HOST)):
        return False
    row = Current.objects.select_for_update(no_key=True).filter(pk=plan.current_id)
    return plan.project not in row.values_list("project", flat=True)


def _note_accepted(claimed: Claimed, now: datetime) -> None:
    plan = claimed.plan
    if plan.probing:
        failures.accepted(plan, now)
    elif plan.failures:
        wanted = {"failures": 0, "failing_since": None, "unexpected_since": None, "due_at": None}
        if not move(plan.current_id, State.ACTIVE, now, [State.FAILING], **wanted):
            Current.objects.filter(pk=plan.current_id).update(**wanted)


def _note_failure(
    claimed: Claimed, stop: answers.Unreachable | answers.Unexpected, now: datetime
) -> None:
    """Failing, tried again by the schedule; while credentials are refused, at the next probe."""
    plan = claimed.plan
    if plan.probing:
        failures.probed(plan, now)
        return
    unexpected = isinstance(stop, answers.Unexpected)
    since = (plan.unexpected_since or now) if unexpected else None
    due_at = now + retrying.delay(plan.failures + 1, random.random())
    Current.objects.filter(pk=plan.current_id).update(
        failures=F("failures") + 1, unexpected_since=since, due_at=due_at
    )
    Current.objects.filter(pk=plan.current_id, failing_since=None).update(failing_since=now)
    move(plan.current_id, State.FAILING, now)


def pause_project(claimed: Claimed, now: datetime) -> None:
    """The project's own rate: whoever sends there waits (a 429 that names nobody)."""
    plan = claimed.plan
    Current.objects.filter(project=plan.project, state__in=SENDING).update(
        due_at=now + retrying.PROJECT_PAUSE
    )


def _note_size(answered: Answered) -> None:
    plan = answered.prepared.claimed.plan
    refused = [s.bytes for s in answered.sent if isinstance(s.outcome, answers.TooLarge)]
    wanted = plan.request_bytes
    if refused:
        wanted = max(SMALLEST_REQUEST_BYTES, min(refused) // 2)
    elif answered.delivered and plan.request_bytes < MAX_REQUEST_BYTES:
        wanted = min(MAX_REQUEST_BYTES, round(plan.request_bytes * GROWTH))
    if wanted != plan.request_bytes:
        Current.objects.filter(pk=plan.current_id).update(request_bytes=wanted)


def _note_latency(answered: Answered) -> None:
    plan = answered.prepared.claimed.plan
    slow = max(sent.took_ms for sent in answered.sent) >= SLOW_MS
    if slow != plan.slow:
        Current.objects.filter(pk=plan.current_id).update(slow=slow)
