"""What this process keeps in memory of cohorts: memberships under their sequence, and the keys
of cohorts. Knows nothing of the database; whoever uses it checks that it still holds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from cohorts.bitmaps import Membership
from cohorts.limits import CACHED_BYTES

REMEMBERED_KEYS = 10_000  # cohorts; a hundred bytes each
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OVERHEAD = 512  # bytes that an entry costs beside its bitmaps


class Memory(Generic[K, V]):
    """The latest used values, up to a weight over all of them."""

    def __init__(self, capacity: int, weigh: Callable[[V], int]) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._weight = 0
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            value = self._kept.get(key)
            if value is not None:
                self._kept.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._capacity and self._kept:
                self._drop(next(iter(self._kept)))

    def forget(self, key: K) -> None:
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def _drop(self, key: K) -> None:
        value = self._kept.pop(key, None)
        if value is not None:
            self._weight -= self._weigh(value)


memberships: Memory[int, Membership] = Memory(CACHED_BYTES, lambda kept: kept.weight + OVERHEAD)
keys: Memory[tuple[int, str, str], int] = Memory(REMEMBERED_KEYS, lambda _: 1)
# When this process last lost a race for a cohort, by the monotonic clock.
races: Memory[int, float] = Memory(REMEMBERED_KEYS, lambda _: 1)
# The time zones of workspaces, each with when it was read, by the monotonic clock.
zones: Memory[int, tuple[float, ZoneInfo]] = Memory(REMEMBERED_KEYS, lambda _: 1)
