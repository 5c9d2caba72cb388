"""Schedules and runs in words: when a cohort is pulled, what a run does now, what is held. Pure."""

from __future__ import annotations

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from cohorts.syncing.limits import DOWNLOADS_PER_MONTH, RETRY_DELAYS
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.states import State

Cadence = PullSchedule.Cadence
# Downloads in a month of 30 days.
A_MONTH = {Cadence.ONCE.value: 0, Cadence.HOURLY.value: 24 * 30, Cadence.DAILY.value: 30}


def cadence(schedule: PullSchedule) -> str:
    if schedule.cadence == Cadence.HOURLY:
        return _("Hourly at :%(minute)02d, %(zone)s") % {
            "minute": schedule.minute,
            "zone": schedule.time_zone,
        }
    if schedule.cadence == Cadence.DAILY:
        return _("Daily at %(hour)02d:%(minute)02d, %(zone)s") % {
            "hour": schedule.hour,
            "minute": schedule.minute,
            "zone": schedule.time_zone,
        }
    return str(Cadence.ONCE.label)


def at_work(run: SyncRun) -> str:
    """What a run that has not ended does."""
    if run.waiting_for == "limit":
        return _("Waits for its turn: Amplitude allows a project only so many requests.")
    if run.waiting_for == "cohort":
        return _("Waits for a push that is being applied to this cohort.")
    if run.waiting_for == "retry":
        return _("Tries again soon: attempt %(n)s of %(most)s.") % {
            "n": run.attempts + 1,
            "most": len(RETRY_DELAYS) + 1,
        }
    sentences = {
        State.QUEUED: _("Waits for a worker."),
        State.REQUESTING: _("Amplitude computes the list of members."),
        State.DOWNLOADING: _("The list is being downloaded."),
        State.APPLYING: _("The list is compared with the members."),
    }
    return sentences.get(State(run.state), "")


def held(run: SyncRun) -> str:
    """The one bold sentence of what waits for a decision."""
    if run.hold_reason == SyncRun.HoldReason.PREVIEW:
        return _("The full re-sync would add %(added)s and remove %(removed)s.") % {
            "added": _number(run.added),
            "removed": _number(run.removed),
        }
    share = formatting.percent(run.changed_share, _locale())
    return _("Sync %(run)s would change %(share)s of the members.") % {
        "run": _number(run.pk),
        "share": share,
    }


def would_be(size: int) -> str:
    """Beside the curve of sizes, where a change is held."""
    return _("held: %(size)s") % {"size": _number(size)}


def why_held(run: SyncRun) -> str:
    if run.hold_reason == SyncRun.HoldReason.PREVIEW:
        return _("Nothing has been changed: a full re-sync shows its difference first.")
    return _("Nothing has been changed. The limit is %(limit)s%%.") % {"limit": run.hold_percent}


def downloads(wanted: str, scheduled: int) -> str:
    """What a cadence costs of the project's downloads; `scheduled` are those of its others."""
    own = A_MONTH.get(wanted, 0)
    if not own:
        return _("One download. Most plans allow %(most)s a month.") % {
            "most": _number(DOWNLOADS_PER_MONTH)
        }
    said = ngettext(
        "%(own)s download a month; with the project’s other syncs %(all)s of the %(most)s that "
        "most plans allow.",
        "%(own)s downloads a month; with the project’s other syncs %(all)s of the %(most)s that "
        "most plans allow.",
        own,
    )
    numbers = {"own": own, "all": own + scheduled, "most": DOWNLOADS_PER_MONTH}
    return said % {name: _number(count) for name, count in numbers.items()}


def is_too_many(wanted: str, scheduled: int) -> bool:
    return A_MONTH.get(wanted, 0) + scheduled > DOWNLOADS_PER_MONTH


def _number(value: int) -> str:
    return formatting.number(value, _locale())


def _locale() -> str:
    return formatting.locale_of(get_language())
