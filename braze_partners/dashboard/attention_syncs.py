"""Pull syncs that need someone, as rows of what needs attention: held changes, and syncs that fail.
One query where there is none, two where a change is held, however many."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.dashboard.attention_item import AttentionItem
from braze_partners.workspaces.models import Workspace
from cohorts.syncing import reading, sentences
from cohorts.syncing.models import PullSchedule, SyncRun

SECTION = "cohorts:list"
# Rows: whoever has more has one cause, and the list of syncs shows them all.
SHOWN = 20


def sync_items(workspace: Workspace, now: datetime) -> list[AttentionItem]:
    troubled = list(reading.in_trouble(workspace)[:SHOWN])
    wanted = [pk for one in troubled if (pk := getattr(one, "held_run", None)) is not None]
    runs = reading.runs_of(workspace).in_bulk(wanted) if wanted else {}
    held = [_held(workspace, runs[pk], now) for pk in wanted if pk in runs]
    failing = [_failing(workspace, one, now) for one in troubled if one.failing_since]
    return held + failing


def _held(workspace: Workspace, run: SyncRun, now: datetime) -> AttentionItem:
    since = _("held since %(time)s") % {"time": _hour(run.state_since, now)}
    return AttentionItem(
        icon="hand",
        tone="amber",
        title=_("A change of %(cohort)s waits for approval") % {"cohort": run.cohort.label},
        facts=f"{sentences.held(run)} {since[:1].upper()}{since[1:]}.",
        url=reverse("cohorts:detail", args=[workspace.slug, run.cohort_id]),
        action=_("Review"),
        section=SECTION,
    )


def _failing(workspace: Workspace, schedule: PullSchedule, now: datetime) -> AttentionItem:
    since = schedule.failing_since or now
    return AttentionItem(
        icon="refresh-cw",
        tone="red",
        title=_("The sync of %(cohort)s fails") % {"cohort": schedule.cohort.label},
        facts=_("Since %(time)s · its members stay as they are") % {"time": _hour(since, now)},
        url=reverse("cohorts:detail", args=[workspace.slug, schedule.cohort_id]),
        action=_("See why"),
        section=SECTION,
    )


def _hour(moment: datetime, now: datetime) -> str:
    locale = formatting.locale_of(get_language())
    return formatting.hour(moment, now, timezone.get_current_timezone(), locale)
