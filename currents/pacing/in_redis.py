"""Pacing exact across workers: one script in Redis for all asks of a batch.

A bucket is one value of 56 bytes under its project and id, kept until the next UTC day ends: about
160 bytes of Redis for each id that was active since yesterday. Redis gone is no reason to send
nothing: then this process paces by itself, and Amplitude's 429 corrects what that lets through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from struct import Struct
from typing import Any, cast

import msgspec
import redis
import structlog

from currents.limits import CHECKPOINT_FROM, HOT_IDS
from currents.pacing.asking import BURST, PER_DAY, SHOWN_SECONDS, Ask, DayCount, Grant, HotId
from currents.pacing.bucket import DAY_SECONDS, INTERVAL, Bucket
from currents.pacing.in_memory import MemoryPacer

log = structlog.get_logger(__name__)

SCRIPT = (Path(__file__).parent / "in_redis.lua").read_text()
TIMEOUT = 2  # seconds
KINDS = {"u": "user", "d": "device"}
_BUCKET = Struct("=7d")
# Events in ten seconds from which on an id may be one of the hottest: one a second.
HOT_FROM = SHOWN_SECONDS

WrittenDown = Callable[[str, date], Iterable[DayCount]]


class RedisPacer:
    def __init__(self, url: str, written_down: WrittenDown) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
        )
        self._script = self._redis.register_script(SCRIPT)
        self._alone = MemoryPacer()
        self.written_down = written_down

    def take(self, project: str, asks: Sequence[Ask], now: datetime) -> list[Grant]:
        try:
            answer = self._ask(project, asks, now)
            if asks and not answer:
                self._begin(project, now)
                answer = self._ask(project, asks, now)
        except redis.RedisError as error:
            log.warning("pacing_alone", error=type(error).__name__)
            return self._alone.take(project, asks, now)
        pairs = zip(answer[::2], answer[1::2], strict=True)
        return [Grant(count, bool(quota)) for count, quota in pairs]

    def _begin(self, project: str, now: datetime) -> None:
        """New here, or Redis lost its data: what was written down of today comes first."""
        day = now.astimezone(UTC).date()
        self.restore(project, day, self.written_down(project, day))
        self._redis.set(f"{_prefix(project)}known", 1, ex=timedelta(days=2))

    def _ask(self, project: str, asks: Sequence[Ask], now: datetime) -> list[int]:
        moment = now.timestamp()
        day_ends = (moment // DAY_SECONDS + 2) * DAY_SECONDS
        arguments: list[Any] = [
            *(_prefix(project), repr(moment), repr(INTERVAL), BURST, PER_DAY, int(day_ends)),
            *(SHOWN_SECONDS, HOT_FROM, HOT_IDS, msgspec.msgpack.encode(list(asks))),
        ]
        return cast("list[int]", self._script(args=arguments))

    def hot(self, project: str, limit: int, now: datetime) -> list[HotId]:
        """Those that were lately fast, by what they do now; none while Redis is gone."""
        moment = now.timestamp()
        try:
            found = self._known(project, moment)
        except redis.RedisError:
            return self._alone.hot(project, limit, now)
        found.sort(key=lambda hot: (hot.per_second, hot.today), reverse=True)
        return found[:limit]

    def _known(self, project: str, moment: float) -> list[HotId]:
        names = cast("list[bytes]", self._redis.zrevrange(f"{_prefix(project)}hot", 0, HOT_IDS - 1))
        if not names:
            return []
        values = cast("list[Any]", self._redis.mget([_prefix(project).encode() + n for n in names]))
        found = []
        for name, value in zip(names, values, strict=True):
            if value is None:
                continue
            bucket = _bucket(value)
            bucket.settle(moment)
            kind, _, identifier = name.decode(errors="replace").partition(":")
            found.append(HotId(KINDS[kind], identifier, bucket.per_second(moment), bucket.today))
        return found

    def busy(self, now: datetime) -> dict[str, list[DayCount]]:
        try:
            projects = [
                key.decode()[len("pace:{") : -len("}:known")]
                for key in self._redis.scan_iter(match="pace:{*}:known", count=1000)
            ]
        except redis.RedisError:
            return {}
        return {project: self._busy(project, now) for project in projects}

    def _busy(self, project: str, now: datetime) -> list[DayCount]:
        try:
            known = self._known(project, now.timestamp())
        except redis.RedisError:
            return []
        return [
            DayCount(hot.kind, hot.identifier, hot.today)
            for hot in known
            if hot.today >= CHECKPOINT_FROM
        ]

    def restore(self, project: str, day: date, counts: Iterable[DayCount]) -> None:
        number = day.toordinal() - date(1970, 1, 1).toordinal()
        with self._redis.pipeline(transaction=False) as pipe:
            for count in counts:
                name = f"{count.kind[0]}:{count.identifier}"
                value = _BUCKET.pack(0, number, count.events, 0, 0, 0, 0)
                lasts = timedelta(days=2)
                pipe.set(f"{_prefix(project)}{name}", value, nx=True, ex=lasts)
                pipe.zadd(f"{_prefix(project)}hot", {name: 0}, nx=True)
            pipe.execute()


def _prefix(project: str) -> str:
    return f"pace:{{{project}}}:"


def _bucket(value: bytes) -> Bucket:
    free_at, *counts = _BUCKET.unpack(value)
    return Bucket(free_at, *map(int, counts))
