"""Pacers for tests: in memory, and in the test's own database of Redis, emptied."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings

from currents.pacing.asking import Pacer
from currents.pacing.in_memory import MemoryPacer
from currents.pacing.in_redis import RedisPacer


def make_pacers(kind: str) -> Pacer:
    if kind == "memory":
        return MemoryPacer()
    if not settings.REDIS_URL:
        pytest.skip("no Redis on this test bed")
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(match="pace:*"):
        client.delete(key)
    return RedisPacer(settings.REDIS_URL, lambda project, day: [])
