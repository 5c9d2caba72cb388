"""The letters that syncs owe. Knows rows; words are letters.py's, sending each once is
owed_letters'."""

from __future__ import annotations

from datetime import datetime

from braze_partners.workspaces import owed_letters
from cohorts.syncing import letters
from cohorts.syncing.models import SyncLetter

# Letters that one sweep sends; the next goes on.
AT_ONCE = 20


def send_due(now: datetime) -> int:
    """How many went out."""
    related = ("schedule__workspace", "schedule__cohort", "schedule__project", "run")
    owed = SyncLetter.objects.select_related(*related)
    return owed_letters.send_due(owed, letters.send, now, AT_ONCE)
