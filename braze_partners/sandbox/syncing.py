"""Syncs of cohorts to the destination: asking for one, what it would send, its schedule, its end.

It decides and records; `sending` makes the requests, and nothing here calls the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from braze_partners.sandbox import destinations, members, planning
from braze_partners.sandbox.models import (
    Cadence,
    Cohort,
    CohortLink,
    Destination,
    SendAs,
    Sync,
    SyncRequest,
)

# Amplitude's cadences; the time of day cannot be chosen (wire/amplitude-cohorts.md).
PERIODS = {Cadence.HOURLY.value: timedelta(hours=1), Cadence.DAILY.value: timedelta(days=1)}

MOVES = {
    Sync.State.QUEUED: {Sync.State.RUNNING, Sync.State.FAILED, Sync.State.STOPPED},
    Sync.State.RUNNING: {Sync.State.SYNCED, Sync.State.FAILED, Sync.State.STOPPED},
}


class SyncRefused(Exception):
    """No sync was started; the text says why."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next sync would send at this moment."""

    kind: str
    delta: planning.Delta
    names_cohort: bool
    left_out: int


def preview(cohort: Cohort, send_as: str, now: datetime, *, full: bool = False) -> Preview:
    """Computed as the sync itself computes it, from the members of this moment."""
    destination = _destination()
    members.recompute(cohort, now)
    link = CohortLink(cohort=cohort, rest_endpoint=destination.rest_endpoint, send_as=send_as)
    link = _link(cohort, destination, send_as) or link
    delta, left_out = _delta(link, full=full)
    return Preview(_kind(link, full), delta, link.announced_name != cohort.name, left_out)


def ask(
    cohort: Cohort,
    send_as: str,
    cadence: str,
    now: datetime,
    *,
    full: bool = False,
) -> Sync:
    """Queues a sync now, and for a cadence the ones after it."""
    if send_as not in SendAs.values:
        raise SyncRefused(_("send_as must be one of: %(known)s.") % {"known": _words(SendAs)})
    if cadence not in Cadence.values:
        raise SyncRefused(_("cadence must be one of: %(known)s.") % {"known": _words(Cadence)})
    if cohort.archived:
        raise SyncRefused(_("This cohort is archived; take it back first."))
    destination = _destination()
    link, _made = CohortLink.objects.get_or_create(
        cohort=cohort, rest_endpoint=destination.rest_endpoint, send_as=send_as
    )
    sync = _queued(link, cadence, now, full=full)
    if cadence in PERIODS:
        link.cadence, link.next_run_at = cadence, now + PERIODS[cadence]
        link.save(update_fields=["cadence", "next_run_at"])
    return sync


def _queued(link: CohortLink, trigger: str, now: datetime, *, full: bool = False) -> Sync:
    try:
        with transaction.atomic():
            return Sync.objects.create(
                cohort=link.cohort,
                link=link,
                kind=_kind(link, full),
                trigger=trigger,
                created_at=now,
            )
    except IntegrityError as live:
        raise SyncRefused(_("This cohort is being synced already.")) from live


def ask_scheduled(now: datetime) -> int:
    """Queues what is due; a cohort that is still syncing waits for its next turn."""
    queued = 0
    for link in CohortLink.objects.filter(next_run_at__lte=now).select_related("cohort"):
        link.next_run_at = _next_run(link, now)
        link.save(update_fields=["next_run_at"])
        try:
            _queued(link, link.cadence, now)
            queued += 1
        except SyncRefused:
            continue
    return queued


