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
SELECT c.next, s.kind, s.block, s.version, CASE WHEN {known} THEN NULL ELSE s.bits END
FROM people_numbercounter c
LEFT JOIN people_peopleset s ON s.workspace_id = c.workspace_id AND s.kind {kinds}
WHERE c.workspace_id = %s
"""
_READ_POSTGRES = _READ.format(known="s.version = ANY(%s)", kinds="= ANY(%s)")
_IN = "IN (SELECT value FROM json_each(%s))"
_READ_SQLITE = _READ.format(known=f"s.version {_IN}", kinds=_IN)


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


def _ask(kinds: list[str], workspace_id: int, known: list[int]) -> list[tuple[Any, ...]]:
    if postgres.is_postgres():
        values = [postgres.Int8Array.of(known), kinds, workspace_id]
        return postgres.ask(_READ_POSTGRES, values)
    with connection.cursor() as cursor:
        cursor.execute(_READ_SQLITE, [json.dumps(known), json.dumps(kinds), workspace_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def read_with_counter(workspace_id: int, *kinds: str) -> tuple[int, dict[str, Blocks]]:
    """The counter's next number and each kind's set by block, all of one moment. The caller may
    change them."""
    names = [str(kind) for kind in kinds]
    known = {name: _kept.get((workspace_id, name)) for name in names}
    held = [version for by_version in known.values() for version in by_version]
    found: dict[str, Blocks] = {name: {} for name in names}
    by_version: dict[str, Blocks] = {name: {} for name in names}
    end = 0
    for next_number, name, block, version, bits in _ask(names, workspace_id, held):
        end = next_number
        if block is None:
            continue
        here = known[name][version] if bits is None else BitMap.deserialize(bytes(bits))
        by_version[name][version] = here
        found[name][block] = here.copy()
    for name in names:
        if by_version[name].keys() != known[name].keys():
            _kept.put((workspace_id, name), by_version[name])
    return end, found


def read(workspace_id: int, kind: str) -> Blocks:
    return read_with_counter(workspace_id, kind)[1][str(kind)]


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
