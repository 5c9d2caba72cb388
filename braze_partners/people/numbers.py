"""Dense numbers of people: how they are handed out, and which of them are alive.

Knows the counter and the set of the deleted; knows nothing of identities or cohorts.

Why the universe is exactly `[0, next)` without the deleted: the counter's row is moved by the
transaction that inserts the profiles, just before the insert, and stays locked until it commits.
So a number is visible only together with its profile, a rollback gives its numbers back (nobody
can have taken later ones), and a deletion, which also holds the counter's row, writes the number
into the deleted set in the transaction that takes the profile away. Numbers are never reused.
The price is that creating and deleting in one workspace queue up behind one row: those
transactions hold no CPU work and no I/O besides their own writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from pyroaring import BitMap

from braze_partners.people import sets
from braze_partners.people.errors import NumbersExhausted
from braze_partners.people.models import PeopleSet

# Numbers per block of every stored set: at most 128 kB of bits (house.md, measured at 10 M).
BLOCK_SIZE = sets.BLOCK_SIZE
# Numbers per workspace: a roaring bitmap holds unsigned 32-bit integers.
MAX_NUMBERS = 2**32

_ALLOT = """
INSERT INTO people_numbercounter (workspace_id, next) VALUES (%s, %s)
ON CONFLICT (workspace_id) DO UPDATE SET next = people_numbercounter.next + excluded.next
RETURNING next
"""


@dataclass(slots=True, frozen=True)
class Universe:
    """The live numbers of a workspace: `[0, next)` without `deleted` (by block)."""

    next: int
    deleted: dict[int, BitMap]

    @property
    def size(self) -> int:
        return self.next - sum(len(bits) for bits in self.deleted.values())

    @property
    def blocks(self) -> range:
        return range((self.next + BLOCK_SIZE - 1) // BLOCK_SIZE)

    def block(self, block: int) -> BitMap:
        """The live numbers of one block, as absolute numbers. The caller may change it."""
        start = block * BLOCK_SIZE
        live = BitMap(range(start, min(self.next, start + BLOCK_SIZE)))
        if gone := self.deleted.get(block):
            live -= gone
        return live

    def __iter__(self) -> Iterator[tuple[int, BitMap]]:
        return ((block, self.block(block)) for block in self.blocks)


def allot(workspace_id: int, count: int) -> range:
    """The next `count` numbers; keeps the counter's row locked until the transaction ends.

    Raises NumbersExhausted beyond 2**32. Must run in the transaction that inserts the profiles.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Numbers are allotted in the transaction that uses them.")
    with connection.cursor() as cursor:
        cursor.execute(_ALLOT, [workspace_id, count])
        (end,) = cursor.fetchone()
    if end > MAX_NUMBERS:
        raise NumbersExhausted(workspace_id)
    return range(end - count, end)


def lock(workspace_id: int) -> int:
    """Takes the counter's row, as everything that changes a people set must; gives `next`."""
    return allot(workspace_id, 0).stop


def universe(workspace_id: int) -> Universe:
    """Read in one statement, so that counter and deleted set belong together."""
    end, found = sets.read_with_counter(workspace_id, PeopleSet.Kind.DELETED)
    return Universe(end, found[PeopleSet.Kind.DELETED])


def universe_and(workspace_id: int, kind: str) -> tuple[Universe, dict[int, BitMap]]:
    """The same with another set of people (by block), in the same statement."""
    end, found = sets.read_with_counter(workspace_id, PeopleSet.Kind.DELETED, kind)
    return Universe(end, found[PeopleSet.Kind.DELETED]), found[kind]
