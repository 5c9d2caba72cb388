"""Reads kept answers in one statement, so that they and their moment belong together.

Knows rows and bits kept in memory under their version; knows not what an answer means.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.db import connection
from pyroaring import BitMap

from braze_partners.people import limits, postgres
from braze_partners.people.sets import Blocks

_READ = """
SELECT {as_of}, {age}, a.id, a.key, a.generation = h.generation, a.ready, a.built, a.blocks,
       {idle}, b.block, b.version, CASE WHEN b.version {known} THEN NULL ELSE b.bits END
  FROM people_changehead h
  LEFT JOIN people_answer a ON a.workspace_id = h.workspace_id AND a.key {keys}
  LEFT JOIN people_answerblock b ON b.answer_id = a.id AND a.ready
 WHERE h.workspace_id = %s
"""
_READ_POSTGRES = _READ.format(
    as_of="extract(epoch FROM h.as_of)::float8",
    age="extract(epoch FROM statement_timestamp() - h.as_of)::float8",
    idle="extract(epoch FROM statement_timestamp() - a.used_at)::float8",
    known="= ANY(%s)",
    keys="= ANY(%s)",
)
_READ_SQLITE = _READ.format(
    as_of="(julianday(h.as_of) - 2440587.5) * 86400",
    age="(julianday('now') - julianday(h.as_of)) * 86400",
    idle="(julianday('now') - julianday(a.used_at)) * 86400",
    known="IN (SELECT value FROM json_each(%s))",
    keys="IN (SELECT value FROM json_each(%s))",
)


@dataclass(slots=True)
class State:
    pk: int
    current: bool
    ready: bool
    share: float


@dataclass(slots=True)
class Stored:
    """`blocks` of the ready ones by key; `unused` are those whose use was last noted long ago."""

    as_of: datetime | None = None
    age: float = 0
    states: dict[str, State] = field(default_factory=dict)
    blocks: dict[str, Blocks] = field(default_factory=dict)
    unused: list[int] = field(default_factory=list)

    def current(self, keys: Collection[str]) -> bool:
        """Whether all are there, whole and as of a minute ago at most."""
        if self.as_of is None or self.age > limits.MAX_AGE_SECONDS:
            return False
        states = [self.states.get(key) for key in keys]
        return all(state is not None and state.ready and state.current for state in states)

    def progress(self, keys: Collection[str]) -> float:
        """How much of these is counted, from 0 to 1."""
        shares = [self.states[key].share if key in self.states else 0.0 for key in keys]
        return sum(shares) / len(shares) if shares else 1.0


class _Kept:
    """Bits by version; those used longest ago go."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._bits: OrderedDict[int, BitMap] = OrderedDict()

    def versions(self) -> list[int]:
        with self._lock:
            return list(self._bits)

    def get(self, version: int) -> BitMap | None:
        with self._lock:
            if version in self._bits:
                self._bits.move_to_end(version)
            return self._bits.get(version)

    def put(self, version: int, bits: BitMap) -> None:
        with self._lock:
            self._bits[version] = bits
            while len(self._bits) > limits.ANSWER_BLOCKS_KEPT:
                self._bits.popitem(last=False)


_kept = _Kept()


def read(workspace_id: int, keys: list[str]) -> Stored:
    """Bits that are handed out are shared between threads and never changed in place."""
    known = {version: bits for version in _kept.versions() if (bits := _kept.get(version))}
    found = Stored()
    for row in _ask(workspace_id, keys, list(known)):
        as_of, age, pk, key, current, ready, built, blocks, idle, *part = row
        found.as_of, found.age = datetime.fromtimestamp(as_of, UTC), age
        if key is None:
            continue
        if key not in found.states:
            share = built / blocks if blocks else 1.0
            found.states[key] = State(pk, bool(current), bool(ready), share)
            if idle > limits.USE_NOTED_SECONDS:
                found.unused.append(pk)
            if ready:
                found.blocks[key] = {}
        block, version, packed = part
        if block is not None:
            found.blocks[key][block] = _bits(version, packed, known)
    return found


def _bits(version: int, packed: bytes | None, known: dict[int, BitMap]) -> BitMap:
    if packed is None:
        return known[version]
    bits = BitMap.deserialize(bytes(packed))
    _kept.put(version, bits)
    return bits


def _ask(workspace_id: int, keys: list[str], known: list[int]) -> list[tuple[Any, ...]]:
    if postgres.is_postgres():
        given = [postgres.Int8Array.of(known), keys, workspace_id]
        return postgres.ask(_READ_POSTGRES, given)
    with connection.cursor() as cursor:
        cursor.execute(_READ_SQLITE, [json.dumps(known), json.dumps(keys), workspace_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
