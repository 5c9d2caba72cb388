"""Pacing exact across workers: one script in Redis for all asks of a batch.

The buckets of a project are fields of two hashes a UTC day, users and devices, of 28 bytes each and
kept until the next day ends: about 110 bytes of Redis for each id that was active on a day. Redis
gone is no reason to send nothing: then this process paces by itself, and Amplitude's 429 corrects
what that lets through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from struct import Struct
from typing import Any, cast

import msgspec
import redis
import structlog

from currents.limits import CHECKPOINT_FROM, HOT_IDS
from currents.pacing.asking import BURST, PER_DAY, SHOWN_SECONDS, DayCount, Grant, HotId, Pair
from currents.pacing.bucket import DAY_SECONDS, INTERVAL, Bucket
from currents.pacing.in_memory import MemoryPacer

log = structlog.get_logger(__name__)

SCRIPT = (Path(__file__).parent / "in_redis.lua").read_text()
TIMEOUT = 2  # seconds
KINDS = {"u": "user", "d": "device"}
_BUCKET = Struct("<d5I")  # as the script's
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

    def take(self, project: str, asked: Mapping[Pair, int], now: datetime) -> dict[Pair, Grant]:
        try:
            answer = self._ask(project, asked, now)
            if answer is None:
                self._begin(project, now)
                answer = self._ask(project, asked, now) or []
        except redis.RedisError as error:
            log.warning("pacing_alone", error=type(error).__name__)
            return self._alone.take(project, asked, now)
        if not answer:
            return {}
        pairs = list(asked)
        cut = zip(answer[::3], answer[1::3], answer[2::3], strict=True)
        return {pairs[place]: Grant(events, bool(quota)) for place, events, quota in cut}

    def _begin(self, project: str, now: datetime) -> None:
        """New here, or Redis lost its data: what was written down of today comes first."""
        day = now.astimezone(UTC).date()
        self.restore(project, day, self.written_down(project, day))
        self._redis.set(f"{_prefix(project)}known", 1, ex=timedelta(days=2))

    def _ask(self, project: str, asked: Mapping[Pair, int], now: datetime) -> list[int] | None:
        flat = [part for (user, device), events in asked.items() for part in (user, device, events)]
        arguments: list[Any] = [
            *(_prefix(project), repr(now.timestamp()), repr(INTERVAL), BURST, PER_DAY),
            *(SHOWN_SECONDS, HOT_FROM, HOT_IDS, msgspec.msgpack.encode(flat)),
        ]
        return cast("list[int] | None", self._script(args=arguments))

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
        prefix, day = _prefix(project), int(moment // DAY_SECONDS)
        hottest = cast("list[bytes]", self._redis.zrevrange(f"{prefix}hot", 0, HOT_IDS - 1))
        found = []
        for kind in KINDS:
            names = [name[2:] for name in hottest if name.startswith(f"{kind}:".encode())]
            if not names:
                continue
            values = cast("list[Any]", self._redis.hmget(f"{prefix}{kind}{day}", names))
            for name, value in zip(names, values, strict=True):
                if value is not None:
                    found.append(_hot(kind, name, _bucket(value, day), moment))
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
            self._forget(project, now)
            known = self._known(project, now.timestamp())
        except redis.RedisError:
            return []
        return [
            DayCount(hot.kind, hot.identifier, hot.today)
            for hot in known
            if hot.today >= CHECKPOINT_FROM
        ]

    def _forget(self, project: str, now: datetime) -> None:
        """What no day needs any more. Left to expire, a large hash would stop Redis for a while."""
        day = int(now.timestamp() // DAY_SECONDS) - 2
        self._redis.unlink(*(f"{_prefix(project)}{kind}{day}" for kind in KINDS))

    def restore(self, project: str, day: date, counts: Iterable[DayCount]) -> None:
        prefix, number = _prefix(project), day.toordinal() - date(1970, 1, 1).toordinal()
        with self._redis.pipeline(transaction=False) as pipe:
            for count in counts:
                kind, value = count.kind[0], _BUCKET.pack(0, count.events, 0, 0, 0, 0)
                pipe.hsetnx(f"{prefix}{kind}{number}", count.identifier, value)  # type: ignore[arg-type]
                pipe.zadd(f"{prefix}hot", {f"{kind}:{count.identifier}": 0}, nx=True)
            pipe.execute()


def _prefix(project: str) -> str:
    return f"pace:{{{project}}}:"


def _bucket(value: bytes, day: int) -> Bucket:
    free_at, today, yesterday, window, inside, before = _BUCKET.unpack(value)
    return Bucket(free_at, day, today, yesterday, window, inside, before)


def _hot(kind: str, name: bytes, bucket: Bucket, moment: float) -> HotId:
    bucket.settle(moment)
    identifier = name.decode(errors="replace")
    return HotId(KINDS[kind], identifier, bucket.per_second(moment), bucket.today)
