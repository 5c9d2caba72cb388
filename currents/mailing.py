"""The letters that failures owe. Knows rows; words are letters.py's, sending each once is
owed_letters'."""

from __future__ import annotations

from datetime import datetime

from braze_partners.workspaces import owed_letters
from currents import letters
from currents.models import FailureMail

# Letters that one sweep sends; the next goes on.
AT_ONCE = 50


def send_due(now: datetime) -> int:
    """How many went out."""
    owed = FailureMail.objects.select_related("failure__current__workspace")
    return owed_letters.send_due(owed, letters.send, now, AT_ONCE)
