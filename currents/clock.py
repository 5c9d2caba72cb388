"""The clock of refused credentials: when dropping starts and when the contact is told. Pure: knows
moments and lengths of time, no rows.

An event is dropped when it has waited longer than the window since the failure began or since it
came, whichever is later (product.md 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from currents.limits import MAIL_SHARES

FIRST = "first"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which the contact is told; `place` is where it stands on the bar, 0 to 1."""

    stage: str
    share: float
    at: datetime
    place: float


@dataclass(frozen=True, slots=True)
class Clock:
    """From the first refusal to the moment at which the oldest waiting event is dropped."""

    began_at: datetime
    dropping_at: datetime
    window: timedelta
    now: datetime

    @property
    def remaining(self) -> timedelta:
        return max(self.dropping_at - self.now, timedelta())

    @property
    def is_over(self) -> bool:
        return self.now >= self.dropping_at

    @property
    def passed(self) -> float:
        """Share of the bar that lies behind us, 0 to 1."""
        return self.place_of(self.now)

    @property
    def marks(self) -> list[Mark]:
        shares = {FIRST: 0.0, **MAIL_SHARES}
        moments = {stage: self.began_at + self.window * share for stage, share in shares.items()}
        return [Mark(stage, shares[stage], at, self.place_of(at)) for stage, at in moments.items()]

    def place_of(self, moment: datetime) -> float:
        length = self.dropping_at - self.began_at
        share = (moment - self.began_at) / length if length else 1.0
        return min(max(share, 0.0), 1.0)


def clock(
    began_at: datetime, window: timedelta, now: datetime, oldest_waiting: datetime | None
) -> Clock:
    """`oldest_waiting` is when the oldest event that still waits was received; without one, an
    event that came right now would be the first to go."""
    waits_since = now if oldest_waiting is None else oldest_waiting
    return Clock(began_at, max(began_at, waits_since) + window, window, now)
