"""The exact sets of a workspace's people that many rooms subtract or intersect: deleted, anonymous.

Knows how they are stored (blocks of bits) and kept in memory; knows not why somebody is in one.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from secrets import randbits
from threading import Lock
from typing import Any

from django.db import connection
from pyroaring import BitMap

from braze_partners.people import postgres
from braze_partners.people.models import PeopleSet

BLOCK_SIZE = 1_048_576
# Sets kept in memory per process: at most about 1.3 MB each at 10 M people.
KEPT_SETS = 256

Blocks = dict[int, BitMap]

_READ = """
SELECT c.next, s.block, s.version, CASE WHEN {known} THEN NULL ELSE s.bits END
FROM people_numbercounter c
LEFT JOIN people_peopleset s ON s.workspace_id = c.workspace_id AND s.kind = %s
WHERE c.workspace_id = %s
"""
_READ_POSTGRES = _READ.format(known="s.version = ANY(%s)")
_READ_SQLITE = _READ.format(known="s.version IN (SELECT value FROM json_each(%s))")


class _Kept:
    """Blocks by (workspace, kind) with the version they were read under; the oldest used go."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sets: OrderedDict[tuple[int, str], dict[int, BitMap]] = OrderedDict()

    def get(self, key: tuple[int, str]) -> dict[int, BitMap]:
        with self._lock:
            if key in self._sets:
                self._sets.move_to_end(key)
            return self._sets.get(key, {})

    def put(self, key: tuple[int, str], by_version: dict[int, BitMap]) -> None:
        with self._lock:
            self._sets[key] = by_version
            self._sets.move_to_end(key)
            while len(self._sets) > KEPT_SETS:
                self._sets.popitem(last=False)


_kept = _Kept()


def _ask(kind: str, workspace_id: int, known: list[int]) -> list[tuple[Any, ...]]:
    if postgres.is_postgres():
        values = [postgres.Int8Array.of(known), kind, workspace_id]
        return postgres.ask(_READ_POSTGRES, values)
    with connection.cursor() as cursor:
        cursor.execute(_READ_SQLITE, [json.dumps(known), kind, workspace_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def read_with_counter(workspace_id: int, kind: str) -> tuple[int, Blocks]:
    """The counter's next number and the set by block, of one moment. The caller may change it."""
    key = (workspace_id, str(kind))
    known = _kept.get(key)
    end, blocks, by_version = 0, Blocks(), Blocks()
    for next_number, block, version, bits in _ask(str(kind), workspace_id, list(known)):
        end = next_number
        if block is None:
            continue
        found = known[version] if bits is None else BitMap.deserialize(bytes(bits))
        by_version[version] = found
        blocks[block] = found.copy()
    if by_version.keys() != known.keys():
        _kept.put(key, by_version)
    return end, blocks


def read(workspace_id: int, kind: str) -> Blocks:
    return read_with_counter(workspace_id, kind)[1]


def by_block(numbers: Iterable[int]) -> Blocks:
    """A set cut into its blocks; empty ones are left out."""
    bits = BitMap(numbers)
    blocks: Blocks = {}
    for block in range(bits.min() // BLOCK_SIZE, bits.max() // BLOCK_SIZE + 1) if bits else ():
        here = bits & BitMap(range(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE))
        if here:
            blocks[block] = here
    return blocks


def change(
    workspace_id: int, kind: str, added: Iterable[int] = (), removed: Iterable[int] = ()
) -> None:
    """Adds and removes numbers. The caller holds the counter's row (`numbers.lock`)."""
    plus, minus = by_block(added), by_block(removed)
    touched = plus.keys() | minus.keys()
    if not touched:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("A set changes in the transaction that changes the people.")
    stored = {
        row.block: BitMap.deserialize(bytes(row.bits))
        for row in PeopleSet.objects.filter(workspace_id=workspace_id, kind=kind, block__in=touched)
    }
    rows = []
    for block in sorted(touched):
        bits = (stored.get(block, BitMap()) | plus.get(block, BitMap())) - minus.get(
            block, BitMap()
        )
        bits.run_optimize()
        rows.append(_row(workspace_id, kind, block, bits))
    PeopleSet.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["workspace", "kind", "block"],
        update_fields=["version", "bits"],
    )


def _row(workspace_id: int, kind: str, block: int, bits: BitMap) -> PeopleSet:
    return PeopleSet(
        workspace_id=workspace_id,
        kind=kind,
        block=block,
        version=randbits(62),
        bits=bits.serialize(),
    )
