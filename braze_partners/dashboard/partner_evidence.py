"""What a partner's page shows of its traffic: the set-up steps with their evidence, cohorts, runs.

Reads keys, cohorts and runs; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from braze_partners.keys import listing as key_listing
from braze_partners.keys.listing import KeyCounts, KeyRow
from braze_partners.keys.models import DataImportKey, RestApiKey
from braze_partners.partners import connections
from braze_partners.partners.connections import Connection
from braze_partners.partners.directory import Capability, Partner
from braze_partners.workspaces.models import Workspace
from cohorts import listing as cohort_listing
from cohorts.listing import Change
from cohorts.models import Cohort, ImportRun
from cohorts.syncing import reading, sentences
from cohorts.syncing.reading import ScheduleRow
from currents.finding import currents_of
from currents.listing import ListedCurrent, listed

COHORTS_SHOWN = 5
RUNS_SHOWN = 5
SYNCS_SHOWN = 5

Key = DataImportKey | RestApiKey


@dataclass(frozen=True, slots=True)
class SetUp:
    """Each field is the evidence of a step, or None while there is none."""

    key: Key | None
    request: Key | None
    cohort: Cohort | None
    run: ImportRun | None

    @property
    def done(self) -> int:
        return sum(step is not None for step in (self.key, self.request, self.cohort, self.run))

    @property
    def complete(self) -> bool:
        return self.done == 4


@dataclass(frozen=True, slots=True)
class Activity:
    """One partner's traffic. `seen` changes whenever any of it does."""

    connection: Connection
    keys: list[KeyRow]
    set_up: SetUp
    cohorts: list[tuple[Cohort, Change]]
    cohort_count: int
    runs: list[ImportRun]

    @property
    def newest_active_key(self) -> Key | None:
        return next((row.key for row in self.keys if row.active), None)

    @property
    def counts(self) -> KeyCounts:
        return key_listing.counts(self.keys)

    @property
    def seen(self) -> str:
        last = self.connection.last_request_at
        parts = (
            int(last.timestamp()) if last else 0,
            self.runs[0].pk if self.runs else 0,
            self.cohort_count,
            len(self.keys),
            self.connection.active_keys,
        )
        return "-".join(map(str, parts))


def _set_up(workspace: Workspace, partner: str, keys: list[Key]) -> SetUp:
    used = [key for key in keys if key.first_used_at]
    cohorts = Cohort.objects.filter(workspace=workspace, partner=partner)
    runs = cohort_listing.runs_of(workspace, partner=partner).filter(added__gt=0)
    return SetUp(
        min(keys, key=lambda key: key.created_at, default=None),
        min(used, key=lambda key: str(key.first_used_at), default=None),
        cohorts.order_by("first_received_at", "pk").first(),
        runs.order_by("pk").first(),
    )


def activity(workspace: Workspace, partner: str, now: datetime) -> Activity:
    """A fixed number of queries, however many keys, cohorts and runs there are."""
    keys = key_listing.import_key_rows(workspace, partner, now)
    found = cohort_listing.cohorts_of(workspace, partner=partner)
    cohorts = list(found[:COHORTS_SHOWN])
    changes = cohort_listing.changes_since([c.pk for c in cohorts], now - timedelta(days=1))
    return Activity(
        connections.connection_of([row.key for row in keys], now),
        keys,
        _set_up(workspace, partner, [row.key for row in keys]),
        [(cohort, changes.get(cohort.pk, Change())) for cohort in cohorts],
        found.count(),
        list(cohort_listing.runs_of(workspace, partner=partner)[:RUNS_SHOWN]),
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """What a partner has besides pushes: scheduled syncs with their cadence, Currents exports."""

    syncs: list[tuple[ScheduleRow, str]]
    sync_count: int
    currents: list[ListedCurrent]


def beside(workspace: Workspace, partner: Partner, now: datetime) -> Beside | None:
    """None for a partner that only pushes."""
    if Capability.SCHEDULED_SYNCS not in partner.capabilities:
        return None
    found = reading.schedules_of(workspace)
    shown = reading.with_latest(found).order_by("next_due_at", "pk")[:SYNCS_SHOWN]
    rows = [(row, sentences.cadence(row.schedule)) for row in reading.rows(shown)]
    currents = list(currents_of(workspace).order_by("name", "pk")[:SYNCS_SHOWN])
    return Beside(rows, found.count(), listed(currents, now))
