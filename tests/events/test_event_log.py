"""The log: sequences, reading by lanes, counts, look-ups."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from braze_partners.events import event_log, intake
from braze_partners.events.limits import LANES
from braze_partners.events.records import lane_of
from tests.cast import Cast
from tests.events.factories import CLICK, NOON, OPEN, an_event, events_of, log_of

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


def ids(batches: list[event_log.LogBatch]) -> list[str]:
    return [record.id for batch in batches for record in batch.records]


def test_an_empty_log_has_a_head_and_nothing_else(cast: Cast) -> None:
    workspace = cast.workspace.pk
    assert event_log.head(workspace) == 0
    assert event_log.oldest(workspace) is None
    assert event_log.read(workspace, 0, limit_events=10) == []
    assert event_log.counts(workspace, 0, 100) == []
    assert event_log.by_event_id(workspace, "e1") == []
    assert event_log.by_identity(workspace, "ada", 0, 100, 10) == []


def test_sequences_begin_at_nought_and_have_no_gaps(cast: Cast) -> None:
    workspace = cast.workspace.pk
    first = intake.accept(workspace, events_of(3), NOON)
    second = intake.accept(workspace, events_of(4), NOON + timedelta(seconds=1))
    assert (first.first_sequence, first.count) == (0, 3)
    assert (second.first_sequence, second.count) == (3, 4)
    assert event_log.head(workspace) == 7
    assert event_log.oldest(workspace) == 0
    read = event_log.read(workspace, 0, limit_events=100)
    assert [(batch.first_sequence, batch.end) for batch in read] == [(0, 3), (3, 7)]
    assert [batch.received_at for batch in read] == [NOON, NOON + timedelta(seconds=1)]


def test_each_workspace_has_its_own_log(cast: Cast) -> None:
    intake.accept(cast.other_workspace.pk, events_of(5), NOON)
    here = intake.accept(cast.workspace.pk, [an_event("mine")], NOON)
    assert here.first_sequence == 0
    assert ids(event_log.read(cast.workspace.pk, 0, limit_events=100)) == ["mine"]
    assert event_log.by_event_id(cast.workspace.pk, "e1") == []
    assert event_log.by_identity(cast.workspace.pk, "p1", 0, 100, 10) == []
    both = [cast.workspace.pk, cast.other_workspace.pk, 10**9]
    assert event_log.heads(both) == {both[0]: 1, both[1]: 5, both[2]: 0}


def test_a_record_comes_back_as_it_went_in(cast: Cast) -> None:
    sent = an_event(
        "id-é", "", device_id="phone", user_id="b1", type="x.y", note="naïve", nested={"a": [1]}
    )
    intake.accept(cast.workspace.pk, [sent], NOON)
    ((record,),) = [batch.records for batch in event_log.read(cast.workspace.pk, 0, limit_events=1)]
    assert (record.id, record.type, record.time_ms) == ("id-é", "x.y", sent.time_ms)
    assert (record.external_user_id, record.device_id, record.user_id) == ("", "phone", "b1")
    assert (record.identity, record.lane) == ("phone", lane_of("phone"))
    assert bytes(record.properties) == sent.properties


def test_an_event_without_identity_has_the_lane_of_its_id(cast: Cast) -> None:
    intake.accept(cast.workspace.pk, [an_event("lonely", None)], NOON)
    (batch,) = event_log.read(cast.workspace.pk, 0, limit_events=1)
    assert batch.records[0].identity is None
    assert batch.records[0].lane == lane_of("lonely")


@pytest.mark.parametrize("count", [10, 200, 1_000])
def test_lanes_together_are_the_whole_log(cast: Cast, count: int) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(count), events_of(count, "f")])
    seen: list[str] = []
    for lanes in (range(1), range(1, 6), range(6, 16)):
        read = event_log.read(workspace, 0, lanes, limit_events=10**6)
        assert [batch.count for batch in read] == [count, count]
        assert all(record.lane in lanes for batch in read for record in batch.records)
        seen += ids(read)
    assert sorted(seen) == sorted(ids(event_log.read(workspace, 0, limit_events=10**6)))
    assert len(seen) == 2 * count


def test_reading_goes_on_in_the_middle_of_a_batch(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(10), events_of(10, "f")])
    (middle, last) = event_log.read(workspace, 4, end=13, limit_events=100)
    assert [record.id for record in middle.records] == ["e4", "e5", "e6", "e7", "e8", "e9"]
    assert [record.id for record in last.records] == ["f0", "f1", "f2"]
    assert (middle.first_sequence, middle.count) == (0, 10)
    assert event_log.read(workspace, 20, limit_events=100) == []
    assert event_log.read(workspace, 4, end=4, limit_events=100) == []


def test_a_batch_without_these_lanes_still_moves_the_reader(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [[an_event("e1", "ada")], [an_event("e2", "ada")]])
    other = (lane_of("ada") + 1) % LANES
    read = event_log.read(workspace, 0, [other], limit_events=10)
    assert [(batch.end, batch.records) for batch in read] == [(1, []), (2, [])]


def test_reading_stops_after_the_batch_that_brings_enough(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(10, prefix) for prefix in "abcdef"])
    assert len(event_log.read(workspace, 0, limit_events=10)) == 1
    assert len(event_log.read(workspace, 0, limit_events=11)) == 2
    assert len(event_log.read(workspace, 5, limit_events=6)) == 2


def test_the_last_batch_is_given_whole(cast: Cast) -> None:
    """A reader moves to its end: what was left out would never be read."""
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(10, prefix) for prefix in "abc"])
    for limit in range(1, 31):
        for batch in event_log.read(workspace, 0, limit_events=limit):
            assert len(batch.records) == batch.count
    one = event_log.read(workspace, 0, [lane_of("p3")], limit_events=1)
    assert all(any(record.identity == "p3" for record in batch.records) for batch in one)


def test_lanes_that_are_no_neighbours_are_refused(cast: Cast) -> None:
    for lanes in (range(0), range(0, 8, 2), range(8, 17), range(-1, 3)):
        with pytest.raises(ValueError):
            event_log.read(cast.workspace.pk, 0, lanes, limit_events=1)


def test_a_reader_behind_the_oldest_batch_goes_on_there(cast: Cast) -> None:
    """What retention has taken is no end of the log."""
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(10, prefix) for prefix in "abcdef"])
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM events_batch WHERE workspace_id = %s AND end_sequence <= 50", [workspace]
        )
    (batch,) = event_log.read(workspace, 3, limit_events=20)
    assert (batch.first_sequence, batch.end) == (50, 60)
    assert event_log.read(workspace, 3, end=50, limit_events=20) == []
    assert event_log.oldest(workspace) == 50


def test_counts_are_those_of_whole_batches(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [[an_event("1"), an_event("2", type=CLICK), an_event("3")], events_of(2)])
    first, second = event_log.counts(workspace, 0, 5)
    assert (first.first_sequence, first.end, first.by_type) == (0, 3, {OPEN: 2, CLICK: 1})
    assert (second.received_at, second.by_type) == (NOON, {OPEN: 2})
    assert [batch.end for batch in event_log.counts(workspace, 1, 5)] == [5]
    assert [batch.end for batch in event_log.counts(workspace, 0, 4)] == [3]


def test_the_events_of_an_identity_are_found_in_order(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(100, f"{n}-", people=10) for n in range(30)])
    found = event_log.by_identity(workspace, "p3", 0, 10**6, 1_000)
    assert [sequence for sequence, _, _ in found] == [n * 10 + 3 for n in range(300)]
    assert {record.identity for _, _, record in found} == {"p3"}
    assert [s for s, _, _ in event_log.by_identity(workspace, "p3", 14, 34, 9)] == [23, 33]
    assert [s for s, _, _ in event_log.by_identity(workspace, "p3", 14, 10**6, 2)] == [23, 33]


def test_an_event_is_found_by_its_id_newest_first(cast: Cast) -> None:
    """The same id in one batch and in another is as many events."""
    workspace = cast.workspace.pk
    log_of(workspace, [[an_event("twice"), an_event("x"), an_event("twice")], [an_event("twice")]])
    assert [sequence for sequence, _, _ in event_log.by_event_id(workspace, "twice")] == [3, 2, 0]
    assert len(event_log.by_event_id(workspace, "twice", limit=2)) == 2


def test_what_a_transaction_takes_back_leaves_no_gap(cast: Cast) -> None:
    workspace = cast.workspace.pk
    with pytest.raises(RuntimeError), transaction.atomic():
        intake.accept(workspace, events_of(5), NOON)
        raise RuntimeError
    assert event_log.head(workspace) == 0
    assert intake.accept(workspace, events_of(1), NOON).first_sequence == 0


def test_nothing_takes_no_sequence(cast: Cast) -> None:
    assert intake.accept(cast.workspace.pk, [], NOON).count == 0
    assert event_log.head(cast.workspace.pk) == 0


def test_the_last_events_of_some_identities_come_newest_first(cast: Cast) -> None:
    workspace = cast.workspace.pk
    log_of(workspace, [events_of(30, prefix, people=7) for prefix in "abcdef"])
    log_of(workspace, [[an_event("x1", None, device_id="p1")], [an_event("y", "other")]])
    newest = event_log.latest_of(workspace, ["p1", "p2"], None, 4)
    assert [record.id for _, _, record in newest] == ["x1", "f29", "f23", "f22"]
    before = newest[-1][0]
    older = event_log.latest_of(workspace, ["p1", "p2"], before, 3)
    assert [record.id for _, _, record in older] == ["f16", "f15", "f9"]
    everything = event_log.latest_of(workspace, ["p1"], None, 1_000)
    assert len(everything) == 31
    assert [one[0] for one in everything] == sorted((one[0] for one in everything), reverse=True)
    assert event_log.latest_of(workspace, [], None, 5) == []
    assert event_log.latest_of(cast.other_workspace.pk, ["p1"], None, 5) == []


def test_events_are_found_by_their_places_and_what_has_left_is_absent(cast: Cast) -> None:
    log_of(cast.workspace.pk, [events_of(3), events_of(2, "f")])
    found = event_log.at(cast.workspace.pk, [0, 2, 3, 77])
    assert [sequence for sequence, _, _ in found] == [0, 2, 3]


def test_the_span_of_a_time_is_that_of_its_batches(cast: Cast) -> None:
    assert event_log.span(cast.workspace.pk, None, None) == range(0)
    for minutes in range(3):
        at = NOON + timedelta(minutes=minutes)
        intake.accept(cast.workspace.pk, [an_event(), an_event()], at)
    since = NOON + timedelta(minutes=1)
    assert event_log.span(cast.workspace.pk, since, None) == range(2, 6)
    assert event_log.span(cast.workspace.pk, since, since + timedelta(minutes=1)) == range(2, 4)
    assert event_log.span(cast.workspace.pk, None, NOON) == range(0)
