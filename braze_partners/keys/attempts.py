"""Counts calls with invalid keys per client address, so that guessing is slow.

Knows addresses; knows no key. Valid calls never come here.
"""

from __future__ import annotations

from datetime import datetime

from braze_partners.keys.errors import TooManyFailures
from braze_partners.keys.limits import FAILURE_WINDOW_SECONDS, FAILURES_PER_WINDOW
from braze_partners.rest import counters


def count_failure(address: str | None, now: datetime) -> None:
    """Raises TooManyFailures from the 61st failure of a window on."""
    epoch = now.timestamp()
    failures = counters.count(f"refused:{address or 'unknown'}", FAILURE_WINDOW_SECONDS, epoch)
    if failures > FAILURES_PER_WINDOW:
        raise TooManyFailures(FAILURE_WINDOW_SECONDS - int(epoch) % FAILURE_WINDOW_SECONDS)
