"""Is one number in a stored bitmap? Told from a few hundred bytes of it, the only ones that the
database sends. Knows how roaring bitmaps are serialized; knows nothing of cohorts.

A bitmap begins with the keys of its containers (65,536 numbers each) and where they are. So the
first look tells which bytes of which container hold the answer, and the second one reads them: of a
thousand dense blocks that is 2 MB instead of 128.

The format: github.com/RoaringBitmap/RoaringFormatSpec.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from struct import unpack_from
from sys import byteorder
from typing import NamedTuple

from pyroaring import BitMap

WITH_RUNS, WITHOUT_RUNS = 12_347, 12_346
# Containers from which on a bitmap with runs tells where they are.
OFFSETS_FROM = 4
# Numbers from which on a container is 8 kB of bits.
BITS_FROM = 4_097


class Piece(NamedTuple):
    """Bytes of a bitmap, from 0."""

    start: int
    size: int


class _Container(NamedTuple):
    start: int
    end: int
    numbers: int
    runs: bool


class Probe:
    """One number and one bitmap of `size` bytes. Give it what it `wants` until there is an
    `answer`."""

    __slots__ = ("answer", "wants", "_container", "_key", "_low", "_size")

    def __init__(self, number: int, size: int, first_look: int) -> None:
        self._key, self._low = number >> 16, number & 0xFFFF
        self._size = size
        self._container: _Container | None = None
        self.answer: bool | None = None if size else False
        self.wants = Piece(0, min(size, first_look))

    def take(self, data: bytes | memoryview) -> None:
        if self._container is None:
            self._read_head(data)
        else:
            self.answer = _holds(self._container, data, self._low)

    def _read_head(self, data: bytes | memoryview) -> None:
        head = _Head(data)
        if len(data) < min(head.length, self._size):
            self.wants = Piece(0, head.length)
            return
        at = head.place(data, self._key)
        if at is None:
            self.answer = False
        elif not head.offsets:  # three containers at most: read whole
            self._answer_whole(data)
        else:
            self._look_into(head.container(data, at, self._size), data)

    def _answer_whole(self, data: bytes | memoryview) -> None:
        if len(data) < self._size:
            self.wants = Piece(0, self._size)
        else:
            self.answer = (self._key << 16 | self._low) in BitMap.deserialize(bytes(data))

    def _look_into(self, container: _Container, data: bytes | memoryview) -> None:
        if container.end <= len(data):
            part = _part(container, self._low)
            piece = data[part.start : part.start + part.size]
            self.answer = _holds(container, piece, self._low)
        else:
            self._container = container
            self.wants = _part(container, self._low)


class _Head:
    """Where keys and offsets are, from the first eight bytes on."""

    __slots__ = ("count", "flags", "length", "offsets", "pairs")

    def __init__(self, data: bytes | memoryview) -> None:
        (cookie,) = unpack_from("<I", data)
        with_runs = cookie & 0xFFFF == WITH_RUNS
        if with_runs:
            self.count = (cookie >> 16) + 1
            self.flags, self.pairs = 4, 4 + (self.count + 7) // 8
        elif cookie == WITHOUT_RUNS:
            (self.count,) = unpack_from("<I", data, 4)
            self.flags, self.pairs = 0, 8
        else:
            raise ValueError("no roaring bitmap")
        after = self.pairs + 4 * self.count
        self.offsets = 0 if with_runs and self.count < OFFSETS_FROM else after
        self.length = after + 4 * self.count if self.offsets else after

    def place(self, data: bytes | memoryview, key: int) -> int | None:
        """Which container has this key."""
        keys = _shorts(data[self.pairs : self.pairs + 4 * self.count])[::2]
        at = bisect_left(keys, key)
        return at if at < len(keys) and keys[at] == key else None

    def container(self, data: bytes | memoryview, at: int, size: int) -> _Container:
        (count,) = unpack_from("<H", data, self.pairs + 4 * at + 2)
        (start,) = unpack_from("<I", data, self.offsets + 4 * at)
        end = size
        if at + 1 < self.count:
            (end,) = unpack_from("<I", data, self.offsets + 4 * at + 4)
        runs = bool(self.flags) and bool(data[self.flags + at // 8] >> at % 8 & 1)
        return _Container(start, end, count + 1, runs)


def _part(container: _Container, low: int) -> Piece:
    """The bytes in which the answer stands: one of bits, else all of the container."""
    if not container.runs and container.numbers >= BITS_FROM:
        return Piece(container.start + low // 8, 1)
    return Piece(container.start, container.end - container.start)


def _holds(container: _Container, part: bytes | memoryview, low: int) -> bool:
    if container.runs:
        return _in_runs(_shorts(part)[1:], low)
    if container.numbers >= BITS_FROM:
        return bool(part[0] >> low % 8 & 1)
    values = _shorts(part)
    at = bisect_left(values, low)
    return at < len(values) and values[at] == low


def _in_runs(pairs: array[int], low: int) -> bool:
    """Pairs of a first value and how many follow it."""
    starts, lengths = pairs[::2], pairs[1::2]
    at = bisect_left(starts, low + 1) - 1
    return at >= 0 and low <= starts[at] + lengths[at]


def _shorts(data: bytes | memoryview) -> array[int]:
    values = array("H")
    values.frombytes(data)
    if byteorder == "big":
        values.byteswap()
    return values
