"""Records, lanes and frames: pure, so without a database."""

from __future__ import annotations

import threading

import msgspec
import pytest

from braze_partners.events import frames
from braze_partners.events.limits import LANES
from braze_partners.events.records import EventRecord, identity_of, lane_of


def a_record(index: int, lane: int) -> EventRecord:
    raw = msgspec.Raw(b'{"n": %d}' % index)
    return EventRecord(index, lane, "t", f"id{index}", 1, f"p{lane}", None, None, raw)


def told(records: list[EventRecord]) -> list[tuple[int, int, bytes]]:
    return [(record.index, record.lane, bytes(record.properties)) for record in records]


def test_the_identity_is_the_external_id_else_the_device_else_brazes_own() -> None:
    assert identity_of("ada", "phone", "b1") == "ada"
    assert identity_of(None, "phone", "b1") == "phone"
    assert identity_of("", "", "b1") == "b1"
    assert identity_of("", None, None) is None


def test_the_lane_of_an_identity_is_the_same_for_ever() -> None:
    """Positions are kept per lane: another hash would lose or repeat events."""
    assert [lane_of(text) for text in ("ada", "usr_000001", "é\x00", "\ud800")] == [7, 0, 15, 8]


def test_lanes_are_evenly_used() -> None:
    used = [lane_of(f"user-{n}") for n in range(16_000)]
    assert all(850 < used.count(lane) < 1150 for lane in range(LANES))


@pytest.mark.parametrize("count", [1, 16, 49, 50, 399, 400, 1_000])
@pytest.mark.parametrize("lanes", [range(16), range(1), range(15, 16), range(3, 9), range(8, 16)])
def test_any_neighbouring_lanes_come_back_in_order(count: int, lanes: range) -> None:
    records = [a_record(index, index * 7 % LANES) for index in range(count)]
    packed, ends = frames.pack(records, frames.frames_for(count))
    assert ends[-1] == len(packed)
    wanted = [record for record in records if record.lane in lanes]
    assert told(frames.unpack(packed, ends, lanes)) == told(wanted)


@pytest.mark.parametrize("lanes", [range(4), range(4, 8), range(5, 6), range(12, 16), range(16)])
def test_the_bytes_of_the_covering_frames_are_enough(lanes: range) -> None:
    records = [a_record(index, index % LANES) for index in range(100)]
    packed, ends = frames.pack(records, 4)
    first, last = frames.frame_of(lanes.start, 4), frames.frame_of(lanes.stop - 1, 4)
    part = packed[ends[first - 1] if first else 0 : ends[last]]
    wanted = [record for record in records if record.lane in lanes]
    assert told(frames.unpack(part, ends, lanes, whole=False)) == told(wanted)


def test_few_events_are_in_few_frames() -> None:
    assert [frames.frames_for(n) for n in (1, 49, 50, 399, 400, 5_000)] == [1, 1, 4, 4, 16, 16]


def test_threads_do_not_share_a_compressor() -> None:
    """A shared one corrupts what it writes."""
    records = [a_record(index, index % LANES) for index in range(2_000)]
    wrong: list[int] = []

    def pack_often(number: int) -> None:
        for _ in range(20):
            packed, ends = frames.pack(records, 16)
            if told(frames.unpack(packed, ends, range(16))) != told(records):
                wrong.append(number)

    threads = [threading.Thread(target=pack_often, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
