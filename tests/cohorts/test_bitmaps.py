"""Sets in blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from braze_partners.people.numbers import BLOCK_SIZE
from cohorts import bitmaps
from cohorts.bitmaps import Delta

numbers = st.sets(
    st.integers(0, 40) | st.integers(BLOCK_SIZE - 3, BLOCK_SIZE + 3) | st.integers(0, 2**32 - 1),
    max_size=30,
)
# A run's two sets have nobody in common.
runs = st.tuples(numbers, numbers).map(lambda pair: (pair[0], pair[1] - pair[0]))
changes = st.lists(runs, max_size=6)


@given(numbers)
def test_a_set_is_cut_into_its_blocks_and_nothing_is_lost(members: set[int]) -> None:
    blocks = bitmaps.split(BitMap(members))
    assert {n for bits in blocks.values() for n in bits} == members
    assert all(n // BLOCK_SIZE == block for block, bits in blocks.items() for n in bits)
    assert all(blocks.values())


@given(numbers, changes)
def test_changes_taken_together_are_changes_taken_one_by_one(
    members: set[int], steps: list[tuple[set[int], set[int]]]
) -> None:
    expected = set(members)
    for adds, removes in steps:
        expected = (expected - removes) | adds
    delta = bitmaps.net_of([(BitMap(adds), BitMap(removes)) for adds, removes in steps])
    after = bitmaps.combine(bitmaps.split(BitMap(members)), delta)
    assert {n for bits in after.values() for n in bits} == expected
    assert all(after.values()), "an emptied block is dropped"


def test_combining_leaves_the_former_set_as_it_was() -> None:
    before = bitmaps.split(BitMap([1, 2, BLOCK_SIZE]))
    kept = {block: bits.copy() for block, bits in before.items()}
    bitmaps.combine(before, Delta(BitMap([3]), BitMap([1])))
    assert before == kept


@given(numbers, numbers)
def test_members_among(some: set[int], members: set[int]) -> None:
    found = bitmaps.members_among(BitMap(some), bitmaps.split(BitMap(members)))
    assert set(found) == some & members


@given(numbers)
def test_bytes_come_back(members: set[int]) -> None:
    bits = BitMap(members)
    assert bitmaps.decode(bitmaps.encode(bits)) == bits
    assert bitmaps.decode(memoryview(bitmaps.encode_block(bits))) == bits
    assert bitmaps.decode(None) == BitMap()


@pytest.mark.django_db
@pytest.mark.embedded
def test_loading_nothing_asks_nothing() -> None:
    assert bitmaps.load([]) == {} and bitmaps.load([12345]) == {}
