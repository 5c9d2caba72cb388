"""A person as other rooms know them: cohorts with the run that put them there, events with each
Current's verdict.

Only puts other rooms' answers together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.core.paginator import Page, Paginator

from braze_partners.events import catalogue, event_log
from braze_partners.events.event_log import Found
from braze_partners.events.records import EventRecord
from braze_partners.people.models import Profile
from braze_partners.workspaces.models import Workspace
from cohorts import standing
from cohorts.listing import BLOBS
from cohorts.models import Cohort, ImportRun
from cohorts.standing import Standing
from currents import verdict_words, verdicts
from currents.kinds import kind_name
from currents.models import Current
from currents.verdict_words import Told
from currents.verdicts import Outcome, VerdictAt

# Cohorts and segments on a page of a person's page.
ROWS_PER_PAGE = 20
EVENTS_PER_PAGE = 20
# Currents whose verdict stands beside each event; the rest are counted.
CURRENTS_SHOWN = 6
# Devices of a person whose events are looked for, the newest first: each is looked for by its hash
# in every batch of the log.
DEVICES_ASKED = 10
# Where custom events and purchases say what they are of.
NAMES = {catalogue.CUSTOM_EVENT: "name", catalogue.PURCHASE: "product_id"}


@dataclass(slots=True, frozen=True)
class PersonCohort:
    """`run` is None where the run that put the person there keeps its bitmaps no more."""

    cohort: Cohort
    run: ImportRun | None


def cohorts_of_person(
    workspace: Workspace, number: int, page: int
) -> tuple[list[PersonCohort], Page[Any]]:
    """A page of the cohorts that the person is in, the latest changed first."""
    shown = Paginator(standings_of(workspace, number), ROWS_PER_PAGE).get_page(page)
    return with_runs(workspace, number, list(shown)), shown


def standings_of(workspace: Workspace, number: int) -> list[Standing]:
    """Where the person is in, the latest changed first."""
    found = {one.cohort_id: one for one in standing.of_person(workspace.pk, number)}
    rows = Cohort.objects.filter(workspace=workspace, pk__in=found)
    ordered = rows.order_by("-last_run_at", "-pk").values_list("pk", flat=True)
    return [found[pk] for pk in ordered]


def with_runs(
    workspace: Workspace, number: int, standings: Sequence[Standing]
) -> list[PersonCohort]:
    """Some of `standings_of` with the run that put the person there."""
    pks = [one.cohort_id for one in standings]
    cohorts = Cohort.objects.filter(workspace=workspace).in_bulk(pks)
    runs = _runs(standings, number)
    return [PersonCohort(cohorts[pk], runs.get(pk)) for pk in pks if pk in cohorts]


def _runs(standings: Sequence[Standing], number: int) -> dict[int, ImportRun]:
    """By cohort, the run that put the person there."""
    by_cohort = standing.put_by(standings, number)
    rows = ImportRun.objects.select_related("key").defer(*BLOBS).in_bulk(by_cohort.values())
    return {cohort: rows[run] for cohort, run in by_cohort.items() if run in rows}


@dataclass(slots=True, frozen=True)
class AtCurrent:
    current: Current
    outcome: Outcome
    told: Told


@dataclass(slots=True, frozen=True)
class PersonEvent:
    """`name` is what a custom event or a purchase is of; `properties` None where unreadable.
    `device` names the identity of what was done anonymously."""

    sequence: int
    received_at: datetime
    time_ms: int
    type: str
    kind: str
    name: str
    id: str
    device: str
    properties: dict[str, Any] | None
    verdicts: list[AtCurrent]


@dataclass(slots=True, frozen=True)
class PersonEvents:
    """`older` is where the next page begins; `more_currents` are those not shown beside events."""

    events: list[PersonEvent]
    older: int | None
    more_currents: int
    devices_left_out: int


def events_of_person(
    workspace: Workspace,
    profile: Profile,
    before: int | None,
    now: datetime,
    size: int = EVENTS_PER_PAGE,
) -> PersonEvents:
    """The last events of the person's external id, devices and Braze ids (of those who were merged
    into them, too), the newest first, each with what every Current did with it."""
    devices = list(profile.devices.order_by("-pk").values_list("device_id", flat=True))
    merged = profile.merged.order_by("-pk").values_list("braze_id", flat=True)[:DEVICES_ASKED]
    named = [profile.external_id or "", profile.braze_id, *merged]
    identities = {text for text in [*named, *devices[:DEVICES_ASKED]] if text}
    found = event_log.latest_of(workspace.pk, identities, before, size + 1)
    shown = found[:size]
    told, more = verdicts.on_events(workspace, shown, CURRENTS_SHOWN)
    events = [
        _event(one, [_at_current(each, now) for each in at])
        for one, at in zip(shown, told, strict=True)
    ]
    older = shown[-1][0] if len(found) > size else None
    return PersonEvents(events, older, more, max(0, len(devices) - DEVICES_ASKED))


def _at_current(verdict: VerdictAt, now: datetime) -> AtCurrent:
    return AtCurrent(verdict.current, verdict.outcome, verdict_words.tell(verdict, now))


def _event(found: Found, told: list[AtCurrent]) -> PersonEvent:
    sequence, received_at, record = found
    properties = _properties(record)
    name = (properties or {}).get(NAMES.get(record.type, ""))
    return PersonEvent(
        sequence=sequence,
        received_at=received_at,
        time_ms=record.time_ms,
        type=record.type,
        kind=kind_name(record.type),
        name=name if isinstance(name, str) else "",
        id=record.id,
        device="" if record.external_user_id else record.device_id or "",
        properties=properties,
        verdicts=told,
    )


def _properties(record: EventRecord) -> dict[str, Any] | None:
    try:
        told = orjson.loads(bytes(record.properties))
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None
