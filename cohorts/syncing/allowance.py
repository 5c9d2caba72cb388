"""Keeps the calls to one Amplitude project within its API's limits (wire/amplitude-cohorts.md), in
the database, so across workers and restarts. Knows calls by the project's fingerprint.

Sixty requests in ten minutes need no Redis: a call is a row, counted under the project's own row.
A request is at work until Amplitude has computed it, as the limit of four at once may be meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from braze_partners.partners.models import AmplitudeProject
from cohorts.syncing.limits import (
    CALLS_KEPT,
    DOWNLOAD_SECONDS,
    DOWNLOADS_AT_ONCE,
    DOWNLOADS_PER_MONTH,
    JOB_PATIENCE,
    REQUEST_WINDOW,
    REQUESTS_AT_ONCE,
    REQUESTS_PER_WINDOW,
    TURN_AGAIN,
)
from cohorts.syncing.models import ProjectCall, ProjectUse, PullSchedule, SyncRun

Kind, Cadence = ProjectCall.Kind, PullSchedule.Cadence
AT_ONCE = {Kind.REQUEST: REQUESTS_AT_ONCE, Kind.DOWNLOAD: DOWNLOADS_AT_ONCE}
# How long a call is at work at most; a killed worker's is over then.
LASTS = {
    Kind.REQUEST: JOB_PATIENCE + timedelta(minutes=1),
    Kind.DOWNLOAD: timedelta(seconds=DOWNLOAD_SECONDS) + timedelta(minutes=1),
}
# Downloads that one schedule makes in a month of 30 days.
A_MONTH = {Cadence.ONCE: 0, Cadence.HOURLY: 24 * 30, Cadence.DAILY: 30}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a project's key has used of its limits, in all workspaces; `scheduled` is how many
    downloads a month the schedules that are not paused make."""

    requests_in_window: int
    requests_per_window: int
    downloads_this_month: int
    downloads_per_month: int
    scheduled: int


def take(run: SyncRun, fingerprint: str, kind: ProjectCall.Kind, now: datetime) -> datetime | None:
    """Counts a call that may be made now (None), or says when to ask again. A run that went on
    after a kill has the place it had: a request asked again is counted again, a place at once is
    not."""
    with transaction.atomic():
        ProjectUse.objects.get_or_create(fingerprint=fingerprint)
        ProjectUse.objects.select_for_update().get(fingerprint=fingerprint)
        _end(run.pk, now, kind)
        calls = ProjectCall.objects.filter(fingerprint=fingerprint, kind=kind)
        later = _later(calls, kind, now)
        if later is None:
            ProjectCall.objects.create(
                fingerprint=fingerprint, kind=kind, run=run, at=now, lease_until=now + LASTS[kind]
            )
        return later


def end(run_pk: int, now: datetime) -> None:
    """Whatever the run had at work is over."""
    _end(run_pk, now)


def usage(project: AmplitudeProject, now: datetime) -> Usage:
    calls = ProjectCall.objects.filter(fingerprint=project.fingerprint)
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    schedules = PullSchedule.objects.filter(project__fingerprint=project.fingerprint)
    cadences = schedules.filter(paused_at=None, cohort__archived_at=None)
    return Usage(
        calls.filter(kind=Kind.REQUEST, at__gt=now - REQUEST_WINDOW).count(),
        REQUESTS_PER_WINDOW,
        calls.filter(kind=Kind.DOWNLOAD, at__gte=month).count(),
        DOWNLOADS_PER_MONTH,
        sum(A_MONTH[Cadence(one)] for one in cadences.values_list("cadence", flat=True)),
    )


def forget_old(now: datetime) -> int:
    return ProjectCall.objects.filter(at__lt=now - CALLS_KEPT).delete()[0]


def _later(calls: QuerySet[ProjectCall], kind: str, now: datetime) -> datetime | None:
    if calls.filter(ended_at=None, lease_until__gt=now).count() >= AT_ONCE[Kind(kind)]:
        return now + TURN_AGAIN
    if kind == Kind.REQUEST:
        recent = calls.filter(at__gt=now - REQUEST_WINDOW).order_by("-at")
        times = list(recent.values_list("at", flat=True)[:REQUESTS_PER_WINDOW])
        if len(times) == REQUESTS_PER_WINDOW:
            return times[-1] + REQUEST_WINDOW
    return None


def _end(run_pk: int, now: datetime, kind: str | None = None) -> None:
    calls = ProjectCall.objects.filter(run=run_pk, ended_at=None)
    (calls.filter(kind=kind) if kind else calls).update(ended_at=now)
