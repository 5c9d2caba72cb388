"""The retry schedule of a destination that fails. Pure: no clock, no row."""

from __future__ import annotations

from datetime import timedelta

# Seconds before each next attempt; the last one repeats for as long as the outage lasts. The first
# ten minutes hold eight attempts, every hour after that twelve.
BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300)

# A delay is spread over this share above and below it, so that many Currents do not come at once.
JITTER = 0.2

# The project's own rate: Amplitude names nobody, so everybody pauses (wire/amplitude-http-v2.md).
PROJECT_PAUSE = timedelta(seconds=30)


def delay(failures: int, chance: float) -> timedelta:
    """Before the attempt that follows the n-th failure in a row; `chance` is in [0, 1)."""
    place = min(max(failures, 1), len(BACKOFF_SECONDS)) - 1
    return timedelta(seconds=BACKOFF_SECONDS[place] * (1 - JITTER + 2 * JITTER * chance))
