"""Keeps what is sent of each device and user under Amplitude's limits, before it is sent.

Knows projects and ids; knows no Current and no event. Exact across workers in Redis; on the
embedded default, which has one worker process, in its memory. Both do the arithmetic of bucket.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from django.conf import settings

from currents.pacing import checkpoints, snapshots
from currents.pacing.asking import Grant, HotId, Pacer, Pair
from currents.pacing.in_memory import MemoryPacer
from currents.pacing.in_redis import RedisPacer

__all__ = ["Grant", "HotId", "Pacer", "Pair", "hot", "pacer", "publish", "take"]


@cache
def pacer() -> Pacer:
    """This process's; made at its first use."""
    if settings.REDIS_URL:
        return RedisPacer(settings.REDIS_URL, checkpoints.written_down)
    return MemoryPacer()


def take(project: str, asked: Mapping[Pair, int], now: datetime) -> dict[Pair, Grant]:
    """Counts the events that may go now as sent; gives only those pairs that may not send all."""
    return pacer().take(project, asked, now)


def hot(project: str, limit: int, now: datetime) -> list[HotId]:
    """The ids that lately sent most, the fastest first. Without Redis they are the worker's, as
    snapshots.py wrote them a few seconds ago."""
    kept = pacer()
    if isinstance(kept, MemoryPacer):
        return snapshots.read(project, limit, now)
    return kept.hot(project, limit, now)


def publish(now: datetime) -> None:
    """Called every few seconds by the process that paces: what other processes show of it."""
    kept = pacer()
    if isinstance(kept, MemoryPacer):
        snapshots.write(kept, now)
