"""When cohorts by rule are computed again: after events and changed users, and as days go by."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from braze_partners.sandbox import limits, members, tallies


class Follower:
    """What the rules have seen; in memory, since all are computed anew at the start."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None
        self._computed_at: datetime | None = None
        self._rests_until: datetime | None = None

    def follow(self, now: datetime) -> None:
        if self._rests_until is not None and now < self._rests_until:
            return
        seen = (tallies.of(tallies.PROFILE_CHANGES), tallies.of(tallies.INGESTED))
        if seen == self._seen and not self._is_time(now):
            return
        began = time.monotonic()
        members.recompute_rules(now)
        took = time.monotonic() - began
        self._seen, self._computed_at = seen, now
        self._rests_until = now + timedelta(seconds=took * limits.RULES_REST)

    def _is_time(self, now: datetime) -> bool:
        since = self._computed_at
        if since is None:
            return True
        return now - since >= timedelta(seconds=limits.RULES_EVERY) and members.days_go_by()
