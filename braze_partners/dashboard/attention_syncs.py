"""Pull syncs that need someone, as rows of what needs attention: held changes, and syncs that fail.
One query, however many."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.dashboard.attention_item import AttentionItem
from braze_partners.workspaces.models import Workspace
from cohorts.syncing import reading
from cohorts.syncing.models import PullSchedule

SECTION = "cohorts:list"
# Rows: whoever has more has one cause, and the list of syncs shows them all.
SHOWN = 20


def sync_items(workspace: Workspace, now: datetime) -> list[AttentionItem]:
    troubled = list(reading.in_trouble(workspace)[:SHOWN])
    held = [
        _held(workspace, one, since, now)
        for one in troubled
        if (since := getattr(one, "held_since", None)) is not None
    ]
    return held + [_failing(workspace, one, now) for one in troubled if one.failing_since]


def _held(
    workspace: Workspace, schedule: PullSchedule, since: datetime, now: datetime
) -> AttentionItem:
    return AttentionItem(
        icon="hand",
        tone="amber",
        title=_("A change of %(cohort)s waits for approval") % {"cohort": schedule.cohort.label},
        facts=_("Held since %(time)s · nothing has been changed") % {"time": _hour(since, now)},
        url=reverse("cohorts:detail", args=[workspace.slug, schedule.cohort_id]),
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
