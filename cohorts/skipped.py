"""The identifiers that a run could not apply, kept as one compressed blob beside its counts.

Knows identifiers as text; knows nothing of people.
"""

from __future__ import annotations

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
_decoder = msgspec.json.Decoder(list[Entry])


def pack(entries: list[Entry]) -> bytes | None:
    """A compressor of its own each time: one shared between threads corrupts (house.md)."""
    if not entries:
        return None
    packed: bytes = zstandard.ZstdCompressor(level=LEVEL).compress(_encoder.encode(entries))
    return packed


def unpack(blob: bytes | memoryview | None) -> list[Entry]:
    if blob is None:
        return []
    return _decoder.decode(zstandard.ZstdDecompressor().decompress(bytes(blob)))
