"""The requests of a running sync: booked before the call, settled after it, in short transactions.

Between the two nothing is held in the database, and a process killed there leaves a request that
is *sending*: `release` makes it due again. So a request may be repeated, and none is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from braze_partners.sandbox import braze, destinations, limits, planning, retrying, syncing
from braze_partners.sandbox.models import (
    Cohort,
    CohortLink,
    SentIdentifier,
    Sync,
    SyncAttempt,
    SyncRequest,
)
from braze_partners.sandbox.retrying import Answer, Verdict
from braze_partners.sandbox.users import in_parts


@dataclass(frozen=True, slots=True)
class Booked:
    """A request that was taken for one attempt, and the call to make."""

    request_id: int
    sync_id: int
    at: datetime
    announces: str
    call: braze.Call


def release(now: datetime) -> None:
    """After a start: what was under way when the process before us ended is due at once."""
    SyncRequest.objects.filter(state=SyncRequest.State.SENDING).update(
        state=SyncRequest.State.WAITING, due_at=now
    )


def due(sync: Sync, now: datetime, room: int) -> list[SyncRequest]:
    """The next requests to send, at most so many; none of the users before the name is known."""
    if sync.error or sync.stop_asked:
        return []
    under_way = sync.requests.filter(state=SyncRequest.State.SENDING).count()
    free = min(room, limits.REQUESTS_AT_ONCE - under_way)
    if free <= 0:
        return []
    first = sync.requests.exclude(state=SyncRequest.State.ACKNOWLEDGED).first()
    if first and first.kind == SyncRequest.Kind.NAME:
        waiting = first.state == SyncRequest.State.WAITING and first.due_at <= now
        return [first] if waiting else []
    waiting_requests = sync.requests.filter(state=SyncRequest.State.WAITING, due_at__lte=now)
    return list(waiting_requests.order_by("due_at", "position")[:free])


def book(sync: Sync, request: SyncRequest, now: datetime) -> Booked | None:
    """Takes a request for one attempt; None when it cannot be sent, with the sync told why."""
    destination = destinations.current()
    if destination is None or destination.rest_endpoint != sync.link.rest_endpoint:
        _fail(sync, _("The destination was changed while this sync was under way."))
        return None
    key = destinations.key_of(destination)
    if key is None:
        _fail(sync, _(destinations.KEY_UNREADABLE))
        return None
    with transaction.atomic():
        taken = SyncRequest.objects.filter(pk=request.pk, state=SyncRequest.State.WAITING).update(
            state=SyncRequest.State.SENDING, attempts=F("attempts") + 1
        )
        if not taken:
            return None
        if request.attempts == 0:
            Sync.objects.filter(pk=sync.pk).update(requests_made=F("requests_made") + 1)
            _mark_uncertain(sync.link, request)
    path, body = _body(sync, request)
    announces = sync.cohort.name if request.kind == SyncRequest.Kind.NAME else ""
    call = braze.Call(destination.rest_endpoint, key, path, body)
    return Booked(request.pk, sync.pk, now, announces, call)


def settle(booked: Booked, answer: Answer, now: datetime) -> None:
    """Writes what came back, and with an acknowledgement what the other side now holds."""
    with transaction.atomic():
        request = SyncRequest.objects.select_related("sync__link").get(pk=booked.request_id)
        SyncAttempt.objects.create(
            request=request,
            at=booked.at,
            status=answer.status,
            message=answer.message,
            took_ms=answer.took_ms,
        )
        match retrying.verdict(answer):
            case Verdict.ACKNOWLEDGED:
                _acknowledge(request, booked.announces)
            case Verdict.AGAIN:
                _postpone(request, answer, now)
            case Verdict.STOP:
                _give_up(request, answer)


def finish(sync: Sync, now: datetime) -> bool:
    """Ends a sync that has nothing more to do; requests under way are awaited first."""
    open_requests = sync.requests.filter(
        state__in=[SyncRequest.State.SENDING, SyncRequest.State.WAITING]
    )
    if open_requests.filter(state=SyncRequest.State.SENDING).exists():
        return False
    if sync.error:
        state = Sync.State.FAILED
    elif not open_requests.exists():
        state = Sync.State.SYNCED
    elif sync.stop_asked:
        state = Sync.State.STOPPED
    else:
        return False
    with transaction.atomic():
        moved = syncing.move(sync, Sync.State.RUNNING, state, finished_at=now)
        if moved and state == Sync.State.SYNCED:
            CohortLink.objects.filter(pk=sync.link_id).update(completed_at=now)
    return True


def next_due(now: datetime) -> float | None:
    """Seconds until the next request of a running sync is due."""
    waiting = SyncRequest.objects.filter(
        sync__state=Sync.State.RUNNING, state=SyncRequest.State.WAITING
    )
    due_at = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    return None if due_at is None else max(0.0, (due_at - now).total_seconds())


def _body(sync: Sync, request: SyncRequest) -> tuple[str, dict[str, object]]:
    cohort: Cohort = sync.cohort
    if request.kind == SyncRequest.Kind.NAME:
        created_at = cohort.created_at.isoformat()
        body: dict[str, object] = {
            "cohort_id": cohort.id,
            "name": cohort.name,
            "created_at": created_at,
        }
        return braze.NAME_PATH, body
    part = planning.Delta(request.adds, request.removes)
    changes = planning.cohort_changes(part, sync.link.send_as)
    return braze.USERS_PATH, {"cohort_id": cohort.id, "cohort_changes": changes}


def _mark_uncertain(link: CohortLink, request: SyncRequest) -> None:
    SentIdentifier.objects.bulk_create(
        [
            SentIdentifier(link=link, identifier=identifier, certain=False)
            for identifier in request.adds
        ],
        ignore_conflicts=True,
    )
    link.sent.filter(identifier__in=request.removes).update(certain=False)


def _acknowledge(request: SyncRequest, announced: str) -> None:
    sync = request.sync
    if request.kind == SyncRequest.Kind.NAME:
        CohortLink.objects.filter(pk=sync.link_id).update(announced_name=announced)
    for part in in_parts(request.adds):
        sync.link.sent.filter(identifier__in=part).update(certain=True)
    for part in in_parts(request.removes):
        sync.link.sent.filter(identifier__in=part).delete()
    Sync.objects.filter(pk=sync.pk).update(
        added=F("added") + len(request.adds), removed=F("removed") + len(request.removes)
    )
    request.state, request.adds, request.removes = SyncRequest.State.ACKNOWLEDGED, [], []
    request.save(update_fields=["state", "adds", "removes"])


def _postpone(request: SyncRequest, answer: Answer, now: datetime) -> None:
    due_at = retrying.next_attempt(request.attempts, limits.retry_delays(), now)
    if due_at is None:
        _give_up(request, answer)
        return
    request.state, request.due_at = SyncRequest.State.WAITING, due_at
    request.save(update_fields=["state", "due_at"])


def _give_up(request: SyncRequest, answer: Answer) -> None:
    request.state = SyncRequest.State.GIVEN_UP
    request.save(update_fields=["state"])
    Sync.objects.filter(pk=request.sync_id, error="").update(
        error=answer.message or _("No words came with the answer."), error_status=answer.status
    )


def _fail(sync: Sync, text: str) -> None:
    Sync.objects.filter(pk=sync.pk, error="").update(error=text)
