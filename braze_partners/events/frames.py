"""Records as compressed frames, and back. A frame holds some neighbouring lanes, each as a list of
its own, so that reading one lane decodes no other. Pure: no database, no clock.

One compressor per thread: a shared one corrupts what it writes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec
import zstandard

from braze_partners.events.limits import COMPRESSION_LEVEL, FRAMES_FROM, LANES
from braze_partners.events.records import EventRecord

_by_index = attrgetter("index")


class _Tools(threading.local):
    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()
        self.encoder = msgspec.json.Encoder()


_tools = _Tools()
_all_lanes = msgspec.json.Decoder(list[list[EventRecord]])
_raw_lanes = msgspec.json.Decoder(list[msgspec.Raw])
_one_lane = msgspec.json.Decoder(list[EventRecord])


def frames_for(count: int) -> int:
    """How many frames a batch of so many events has."""
    return next(frames for least, frames in FRAMES_FROM if count >= least)


def frame_of(lane: int, frames: int) -> int:
    return lane * frames // LANES


def pack(records: Sequence[EventRecord], frames: int) -> tuple[bytes, list[int]]:
    """All frames one after the other, and where each ends."""
    lanes: list[list[EventRecord]] = [[] for _ in range(LANES)]
    for record in records:
        lanes[record.lane].append(record)
    width = LANES // frames
    encode, compress = _tools.encoder.encode, _tools.compressor.compress
    packed = [compress(encode(lanes[at : at + width])) for at in range(0, LANES, width)]
    ends, end = [], 0
    for frame in packed:
        end += len(frame)
        ends.append(end)
    return b"".join(packed), ends


def unpack(
    part: bytes | memoryview, ends: Sequence[int], lanes: range, whole: bool = True
) -> list[EventRecord]:
    """The records of `lanes`, in the order of the batch. `part` is all frames, or, where not
    `whole`, the bytes from the first frame that covers these lanes to the last."""
    frames = len(ends)
    first, last = frame_of(lanes.start, frames), frame_of(lanes.stop - 1, frames)
    skipped = ends[first - 1] if first and not whole else 0
    view = memoryview(part)
    found: list[EventRecord] = []
    for frame in range(first, last + 1):
        start = ends[frame - 1] if frame else 0
        raw = _tools.decompressor.decompress(view[start - skipped : ends[frame] - skipped])
        for records in _decode(raw, frame * LANES // frames, LANES // frames, lanes):
            found += records
    found.sort(key=_by_index)
    return found


def _decode(raw: bytes, first: int, width: int, wanted: range) -> Iterator[list[EventRecord]]:
    """The wanted ones of a frame's lanes `first` to `first + width`."""
    if wanted.start <= first and first + width <= wanted.stop:
        yield from _all_lanes.decode(raw)
        return
    for lane, records in enumerate(_raw_lanes.decode(raw), first):
        if lane in wanted:
            yield _one_lane.decode(records)
