"""Pull schedules: made, changed, paused, gone on with, ended; and which are due. Knows rows and
the audit log; calls nobody.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from braze_partners.partners.directory import AMPLITUDE
from braze_partners.partners.models import AmplitudeProject
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.models import Workspace
from braze_partners.workspaces.workspace_settings import time_zones
from cohorts import importing
from cohorts.importing import Source
from cohorts.limits import MAX_COHORT_ID_CHARACTERS, MAX_NAME_CHARACTERS
from cohorts.models import Cohort
from cohorts.syncing import timetable
from cohorts.syncing.errors import ScheduleRefused
from cohorts.syncing.limits import HOLD_PERCENT
from cohorts.syncing.models import PullSchedule

Cadence, PauseReason = PullSchedule.Cadence, PullSchedule.PauseReason


@dataclass(frozen=True, slots=True)
class Timing:
    """As it was chosen. `hour` counts for daily only; `hold_percent` None holds nothing back;
    `email` empty tells nobody."""

    cadence: str = Cadence.ONCE
    minute: int = 0
    hour: int = 0
    time_zone: str = "UTC"
    hold_percent: int | None = HOLD_PERCENT
    email: str = ""


@dataclass(frozen=True, slots=True)
class Remote:
    """The cohort at Amplitude that is to be pulled."""

    id: str
    name: str = ""


def schedule(
    workspace: Workspace,
    project: AmplitudeProject,
    remote: Remote,
    timing: Timing,
    actor: Actor,
    now: datetime,
) -> PullSchedule:
    """Begins to pull a cohort of an Amplitude project into the cohort of that id, which is made
    where there is none. One-time is due at once. Wake `tasks.start_due` afterwards.

    Raises ScheduleRefused with a sentence for each field of Timing, for `remote` (no id, or the
    cohort is pulled already) and for `project` (of another workspace)."""
    problems = _timing_problems(timing) | _remote_problems(workspace, project, remote)
    if problems:
        raise ScheduleRefused(problems)
    with transaction.atomic():
        cohort = _cohort(workspace, remote, now)
        made, new = PullSchedule.objects.get_or_create(
            cohort=cohort,
            defaults={
                "workspace": workspace,
                "project": project,
                "remote_id": remote.id,
                "owner": actor.account,
                "created_at": now,
                "changed_at": now,
                **_columns(timing),
                "next_due_at": _first_due(timing, now),
            },
        )
        if not new:
            raise ScheduleRefused({"remote": _("This cohort is pulled already.")})
        _record(made, actor, "cohort.pull_scheduled", {"cadence": timing.cadence})
    return made


def change(found: PullSchedule, timing: Timing, actor: Actor, now: datetime) -> None:
    """Other times from here on; a pause stays one. Raises ScheduleRefused."""
    if problems := _timing_problems(timing):
        raise ScheduleRefused(problems)
    with transaction.atomic():
        held = PullSchedule.objects.select_for_update().get(pk=found.pk)
        columns = _columns(timing)
        times = {name: columns[name] for name in ("cadence", "minute", "hour", "time_zone")}
        if any(getattr(held, name) != value for name, value in times.items()):
            columns["next_due_at"] = None if held.is_paused else _first_due(timing, now)
        PullSchedule.objects.filter(pk=found.pk).update(changed_at=now, **columns)
        _record(found, actor, "cohort.pull_changed", {"cadence": timing.cadence})
    found.refresh_from_db()


def pause(
    found: PullSchedule, actor: Actor, now: datetime, reason: str = PauseReason.PERSON
) -> None:
    """Nothing is due until it goes on; a run that is at work ends."""
    with transaction.atomic():
        rows = PullSchedule.objects.filter(pk=found.pk, paused_at=None)
        if rows.update(paused_at=now, pause_reason=reason, next_due_at=None, changed_at=now):
            _record(found, actor, "cohort.pull_paused", {"reason": str(reason)})
    found.refresh_from_db()


def go_on(found: PullSchedule, actor: Actor, now: datetime) -> None:
    """Due again at the next time of its clock; what was missed is not made up for."""
    with transaction.atomic():
        held = PullSchedule.objects.select_for_update().get(pk=found.pk)
        if held.is_paused:
            held.paused_at, held.pause_reason, held.changed_at = None, "", now
            held.next_due_at = next_due(held, now)
            held.save()
            _record(found, actor, "cohort.pull_resumed")
    found.refresh_from_db()


def end(found: PullSchedule, actor: Actor) -> None:
    """The cohort is no longer pulled: its members, its runs and what pushes bring stay."""
    with transaction.atomic():
        _record(found, actor, "cohort.pull_ended")
        found.delete()


def timing_of(found: PullSchedule) -> Timing:
    return Timing(
        found.cadence,
        found.minute,
        found.hour,
        found.time_zone,
        found.hold_percent,
        found.email,
    )


def next_due(found: PullSchedule, after: datetime) -> datetime | None:
    """None for what comes once."""
    return _next(found.cadence, found.hour, found.minute, found.time_zone, after)


def due(now: datetime) -> list[int]:
    """Schedules whose time has come; those of archived cohorts have stopped (product.md 3.5)."""
    rows = PullSchedule.objects.filter(next_due_at__lte=now, paused_at=None)
    rows = rows.filter(cohort__archived_at=None)
    return list(rows.order_by("next_due_at").values_list("pk", flat=True))


def _next(cadence: str, hour: int, minute: int, zone: str, after: datetime) -> datetime | None:
    if cadence == Cadence.DAILY:
        return timetable.next_daily(hour, minute, ZoneInfo(zone), after)
    if cadence == Cadence.HOURLY:
        return timetable.next_hourly(minute, ZoneInfo(zone), after)
    return None


def _first_due(timing: Timing, now: datetime) -> datetime:
    due_at = _next(timing.cadence, timing.hour, timing.minute, timing.time_zone, now)
    return now if due_at is None else due_at


def _columns(timing: Timing) -> dict[str, Any]:
    return {
        "cadence": timing.cadence,
        "minute": timing.minute,
        "hour": timing.hour,
        "time_zone": timing.time_zone,
        "hold_percent": timing.hold_percent,
        "email": timing.email,
    }


def _timing_problems(timing: Timing) -> dict[str, str]:
    problems = {}
    if timing.cadence not in Cadence.values:
        problems["cadence"] = _("Choose one-time, hourly or daily.")
    if not 0 <= timing.minute <= 59:
        problems["minute"] = _("A minute is a number from 0 to 59.")
    if not 0 <= timing.hour <= 23:
        problems["hour"] = _("An hour is a number from 0 to 23.")
    if timing.time_zone not in time_zones():
        problems["time_zone"] = _("Choose a time zone from the list.")
    if timing.hold_percent is not None and not 0 <= timing.hold_percent <= 100:
        problems["hold_percent"] = _("A share is a number from 0 to 100 percent.")
    if timing.email:
        try:
            validate_email(timing.email)
        except ValidationError:
            problems["email"] = _("Enter an e-mail address.")
    return problems


def _remote_problems(
    workspace: Workspace, project: AmplitudeProject, remote: Remote
) -> dict[str, str]:
    problems = {}
    if project.workspace_id != workspace.pk:
        problems["project"] = _("Choose a project of this workspace.")
    if not remote.id or len(remote.id) > MAX_COHORT_ID_CHARACTERS or not remote.id.isprintable():
        problems["remote"] = _("Choose a cohort from the project’s list.")
    return problems


def _cohort(workspace: Workspace, remote: Remote, now: datetime) -> Cohort:
    source = Source(workspace.pk, AMPLITUDE, now, time.perf_counter())
    return importing.new_cohort(source, remote.id, remote.name[:MAX_NAME_CHARACTERS])[0]


def _record(
    found: PullSchedule, actor: Actor, action: str, detail: dict[str, Any] | None = None
) -> None:
    record_by(actor, found.workspace, action, found.cohort.label, detail)
