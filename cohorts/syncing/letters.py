"""The letters about a sync: when it begins to fail, and when it works again. Knows the schedule,
the run and the address; that each goes once is failing.py's and mailing.py's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language

from braze_partners import formatting
from braze_partners.running import dashboard_address
from braze_partners.workspaces.mail import send_letter
from cohorts.syncing.models import SyncLetter


def send(letter: SyncLetter, now: datetime) -> None:
    """In the workspace's language and zone. Raises what the mail server's client raises."""
    workspace = letter.schedule.workspace
    with timezone.override(workspace.time_zone), translation.override(workspace.language):
        context = _context(letter, now)
    with timezone.override(workspace.time_zone):
        send_letter(f"syncing/mail/{letter.stage}", letter.to, workspace.language, context)


def _context(letter: SyncLetter, now: datetime) -> dict[str, Any]:
    schedule, locale = letter.schedule, formatting.locale_of(get_language())
    ended = letter.run.finished_at or now

    def when(moment: datetime | None) -> str:
        zone = timezone.get_current_timezone()
        return formatting.when(moment, now, zone, locale) if moment else ""

    return {
        "cohort": schedule.cohort.label,
        "workspace": schedule.workspace.name,
        "project": schedule.project.name,
        "error": letter.run.error,
        "began": when(letter.failing_since),
        "lasted": formatting.span(ended - letter.failing_since, locale),
        "held": letter.run.hold_reason,
        "paused": schedule.is_paused,
        "next_due": when(schedule.next_due_at),
        "link": _link(letter),
    }


def _link(letter: SyncLetter) -> str:
    """Empty where nobody knows our own address."""
    address = dashboard_address()
    cohort = letter.schedule.cohort
    page = reverse("cohorts:detail", args=[letter.schedule.workspace.slug, cohort.pk])
    return f"{address}{page}" if address else ""
