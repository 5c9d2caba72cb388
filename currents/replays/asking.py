"""Asks for a replay: counts what it would send and how long that would take, starts it, cancels it,
and writes down who did it. Sends nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, Min, QuerySet, Sum
from django.utils.translation import gettext as _

from braze_partners.events import catalogue, event_log
from braze_partners.events.event_log import BatchCounts
from braze_partners.workspaces.audit import Actor, record_by
from currents.models import Attempt, Current, DroppedRange
from currents.replays import finding
from currents.replays.errors import NothingToReplay, ReplayRefused
from currents.replays.limits import ASSUMED_RATE
from currents.replays.models import Replay
from currents.states import SEEING

Kind = Replay.Kind
# Attempts of which the rate is taken.
ATTEMPTS_READ = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be replayed. `cause` and `event_types` narrow; without them it is everything of
    its kind. `since` and `until` are of receipt, and a window's and a backfill's."""

    kind: str
    cause: str = ""
    event_types: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Before the start. `gone`: retention has taken them, and they can't be sent any more.
    `seconds` are estimated by the latest deliveries. Of [first, end) the log is read."""

    events: int
    gone: int
    seconds: int
    first: int
    end: int

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def count(current: Current, wanted: Wanted) -> Count:
    """Raises ReplayRefused."""
    check(current, wanted)
    if wanted.kind == Kind.DEAD_LETTERS:
        return _letters(current, wanted)
    if wanted.kind == Kind.DROPPED:
        return _dropped(current)
    return _of_time(current, wanted)


def check(current: Current, wanted: Wanted) -> None:
    """Raises ReplayRefused."""
    problems: dict[str, str] = {}
    if wanted.kind not in Kind.values:
        problems["kind"] = _("Choose what is to be replayed.")
    unknown = [name for name in wanted.event_types if name not in catalogue.event_types()]
    if unknown:
        problems["event_types"] = _("There is no event type “%(name)s”.") % {"name": unknown[0]}
    if wanted.kind == Kind.DROPPED and wanted.event_types:
        problems["event_types"] = _("Dropped events are replayed all together.")
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        problems["until"] = _("The window ends before it begins.")
    if current.state not in SEEING:
        problems[""] = _("This Current was not launched, so there is nothing to replay.")
    if problems:
        raise ReplayRefused(problems)


def _letters(current: Current, wanted: Wanted) -> Count:
    rows = finding.letters_of(current.pk, wanted.cause, wanted.event_types)
    total = rows.count()
    oldest = event_log.oldest(current.workspace_id)
    there = rows.none() if oldest is None else rows.filter(sequence__gte=oldest)
    bounds = there.aggregate(first=Min("sequence"), last=Max("sequence"))
    events = there.count()
    if not events:
        return Count(0, total, 0, 0, 0)
    seconds = _seconds(current, events)
    return Count(events, total - events, seconds, bounds["first"], bounds["last"] + 1)


def _dropped(current: Current) -> Count:
    rows = DroppedRange.objects.filter(current=current)
    oldest = event_log.oldest(current.workspace_id)
    there = rows.none() if oldest is None else rows.filter(last_sequence__gte=oldest)
    gone = _total(rows) - _total(there)
    events = _total(there)
    if not events or oldest is None:
        return Count(0, gone, 0, 0, 0)
    bounds = there.aggregate(first=Min("first_sequence"), last=Max("last_sequence"))
    first = max(bounds["first"], oldest)
    return Count(events, gone, _seconds(current, events), first, bounds["last"] + 1)


def _total(rows: QuerySet[DroppedRange]) -> int:
    return int(rows.aggregate(total=Sum("count"))["total"] or 0)


def _of_time(current: Current, wanted: Wanted) -> Count:
    """What the log has of the chosen types; who has no identity is told only by reading."""
    launch = current.launch_sequence or 0
    span = event_log.span(current.workspace_id, wanted.since, wanted.until)
    if wanted.kind == Kind.BACKFILL:
        span = range(span.start, min(span.stop, launch))
    else:
        span = range(max(span.start, launch), span.stop)
    if not span:
        return Count(0, 0, 0, 0, 0)
    chosen = set(wanted.event_types or catalogue.event_types()) & set(current.event_types)
    events = sum(
        number
        for batch in _batches(current.workspace_id, span)
        for kind, number in batch.by_type.items()
        if kind in chosen
    )
    return Count(events, 0, _seconds(current, events), span.start, span.stop)


def _batches(workspace_id: int, span: range) -> Iterator[BatchCounts]:
    start = span.start
    while found := event_log.counts(workspace_id, start, span.stop):
        yield from found
        start = found[-1].end


def _seconds(current: Current, events: int) -> int:
    """At the speed of the latest deliveries, one request at a time; ids that are paced take longer
    (30 events a second each)."""
    latest = Attempt.objects.filter(current=current, outcome=Attempt.Outcome.DELIVERED)
    rows = latest.order_by("-pk").values_list("events", "took_ms")[:ATTEMPTS_READ]
    sent, took = 0, 0
    for number, milliseconds in rows:
        sent, took = sent + number, took + milliseconds
    measured = sent * 1000 / took if took else ASSUMED_RATE
    return math.ceil(events / min(max(measured, 1), ASSUMED_RATE))


def start(current: Current, wanted: Wanted, actor: Actor, now: datetime) -> Replay:
    """Waking a worker is the caller's. Raises ReplayRefused, NothingToReplay."""
    counted = count(current, wanted)
    if not counted.events:
        raise NothingToReplay({"": nothing(counted)})
    detail = {"current": current.pk, "kind": wanted.kind, "events": counted.events}
    try:
        with transaction.atomic():
            made = Replay.objects.create(
                current=current,
                kind=wanted.kind,
                cause=wanted.cause,
                event_types=list(wanted.event_types),
                since=wanted.since,
                until=wanted.until,
                created_by=actor.account,
                created_at=now,
                first_sequence=counted.first,
                end_sequence=counted.end,
                position=counted.first,
                total=counted.events,
                gone=counted.gone,
            )
            record_by(actor, current.workspace, "current.replayed", current.name, detail)
    except IntegrityError as error:
        text = _("A replay of this Current is running already. Wait for it, or cancel it.")
        raise ReplayRefused({"": text}) from error
    return made


def nothing(counted: Count) -> str:
    if counted.gone:
        return _("The log no longer holds these events: they can’t be sent any more.")
    return _("There is nothing to replay.")


def cancel(replay: Replay, actor: Actor, now: datetime) -> bool:
    """What was sent stays sent; whether it was still running."""
    running = Replay.objects.filter(pk=replay.pk, state=Replay.State.RUNNING)
    current = replay.current
    with transaction.atomic():
        ended = running.update(state=Replay.State.CANCELLED, finished_at=now, lease_token="")
        if ended:
            detail = {"current": current.pk, "replay": replay.pk}
            record_by(actor, current.workspace, "current.replay_cancelled", current.name, detail)
    return bool(ended)


def running(current: Current) -> Replay | None:
    return Replay.objects.filter(current=current, state=Replay.State.RUNNING).first()
