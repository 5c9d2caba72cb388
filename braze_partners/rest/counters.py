"""Counting in windows of time, shared by all processes through Redis, or within this one.

Knows keys and seconds; knows nothing of what is counted. When Redis does not answer, nothing is
counted for a while: a limit must never stop the work it guards.
"""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Protocol

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_SECONDS = 0.25  # a request may wait so long for a counter, at most
REDIS_REST_SECONDS = 5.0  # so long no counter is asked for after a failure
LOCAL_WINDOWS_KEPT = 20_000  # about 4 MB; then the elapsed windows are swept


class Counter(Protocol):
    def add(self, key: str, expires_at: float, now: float) -> int:
        """Counts one more under `key`, which ends at `expires_at` (epoch seconds); the sum."""


class LocalCounter:
    """For the embedded default: one web process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def add(self, key: str, expires_at: float, now: float) -> int:
        with self._lock:
            ends, count = self._windows.get(key, (expires_at, 0))
            if ends <= now:
                ends, count = expires_at, 0
            self._windows[key] = (ends, count + 1)
            if len(self._windows) > LOCAL_WINDOWS_KEPT:
                self._sweep(now)
            return count + 1

    def _sweep(self, now: float) -> None:
        self._windows = {key: kept for key, kept in self._windows.items() if kept[0] > now}


class RedisCounter:
    """One round trip: increment, and say when the key may go."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        )
        self._resting_until = 0.0

    def add(self, key: str, expires_at: float, now: float) -> int:
        if time.monotonic() < self._resting_until:
            return 0
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, int(expires_at - now) + 1)
                return int(pipeline.execute()[0])
        except redis.RedisError:
            self._resting_until = time.monotonic() + REDIS_REST_SECONDS
            log.warning("counter.redis_unavailable", resting_seconds=REDIS_REST_SECONDS)
            return 0


@cache
def _counter(url: str) -> Counter:
    return RedisCounter(url) if url else LocalCounter()


def count(key: str, window_seconds: int, now: float) -> int:
    """One more in the window of `now` (fixed windows from the epoch); how many that makes."""
    window = int(now // window_seconds)
    expires_at = float((window + 1) * window_seconds)
    return _counter(settings.REDIS_URL).add(f"bp:{key}:{window}", expires_at, now)


def forget_local() -> None:
    """Starts counting anew in this process; what Redis counts stays."""
    _counter.cache_clear()
