"""The identifiers that a run could not apply, kept as one compressed blob beside its counts.

Knows identifiers as text; knows nothing of people.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec
import zstandard

LEVEL = 3  # zstd: a third of the bytes for 10 µs a kilobyte


class Kind(StrEnum):
    USER = "user"
    DEVICE = "device"
    ALIAS = "alias"


class Reason(StrEnum):
    UNKNOWN = "unknown"
    IDENTIFIED = "identified"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """`identifier` is the id, or `LABEL:NAME` of an alias, whose `label` stands beside it;
    `remove` is what was asked last."""

    kind: Kind
    identifier: str
    reason: Reason
    remove: bool = False
    label: str = ""

    @property
    def alias_name(self) -> str:
        return self.identifier[len(self.label) + 1 :]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)
_older_decoder = msgspec.json.Decoder(list[Entry])
_READ_BYTES = 1 << 18  # at once, decompressed: some five thousand entries


def pack(listed: list[Entry]) -> bytes | None:
    """One entry a line. A compressor of its own each time: one shared between threads corrupts
    (house.md)."""
    if not listed:
        return None
    packed: bytes = zstandard.ZstdCompressor(level=LEVEL).compress(_encoder.encode_lines(listed))
    return packed


def unpack(blob: bytes | memoryview | None) -> list[Entry]:
    """All of them; for the list of a pull, which may be millions long, see `entries`."""
    return list(entries(blob))


def entries(blob: bytes | memoryview | None) -> Iterator[Entry]:
    for line in lines(blob):
        yield from read(line)


def lines(blob: bytes | memoryview | None) -> Iterator[bytes]:
    """The entries as they stand in the blob, a piece of it in memory at a time."""
    if blob is None:
        return
    rest = b""
    with zstandard.ZstdDecompressor().stream_reader(bytes(blob)) as reader:
        while piece := reader.read(_READ_BYTES):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
    if rest:
        yield rest


def read(line: bytes) -> list[Entry]:
    """A line as it was written until November 2026 holds the whole list."""
    if line.startswith(b"[["):
        return _older_decoder.decode(line)
    return [_decoder.decode(line)] if line else []


def as_written(text: str) -> bytes:
    """How a text stands within a line."""
    return _encoder.encode(text)[1:-1]
