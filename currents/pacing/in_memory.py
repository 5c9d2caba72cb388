"""Pacing for one worker process, in its memory. Forgets what has been quiet for a day."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from currents.limits import CHECKPOINT_FROM
from currents.pacing.asking import DayCount, Grant, HotId, Pair
from currents.pacing.bucket import DAY_SECONDS, Bucket

# Ids after whose number the quiet ones are forgotten.
SWEEP_FROM = 200_000

Key = tuple[str, str, str]  # project, kind, identifier


class MemoryPacer:
    def __init__(self) -> None:
        self._buckets: dict[Key, Bucket] = {}
        self._lock = threading.Lock()

    def take(self, project: str, asked: Mapping[Pair, int], now: datetime) -> dict[Pair, Grant]:
        moment = now.timestamp()
        cut = {}
        with self._lock:
            if len(self._buckets) > SWEEP_FROM:
                self._forget(moment)
            for pair, events in asked.items():
                grant = self._take(project, pair, events, moment)
                if grant.events < events:
                    cut[pair] = grant
        return cut

    def _take(self, project: str, pair: Pair, events: int, now: float) -> Grant:
        named = zip(("user", "device"), pair, strict=True)
        buckets = [self._bucket((project, kind, name), now) for kind, name in named if name]
        room = min((bucket.room(now) for bucket in buckets), default=events)
        left = min((bucket.quota_left(now) for bucket in buckets), default=events)
        count = min(events, room, left)
        for bucket in buckets:
            bucket.use(count)
        return Grant(count, left < events and left <= room)

    def _bucket(self, key: Key, now: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket()
        bucket.settle(now)
        return bucket

    def _forget(self, now: float) -> None:
        before = int(now // DAY_SECONDS) - 1
        self._buckets = {key: kept for key, kept in self._buckets.items() if kept.day >= before}

    def hot(self, project: str, limit: int, now: datetime) -> list[HotId]:
        moment = now.timestamp()
        with self._lock:
            found = []
            for (of, kind, name), bucket in self._buckets.items():
                if of == project:
                    bucket.settle(moment)
                    found.append(HotId(kind, name, bucket.per_second(moment), bucket.today))
        return heapq.nlargest(limit, found, key=lambda hot: (hot.per_second, hot.today))

    def projects(self) -> set[str]:
        with self._lock:
            return {project for project, _kind, _name in self._buckets}

    def busy(self, now: datetime) -> dict[str, list[DayCount]]:
        moment = now.timestamp()
        found: dict[str, list[DayCount]] = {}
        with self._lock:
            for (project, kind, name), bucket in self._buckets.items():
                bucket.settle(moment)
                if bucket.today >= CHECKPOINT_FROM:
                    found.setdefault(project, []).append(DayCount(kind, name, bucket.today))
        return found

    def restore(self, project: str, day: date, counts: Iterable[DayCount]) -> None:
        number = day.toordinal() - date(1970, 1, 1).toordinal()
        with self._lock:
            for count in counts:
                key = (project, count.kind, count.identifier)
                bucket = self._buckets.setdefault(key, Bucket(day=number))
                if bucket.day == number:
                    bucket.today = max(bucket.today, count.events)
