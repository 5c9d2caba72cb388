"""The log's days on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
import structlog
from django.db import connection

from braze_partners.events import event_log, intake, limits, partitions, tasks
from tests.events.factories import NOON, events_of

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def on_postgresql(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no partitions")


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_today_and_the_next_three_days_are_made_once() -> None:
    wanted = [TODAY + timedelta(days=ahead) for ahead in range(4)]
    assert partitions.make_ahead(NOON) == wanted
    assert partitions.make_ahead(NOON) == []
    assert partitions.make_ahead(NOON + timedelta(days=1)) == [TODAY + timedelta(days=4)]
    assert set(wanted) < set(partitions.days())


def test_the_migration_has_made_the_first_days() -> None:
    assert len(partitions.days()) >= 4


def test_batches_go_to_the_day_of_their_receipt() -> None:
    partitions.make_ahead(NOON)
    midnight = datetime.combine(TODAY + timedelta(days=1), datetime.min.time(), NOON.tzinfo)
    intake.accept(1, events_of(2), NOON)
    intake.accept(1, events_of(2), midnight - timedelta(microseconds=1))
    intake.accept(1, events_of(2), midnight)
    assert rows_in(partitions.name_of(TODAY)) == 2
    assert rows_in(partitions.name_of(TODAY + timedelta(days=1))) == 1
    assert partitions.strays() == 0
    assert [batch.count for batch in event_log.read(1, 0, limit_events=100)] == [2, 2, 2]


def test_a_batch_without_a_day_is_kept_and_told() -> None:
    """A clock that was wrong, or a worker that was away for days."""
    intake.accept(1, events_of(3), NOON)
    assert partitions.strays() == 1
    assert event_log.head(1) == 3
    with structlog.testing.capture_logs() as lines:
        tasks.make_partitions()
    assert {"event": "log_without_partition", "batches": 1, "log_level": "error"} in lines


def test_strays_move_to_their_day_when_it_is_made() -> None:
    intake.accept(1, events_of(3), NOON)
    assert partitions.make_ahead(NOON)[0] == TODAY
    assert (partitions.strays(), rows_in(partitions.name_of(TODAY))) == (0, 1)
    assert [batch.count for batch in event_log.read(1, 0, limit_events=100)] == [3]


def test_too_many_strays_stay_and_the_other_days_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "MOVABLE_BYTES", 0)
    intake.accept(1, events_of(3), NOON)
    assert partitions.make_ahead(NOON) == [TODAY + timedelta(days=ahead) for ahead in (1, 2, 3)]
    assert partitions.strays() == 1
    assert len(event_log.read(1, 0, limit_events=100)) == 1


def test_bytes_are_stored_uncompressed_out_of_line() -> None:
    """The server's own compression would cost time for nothing, and a part could not be cut out."""
    partitions.make_ahead(NOON)
    assert columns_stored("e") == {"frames", "event_hashes", "identity_hashes"}


def test_what_a_look_up_scans_is_in_the_row() -> None:
    partitions.make_ahead(NOON)
    assert {"frame_ends", "event_filter", "identity_filter"} < columns_stored("p")


def columns_stored(how: str) -> set[str]:
    """`e` is external, `p` plain (in the row)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attstorage = %s"
            " AND attnum > 0",
            [partitions.name_of(TODAY), how],
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def unmade_days() -> Generator[Callable[[date], None], None, None]:
    """Takes days away again that a test with real commits has made."""
    days: list[date] = []
    yield days.append
    for day in days:
        partitions.drop(day)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_make_each_day_once(unmade_days: Callable[[date], None]) -> None:
    for ahead in range(4):
        unmade_days(TODAY + timedelta(days=ahead))

    def make(_: int) -> list[date]:
        try:
            return partitions.make_ahead(NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        made = [day for days in pool.map(make, range(3)) for day in days]
    assert sorted(made) == [TODAY + timedelta(days=ahead) for ahead in range(4)]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_others_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch, unmade_days: Callable[[date], None]
) -> None:
    monkeypatch.setattr(partitions, "PARTITION_PATIENCE_MS", 50)
    for ahead in range(4):
        unmade_days(TODAY + timedelta(days=ahead))
    reading, go_on = threading.Event(), threading.Event()

    def read_slowly() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM events_batch LIMIT 1")
                reading.set()
                assert go_on.wait(30)
                cursor.execute("ROLLBACK")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(read_slowly)
        assert reading.wait(30)
        assert partitions.make_ahead(NOON) == []
        assert not partitions.drop(partitions.days()[0])
        go_on.set()
        slow.result(30)
    assert len(partitions.make_ahead(NOON)) == limits.PARTITION_DAYS_AHEAD + 1
