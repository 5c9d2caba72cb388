"""A probe answers as the whole bitmap would, whatever its containers, and reads little of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from cohorts.probing import Probe

SETS = {
    "empty": BitMap(),
    "one": BitMap([70_000]),
    "an array": BitMap(range(0, 8_000, 2)),
    "bits": BitMap(range(0, 65_536, 3)),
    "a run": BitMap(range(1_000, 50_000)),
    "three runs": BitMap([*range(0, 60_000), *range(70_000, 130_000), *range(140_000, 190_000)]),
    "all kinds": BitMap(
        [*range(0, 60_000), *range(65_536, 131_072, 3), *range(140_000, 141_000, 7), 5_000_000]
    ),
    "many containers": BitMap(range(0, 400 * 65_536, 40_000)),
    "a whole block": BitMap(range(3 * 2**20, 4 * 2**20)),
    "the last number": BitMap([2**32 - 1]),
}


def ask(data: bytes, number: int, first_look: int) -> tuple[bool, int]:
    probe = Probe(number, len(data), first_look)
    read = 0
    while probe.answer is None:
        start, length = probe.wants
        assert length > 0 and start + length <= len(data)
        read += length
        probe.take(data[start : start + length])
    return probe.answer, read


@pytest.mark.parametrize("optimized", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_it_answers_as_the_whole_set_would(name: str, optimized: bool) -> None:
    bits = SETS[name].copy()
    if optimized:
        bits.run_optimize()
    data = bits.serialize()
    some = list(bits)[:: max(1, len(bits) // 50)]
    near = {number + step for number in some for step in (-1, 1) if 0 <= number + step < 2**32}
    asked = {*some, *near, 0, 65_535, 65_536, 2**32 - 1}
    for number in asked:
        for first_look in (8, 256, 2_048):
            assert ask(data, number, first_look)[0] == (number in bits), number


@given(st.sets(st.integers(0, 300_000)), st.integers(0, 300_000), st.booleans())
def test_it_agrees_with_any_set(numbers: set[int], number: int, optimized: bool) -> None:
    bits = BitMap(numbers)
    if optimized:
        bits.run_optimize()
    assert ask(bits.serialize(), number, 64)[0] == (number in numbers)


def test_of_a_dense_block_it_reads_a_byte_beside_the_head() -> None:
    data = BitMap(range(0, 2**20, 3)).serialize()
    assert len(data) > 100_000
    assert ask(data, 600_000, 256) == (True, 257)