def _next_run(link: CohortLink, now: datetime) -> datetime:
    """The first turn after now; turns that were missed are not made up for."""
    period, due_at = PERIODS[link.cadence], link.next_run_at or now
    return due_at + period * ((now - due_at) // period + 1)


def end_schedule(cohort: Cohort) -> int:
    scheduled = cohort.links.filter(next_run_at__isnull=False)
    return scheduled.update(cadence=Cadence.ONE_TIME, next_run_at=None)


def archive(cohort: Cohort, archived: bool, now: datetime) -> None:
    """An archived cohort is not synced any more; what was sent stays at the destination."""
    with transaction.atomic():
        members.archive(cohort, archived, now)
        if archived:
            end_schedule(cohort)


def delete(cohort: Cohort) -> None:
    """With its syncs and files. The destination is told nothing, as Amplitude tells it nothing."""
    with transaction.atomic():
        if cohort.syncs.filter(state__in=Sync.LIVE).exists():
            raise SyncRefused(_("This cohort is being synced; stop the sync first."))
        cohort.delete()


def ask_to_stop(sync: Sync) -> None:
    """The scheduler ends it once the requests under way have answered."""
    Sync.objects.filter(pk=sync.pk, state__in=Sync.LIVE).update(stop_asked=True)


def prepare(sync: Sync, now: datetime) -> None:
    """Writes down every request of a queued sync, so that any later moment can go on from it."""
    members.recompute(sync.cohort, now)
    sync.cohort.refresh_from_db()
    delta, left_out = _delta(sync.link, full=sync.kind == Sync.Kind.FULL)
    requests = _requests(sync, delta, now)
    with transaction.atomic():
        if not move(sync, Sync.State.QUEUED, Sync.State.RUNNING, started_at=now):
            return
        SyncRequest.objects.bulk_create(requests)
        Sync.objects.filter(pk=sync.pk).update(
            to_add=len(delta.adds),
            to_remove=len(delta.removes),
            left_out=left_out,
            requests_planned=len(requests),
        )


def move(sync: Sync, state: str, to: str, **fields: object) -> bool:
    """Moves by compare-and-set; False when the sync is not in that state any more."""
    if to not in MOVES[Sync.State(state)]:
        raise ValueError(f"no move from {state} to {to}")
    moved = Sync.objects.filter(pk=sync.pk, state=state).update(state=to, **fields)
    return bool(moved)


def _requests(sync: Sync, delta: planning.Delta, now: datetime) -> list[SyncRequest]:
    requests = []
    if sync.link.announced_name != sync.cohort.name:
        requests.append(SyncRequest(sync=sync, position=0, kind=SyncRequest.Kind.NAME, due_at=now))
    for position, part in enumerate(planning.requests_of(delta), start=1):
        requests.append(
            SyncRequest(
                sync=sync,
                position=position,
                kind=SyncRequest.Kind.USERS,
                adds=part.adds,
                removes=part.removes,
                add_count=len(part.adds),
                remove_count=len(part.removes),
                due_at=now,
            )
        )
    return requests


def _delta(link: CohortLink, *, full: bool) -> tuple[planning.Delta, int]:
    """The delta of a link, and how many members have no identifier of its kind."""
    column = f"user__{link.send_as}"
    held = link.cohort.members.values_list(column, flat=True)
    current = [identifier for identifier in held.iterator() if identifier]
    certain: list[str] = []
    uncertain: list[str] = []
    if link.pk:
        for identifier, known in link.sent.values_list("identifier", "certain").iterator():
            (certain if known else uncertain).append(identifier)
    delta = planning.delta(current, certain, uncertain, full=full)
    return delta, link.cohort.members.count() - len(current)


def _kind(link: CohortLink, full: bool) -> str:
    if link.pk is None or link.completed_at is None:
        begun = link.pk is not None and link.sent.filter(certain=True).exists()
        return Sync.Kind.REST if begun and not full else Sync.Kind.FIRST
    return Sync.Kind.FULL if full else Sync.Kind.DELTA


def _destination() -> Destination:
    destination = destinations.current()
    if destination is None:
        raise SyncRefused(_("Set up Destinations > Braze first: enter its API key and endpoint."))
    return destination


def _link(cohort: Cohort, destination: Destination, send_as: str) -> CohortLink | None:
    return cohort.links.filter(rest_endpoint=destination.rest_endpoint, send_as=send_as).first()


def _words(choices: type[SendAs] | type[Cadence]) -> str:
    return ", ".join(choices.values)
