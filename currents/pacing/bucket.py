"""The arithmetic of pacing one id: a bucket that refills at 30 a second, and a day's quota. Pure.

`free_at` is when the bucket would be full again (a virtual schedule, GCRA): an event moves it on by
a thirtieth of a second. Times are seconds since the epoch. A bucket further ahead than it can be
was written by a clock that has been set back since, and begins anew. in_redis.lua does the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from currents.pacing.asking import BURST, PER_DAY, RATE, SHOWN_SECONDS

INTERVAL = 1 / RATE
AHEAD = BURST * INTERVAL
# Events: what seconds since the epoch as 64-bit floats get wrong, and more.
ROUNDING = 1e-3
DAY_SECONDS = 86_400


@dataclass(slots=True)
class Bucket:
    free_at: float = 0.0
    day: int = 0
    today: int = 0
    yesterday: int = 0
    window: int = 0
    in_window: int = 0
    in_window_before: int = 0

    def settle(self, now: float) -> None:
        """Brings it to this moment."""
        if self.free_at < now or self.free_at > now + AHEAD + INTERVAL:
            self.free_at = now
        day = int(now // DAY_SECONDS)
        if day != self.day:
            self.yesterday = self.today if day == self.day + 1 else 0
            self.day, self.today = day, 0
        window = int(now // SHOWN_SECONDS)
        if window != self.window:
            follows = window == self.window + 1
            self.in_window_before = self.in_window if follows else 0
            self.window, self.in_window = window, 0

    def room(self, now: float) -> int:
        return max(0, int((now + AHEAD - self.free_at) / INTERVAL + ROUNDING))

    def quota_left(self, now: float) -> int:
        """The day rolls: of yesterday counts the share that is less than a day ago."""
        still = self.yesterday * (1 - now % DAY_SECONDS / DAY_SECONDS)
        return max(0, int(PER_DAY - self.today - still))

    def use(self, count: int) -> None:
        self.free_at += count * INTERVAL
        self.today += count
        self.in_window += count

    def per_second(self, now: float) -> float:
        gone = now / SHOWN_SECONDS - self.window
        return (self.in_window + self.in_window_before * max(0.0, 1 - gone)) / SHOWN_SECONDS
