"""Loads, stores and combines the bitmaps of cohorts. Knows blocks and runs as bytes and numbers;
knows nothing of identifiers, requests or who asks.

A set of numbers is cut into blocks of 1,048,576. Sets handed out are shared between threads and
never changed in place: combining makes new ones.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from pyroaring import BitMap

from braze_partners.people import postgres
from braze_partners.people.numbers import BLOCK_SIZE

BlockedSet = dict[int, BitMap]
EMPTY = BitMap()


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is in a cohort as of a sequence. `weight` is its bytes, about."""

    sequence: int
    deletions: int
    blocks: BlockedSet
    weight: int = 0

    @property
    def size(self) -> int:
        return sum(len(bits) for bits in self.blocks.values())

    def holds(self, number: int) -> bool:
        return number in self.blocks.get(number // BLOCK_SIZE, EMPTY)


@dataclass(frozen=True, slots=True)
class Delta:
    """A net change: `added` were not in before, `removed` were."""

    added: BitMap
    removed: BitMap


NOTHING = Delta(EMPTY, EMPTY)


def load(cohort_ids: Sequence[int]) -> dict[int, BlockedSet]:
    """The members of each cohort, deleted people included; see `people.sets` for those."""
    return {key: found.blocks for key, found in load_versioned(cohort_ids).items()}


def load_versioned(
    cohort_ids: Sequence[int], only_blocks: Sequence[int] | None = None
) -> dict[int, Membership]:
    """Base and later runs of each cohort in one statement, hence of one moment."""
    ids = list(cohort_ids)
    if not ids:
        return {}
    ids_sql, block_filter, parameters = _load_parameters(ids, only_blocks)
    return _assemble(fetch(_LOAD.format(ids=ids_sql, blocks=block_filter), parameters))


def load_since(known: Mapping[int, int]) -> dict[int, tuple[int, int, Delta | None]]:
    """For each cohort known up to a sequence: its sequence, its deletions and the net change
    since (None where the runs between are gone and the cohort must be loaded anew)."""
    heads, runs = {}, defaultdict(list)
    for cohort, sequence, deletions, added, removed in fetch(*_since_statement(known)):
        if deletions is not None:
            heads[cohort] = (sequence, deletions)
        else:
            runs[cohort].append((sequence, added, removed))
    found: dict[int, tuple[int, int, Delta | None]] = {}
    for cohort, (sequence, deletions) in heads.items():
        later = sorted(runs[cohort], key=lambda run: run[0])
        whole = len(later) == sequence - known[cohort]
        whole = whole and all(run[1] is not None and run[2] is not None for run in later)
        delta = net_of([(_bits(a), _bits(r)) for _, a, r in later]) if whole else None
        found[cohort] = (sequence, deletions, delta)
    return found


def net_of(changes: Iterable[tuple[BitMap, BitMap]]) -> Delta:
    """Changes in their order, taken together; the later word counts."""
    added, removed = BitMap(), BitMap()
    for adds, removes in changes:
        added = (added - removes) | adds
        removed = (removed - adds) | removes
    return Delta(added, removed)


def combine(blocks: BlockedSet, delta: Delta) -> BlockedSet:
    """The set after a net change; blocks that it does not touch are shared with the former."""
    if not delta.added and not delta.removed:
        return blocks
    after = dict(blocks)
    for block, adds in split(delta.added).items():
        after[block] = after.get(block, EMPTY) | adds
    for block, removes in split(delta.removed).items():
        left = after.get(block, EMPTY) - removes
        if left:
            after[block] = left
        else:
            after.pop(block, None)
    return after


def touched_blocks(delta: Delta) -> set[int]:
    return set(split(delta.added)) | set(split(delta.removed))


def split(numbers: BitMap) -> BlockedSet:
    """A set cut into its blocks; empty blocks are left out."""
    if not numbers:
        return {}
    first, last = numbers.min() // BLOCK_SIZE, numbers.max() // BLOCK_SIZE
    if first == last:
        return {first: numbers}
    cut = {block: numbers & _whole(block) for block in range(first, last + 1)}
    return {block: bits for block, bits in cut.items() if bits}


@lru_cache(maxsize=4_096)  # every block there can be; each is a run of a few hundred bytes
def _whole(block: int) -> BitMap:
    return BitMap(range(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE))


def members_among(numbers: BitMap, blocks: BlockedSet) -> BitMap:
    """Those of `numbers` that are in the set; costs what `numbers` costs."""
    inside = BitMap()
    for block, part in split(numbers).items():
        inside |= part & blocks.get(block, EMPTY)
    return inside


def encode(bits: BitMap) -> bytes:
    """Bytes for a column; dense stretches become runs."""
    packed: bytes = bits.serialize()
    return packed


def encode_block(bits: BitMap) -> bytes:
    """As `encode`, and compacted: a block is written once and read often."""
    compact = bits.copy()
    compact.run_optimize()
    return encode(compact)


def decode(data: bytes | memoryview | None) -> BitMap:
    return BitMap() if data is None else _bits(data)


def fetch(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows with bytes in binary. Django's own cursor asks PostgreSQL for text, which costs 1.4
    to 5 times as much for bitmaps (house.md)."""
    if connection.vendor == "postgresql":
        return postgres.ask(sql, parameters)
    with connection.cursor() as plain:
        plain.execute(sql, parameters)
        return list(plain.fetchall())


def _bits(data: bytes | memoryview) -> BitMap:
    return BitMap.deserialize(bytes(data))


_LOAD = """
SELECT id, sequence, deletions, CAST(NULL AS bigint), CAST(NULL AS bytea), CAST(NULL AS bytea)
  FROM cohorts_cohort WHERE id {ids}
UNION ALL
SELECT cohort_id, NULL, NULL, block, bits, NULL FROM cohorts_cohortblock
 WHERE cohort_id {ids} {blocks}
UNION ALL
SELECT r.cohort_id, r.sequence, NULL, NULL, r.added_bits, r.removed_bits
  FROM cohorts_cohort c JOIN cohorts_importrun r ON r.cohort_id = c.id
 WHERE c.id {ids} AND r.sequence > c.folded_sequence
"""

_SINCE_POSTGRESQL = """
SELECT c.id, c.sequence, c.deletions, NULL::bytea, NULL::bytea
  FROM cohorts_cohort c WHERE c.id = ANY(%s::bigint[])
UNION ALL
SELECT r.cohort_id, r.sequence, NULL, r.added_bits, r.removed_bits
  FROM unnest(%s::bigint[], %s::bigint[]) AS known (id, sequence)
  JOIN cohorts_importrun r ON r.cohort_id = known.id AND r.sequence > known.sequence
"""

_SINCE_SQLITE = """
SELECT c.id, c.sequence, c.deletions, NULL, NULL
  FROM cohorts_cohort c WHERE c.id IN (SELECT value FROM json_each(%s))
UNION ALL
SELECT r.cohort_id, r.sequence, NULL, r.added_bits, r.removed_bits
  FROM json_each(%s) AS known
  JOIN cohorts_importrun r
    ON r.cohort_id = CAST(known.key AS INTEGER) AND r.sequence > known.value
"""


def _load_parameters(
    ids: list[int], only_blocks: Sequence[int] | None
) -> tuple[str, str, list[Any]]:
    if connection.vendor == "postgresql":
        chosen = "" if only_blocks is None else "AND block = ANY(%s::bigint[])"
        one, blocks = ids, [] if only_blocks is None else [list(only_blocks)]
        return "= ANY(%s::bigint[])", chosen, [one, one, *blocks, one]
    chosen = "" if only_blocks is None else "AND block IN (SELECT value FROM json_each(%s))"
    text = json.dumps(ids)
    extra = [] if only_blocks is None else [json.dumps(list(only_blocks))]
    return "IN (SELECT value FROM json_each(%s))", chosen, [text, text, *extra, text]


def _since_statement(known: Mapping[int, int]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return _SINCE_POSTGRESQL, [list(known), list(known), list(known.values())]
    pairs = {str(key): sequence for key, sequence in known.items()}
    return _SINCE_SQLITE, [json.dumps(list(known)), json.dumps(pairs)]


def _change_own(blocks: BlockedSet, delta: Delta) -> BlockedSet:
    """As `combine`, on blocks that nobody else has seen yet: in place, at half the cost."""
    for block, adds in split(delta.added).items():
        if block in blocks:
            blocks[block] |= adds
        else:
            blocks[block] = adds.copy()
    for block, removes in split(delta.removed).items():
        if block in blocks:
            blocks[block] -= removes
            if not blocks[block]:
                del blocks[block]
    return blocks


def _assemble(rows: list[tuple[Any, ...]]) -> dict[int, Membership]:
    heads: dict[int, tuple[int, int]] = {}
    blocks: dict[int, BlockedSet] = defaultdict(dict)
    weights: dict[int, int] = defaultdict(int)
    runs: dict[int, list[tuple[int, Any, Any]]] = defaultdict(list)
    for cohort, sequence, deletions, block, bits, removed in rows:
        if deletions is not None:
            heads[cohort] = (sequence, deletions)
        elif block is not None:
            blocks[cohort][block] = _bits(bits)
            weights[cohort] += len(bits)
        else:
            runs[cohort].append((sequence, bits, removed))
            weights[cohort] += len(bits or b"")
    found = {}
    for cohort, (sequence, deletions) in heads.items():
        later = sorted(runs[cohort], key=lambda run: run[0])
        delta = net_of([(decode(a), decode(r)) for _, a, r in later])
        members = _change_own(blocks[cohort], delta)
        found[cohort] = Membership(sequence, deletions, members, weights[cohort])
    return found
