"""Who sends too much: rates a device and a user, and the daily quota. Pure: `now` is passed in.

Amplitude averages the rate over 30 seconds. It is kept here as a bucket that holds as many events
as the window allows and fills at the rate, so that a sender who paces itself exactly at the rate,
with a burst of a second, never meets it. The quota is counted over 24 hours in steps of an hour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from braze_partners.sandbox.upload.wire import Excess

HOUR = 3_600
HOURS_OF_QUOTA = 24

# Buckets kept in memory before those that are full again are forgotten (own choice).
MOST_BUCKETS = 200_000

Id = tuple[str, str]  # ("device" or "user", the id itself)


@dataclass(slots=True)
class Bucket:
    left: float
    at: float


class Rates:
    """A bucket for each id. An id that was not seen for a window is as good as a new one."""

    def __init__(self, per_second: float, window: float) -> None:
        self.per_second, self.most = per_second, per_second * window
        self.window = window
        self._buckets: dict[object, Bucket] = {}

    def over(self, asked: Mapping[Id, int], now: float) -> dict[Id, int]:
        """Those that ask for more than is left, with the rate that this would be."""
        found = {}
        for one, count in asked.items():
            left = self._left(one, now)
            if count > left:
                found[one] = round((self.most - left + count) / self.window)
        return found

    def take(self, asked: Mapping[Id, int], now: float) -> None:
        if len(self._buckets) > MOST_BUCKETS:
            self._forget_full(now)
        for one, count in asked.items():
            self._buckets[one] = Bucket(self._left(one, now) - count, now)

    def _left(self, one: object, now: float) -> float:
        bucket = self._buckets.get(one)
        if bucket is None:
            return self.most
        return min(self.most, bucket.left + max(0.0, now - bucket.at) * self.per_second)

    def _forget_full(self, now: float) -> None:
        self._buckets = {
            one: bucket for one, bucket in self._buckets.items() if self._left(one, now) < self.most
        }


@dataclass
class Quota:
    """Events of each id in the last 24 hours, an hour at a time."""

    per_day: int
    hours: dict[int, Counter[Id]] = field(default_factory=dict)
    totals: Counter[Id] = field(default_factory=Counter)

    def over(self, asked: Mapping[Id, int], now: float) -> dict[Id, int]:
        self._expire(int(now) // HOUR)
        wanted = {one: self.totals[one] + count for one, count in asked.items()}
        return {one: total for one, total in wanted.items() if total > self.per_day}

    def take(self, asked: Mapping[Id, int], now: float) -> None:
        self.hours.setdefault(int(now) // HOUR, Counter()).update(asked)
        self.totals.update(asked)

    def _expire(self, hour: int) -> None:
        for old in [one for one in self.hours if one <= hour - HOURS_OF_QUOTA]:
            self.totals.subtract(self.hours.pop(old))
            self.totals = +self.totals


def counted(identities: Iterable[tuple[str | None, str | None]]) -> Counter[Id]:
    """How many events of a request fall on each id, from (user id, device id) of each."""
    asked: Counter[Id] = Counter()
    for user_id, device_id in identities:
        if device_id:
            asked["device", device_id] += 1
        if user_id:
            asked["user", user_id] += 1
    return asked


def excess(
    rates: Mapping[Id, int],
    quotas: Mapping[Id, int],
    identities: Iterable[tuple[str | None, str | None]],
) -> Excess:
    """In the words of the answer. Events over the quota are listed too: SDKs look there."""
    named = set(rates) | set(quotas)
    throttled = [
        index
        for index, (user_id, device_id) in enumerate(identities)
        if ("device", device_id) in named or ("user", user_id) in named
    ]
    return Excess(
        devices=_of("device", rates),
        users=_of("user", rates),
        quota_devices=_of("device", quotas),
        quota_users=_of("user", quotas),
        events=throttled,
    )


def _of(kind: str, found: Mapping[Id, int]) -> dict[str, int]:
    return {one: value for (name, one), value in found.items() if name == kind}
