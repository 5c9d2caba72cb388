"""Single events as a Current sees them: found by id, by person, as the latest; and one of them
whole, with what is sent of it. Reads the log and rows; decides nothing, knows no words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import QuerySet

from braze_partners.events import catalogue, event_log
from braze_partners.events.event_log import Found
from braze_partners.events.records import EventRecord
from braze_partners.partners.amplitude.hosts import NoHost
from currents import verdicts
from currents.amplitude import payload
from currents.amplitude.changes import Change, changes, raw_event
from currents.amplitude.client import upload_url
from currents.amplitude.curl import command
from currents.fates import STEPS, Step
from currents.models import Attempt, Current, DroppedRange
from currents.verdicts import Outcome, VerdictAt

# Events with one id that are shown: duplicates, as a rule none.
SAME_ID = 20
# Attempts of one event that are shown, the latest; and how many rows are looked through for them.
ATTEMPTS_SHOWN = 20
ATTEMPTS_READ = 1_000
# Events of a dropped range that are looked at in one go.
LOOKED_AT_ONCE = 500
# Of a range without identity, which may be long and have few: so many sequences and no more.
LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """An event with what the Current did with it."""

    found: Found
    verdict: VerdictAt

    @property
    def sequence(self) -> int:
        return self.found[0]

    @property
    def received_at(self) -> datetime:
        return self.found[1]

    @property
    def record(self) -> EventRecord:
        return self.found[2]


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first; `older` is where the next page begins."""

    events: list[Seen]
    older: int | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """`sent` is the event as it is made with the settings of now; None where nobody could be named
    for it, or `unsendable` says why none can be made. `curl` is empty without it."""

    raw: dict[str, Any]
    sent: dict[str, Any] | None
    unsendable: str
    changes: list[Change]
    curl: str


def by_event_id(current: Current, event_id: str) -> Page:
    found = event_log.by_event_id(current.workspace_id, event_id, SAME_ID)
    return Page(_seen(current, found))


def by_person(current: Current, identity: str, before: int | None, size: int) -> Page:
    """Of an external id, or of a device that nobody was known to use."""
    found = event_log.latest_of(current.workspace_id, {identity}, before, size + 1)
    return _page(current, found, size)


def latest(current: Current, before: int | None, size: int) -> Page:
    """The last events of the log that the Current sees, whosever they are."""
    end = event_log.head(current.workspace_id) if before is None else before
    begin = max(current.launch_sequence or 0, end - size - 1, 0)
    if current.launch_sequence is None or begin >= end:
        return Page([])
    return _page(current, _between(current, begin, end, event_log.ALL_LANES)[::-1], size)


def dropped(current: Current, row: DroppedRange, size: int) -> Page:
    """The events of a dropped range that the log still holds, the first ones."""
    begin = row.first_sequence
    end = row.last_sequence + 1 if row.identity else min(row.last_sequence + 1, begin + LOOKED_AT)
    seen: list[Seen] = []
    while begin < end and len(seen) < size:
        if row.identity:
            found = event_log.by_identity(
                current.workspace_id, row.identity, begin, end, LOOKED_AT_ONCE
            )
            stop = found[-1][0] + 1 if len(found) == LOOKED_AT_ONCE else end
        else:
            stop = min(end, begin + LOOKED_AT_ONCE)
            found = _between(current, begin, stop, range(row.first_lane, row.last_lane + 1))
        seen += [one for one in _seen(current, found) if one.verdict.outcome is Outcome.DROPPED]
        begin = stop
    return Page(seen[:size])


def one(current: Current, sequence: int) -> Seen | None:
    """None where the log holds it no more, or not yet."""
    found = _between(current, sequence, sequence + 1, event_log.ALL_LANES)
    return _seen(current, found)[0] if found else None


def whole(seen: Seen) -> Whole:
    record, verdict = seen.record, seen.verdict
    raw = raw_event(record)
    kind = catalogue.event_types().get(record.type)
    if kind is None or verdict.fate in STEPS[Step.NO_IDENTITY]:
        return Whole(raw, None, "", [], "")
    if payload.verdict(record, include_anonymous=True) is not None:
        return Whole(raw, None, "", [], "")
    body = payload.event_body(record, kind)
    if isinstance(body, payload.Unsendable):
        return Whole(raw, None, body.value, [], "")
    sent = orjson.loads(body)
    return Whole(raw, sent, "", changes(raw, sent), _curl(verdict.current, body))


def attempts_of(seen: Seen) -> list[Attempt]:
    """Whose lanes and sequences cover the event, the latest first, without their bodies."""
    verdict, sequence, lane = seen.verdict, seen.sequence, seen.record.lane
    if verdict.outcome is Outcome.FILTERED and not verdict.settings_since:
        return []  # other events' attempts cover its place
    near = Attempt.objects.filter(current=verdict.current, last_sequence__gte=sequence)
    covering: QuerySet[Attempt] = Attempt.objects.filter(
        pk__in=near.order_by("last_sequence").values("pk")[:ATTEMPTS_READ],
        first_sequence__lte=sequence,
        first_lane__lte=lane,
        last_lane__gte=lane,
    )
    return list(covering.defer("request", "answer").order_by("-pk")[:ATTEMPTS_SHOWN])


def _between(current: Current, begin: int, end: int, lanes: range) -> list[Found]:
    read = event_log.read(current.workspace_id, begin, lanes, end=end, limit_events=end - begin)
    return [
        (batch.first_sequence + record.index, batch.received_at, record)
        for batch in read
        for record in batch.records
    ]


def _page(current: Current, found: Sequence[Found], size: int) -> Page:
    shown = found[:size]
    older = shown[-1][0] if len(found) > size else None
    return Page(_seen(current, shown), older)


def _seen(current: Current, found: Sequence[Found]) -> list[Seen]:
    told = verdicts.at_current(current, found)
    return [Seen(each, verdict) for each, verdict in zip(found, told, strict=True)]


def _curl(current: Current, body: bytes) -> str:
    try:
        return command(upload_url(current.region), body)
    except NoHost:
        return ""
