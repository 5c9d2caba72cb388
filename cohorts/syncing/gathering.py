"""From the user ids of a file to the numbers of people, in batches: two million ids are never held
as Python objects. Knows people and the ids that are unknown; knows no run and no membership.

The database answers two batches, in a thread each, while the next is read: it takes three times
what the reading takes (docs/performance.md).
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Barrier

import msgspec
import zstandard
from django.db import connection
from pyroaring import BitMap

from braze_partners.people import identity
from cohorts.syncing.limits import MAX_LISTED_SKIPS, RESOLVED_AT_ONCE

_lines = msgspec.json.Encoder()
_DIGEST = 8  # bytes of an id's hash: of 2 M ids two are taken for one once in 10 M files


@dataclass(slots=True)
class Gathered:
    """Whom a file names. `received` ids, of which `unknown` different ones belong to nobody;
    `listed` are the first of those, `packed` all of them where they were asked for."""

    people: BitMap = field(default_factory=BitMap)
    received: int = 0
    unknown: int = 0
    listed: list[str] = field(default_factory=list)
    packed: bytes | None = None


class _Unknown:
    """Unknown ids: how many different ones there are, in 8 bytes for each."""

    def __init__(self, keep_all: bool) -> None:
        self._seen = [bytearray() for _ in range(256)]
        self._listed: dict[str, None] = {}
        # A compressor of its own each time: one shared between threads corrupts (house.md).
        self._pack = zstandard.ZstdCompressor(level=3).compressobj() if keep_all else None
        self._packed: list[bytes] = []

    def add(self, ids: Iterable[str]) -> None:
        for one in ids:
            digest = blake2b(one.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
            self._seen[digest[0]] += digest
            if len(self._listed) < MAX_LISTED_SKIPS:
                self._listed[one] = None
            if self._pack and (piece := self._pack.compress(_lines.encode(one) + b"\n")):
                self._packed.append(piece)

    def into(self, gathered: Gathered) -> None:
        gathered.unknown = sum(map(_different, self._seen))
        gathered.listed = list(self._listed)
        if self._pack and gathered.unknown:
            gathered.packed = b"".join([*self._packed, self._pack.flush()])


def _different(digests: bytearray) -> int:
    return len({bytes(digests[at : at + _DIGEST]) for at in range(0, len(digests), _DIGEST)})


def gather(
    workspace_id: int,
    batches: Iterable[list[str]],
    *,
    keep_unknown: bool,
    alive: Callable[[], None],
) -> Gathered:
    """Reads them to their end. `alive` is called after each batch and may raise; what the
    batches raise comes through."""
    gathered, unknown = Gathered(), _Unknown(keep_unknown)
    for numbers, strangers, count in _resolved(workspace_id, batches):
        gathered.people |= BitMap(array("I", numbers))
        gathered.received += count
        unknown.add(strangers)
        alive()
    gathered.people.run_optimize()
    unknown.into(gathered)
    return gathered


def unpacked(packed: bytes, at_once: int) -> Iterator[list[str]]:
    """The ids of `Gathered.packed`, some at a time, in flat memory."""
    reader = zstandard.ZstdDecompressor().stream_reader(packed)
    rest, waiting = b"", list[str]()
    while piece := reader.read(256 * 1024):
        *lines, rest = (rest + piece).split(b"\n")
        waiting += [msgspec.json.decode(line, type=str) for line in lines]
        while len(waiting) >= at_once:
            yield waiting[:at_once]
            del waiting[:at_once]
    if waiting:
        yield waiting


Resolved = tuple[Iterable[int], set[str], int]


def _resolved(workspace_id: int, batches: Iterable[list[str]]) -> Iterator[Resolved]:
    """Never more than RESOLVED_AT_ONCE batches ahead."""
    if connection.in_atomic_block:  # in tests; a thread would not see what it made
        for ids in batches:
            yield _resolve(workspace_id, ids)
        return
    with ThreadPoolExecutor(RESOLVED_AT_ONCE, thread_name_prefix="resolving") as beside:
        asked: deque[Future[Resolved]] = deque()
        try:
            for ids in batches:
                asked.append(beside.submit(_resolve, workspace_id, ids))
                if len(asked) > RESOLVED_AT_ONCE:
                    yield asked.popleft().result()
            while asked:
                yield asked.popleft().result()
        finally:
            all_here = Barrier(RESOLVED_AT_ONCE)
            for _ in range(RESOLVED_AT_ONCE):
                beside.submit(_hang_up, all_here)


def _resolve(workspace_id: int, ids: list[str]) -> Resolved:
    return (*identity.known_external_ids(workspace_id, ids), len(ids))


def _hang_up(all_here: Barrier) -> None:
    """Each thread has a connection of its own: none takes the turn of two."""
    all_here.wait()
    connection.close()
