"""Writers at once, a slow one among them, and readers who must miss nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from braze_partners.events import event_log, intake, log_sql
from braze_partners.events.errors import LogUnavailable
from braze_partners.events.intake import Accepted
from tests.events.factories import NOON, an_event, events_of

pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]

WORKSPACE = 7
WRITERS = 6
REQUESTS = 25


def write_many(writer: int) -> list[tuple[str, Accepted]]:
    """Every third request in a transaction of its own, as /users/track does it."""
    done = []
    try:
        for request in range(REQUESTS):
            name = f"{writer}-{request}-"
            events = events_of(1 + (writer + request) % 7, name)
            if request % 3:
                done.append((name, intake.accept(WORKSPACE, events, NOON)))
                continue
            with transaction.atomic():
                done.append((name, intake.accept(WORKSPACE, events, NOON)))
    finally:
        connection.close()
    return done


def read_along(writing: threading.Event) -> list[tuple[int, str]]:
    """Follows the log as a Current does: from its position, and never back."""
    seen: list[tuple[int, str]] = []
    position = 0
    try:
        while True:
            last_time = not writing.is_set()
            for batch in event_log.read(WORKSPACE, position, limit_events=20):
                assert batch.first_sequence <= position, "a gap"
                seen += [(batch.first_sequence + one.index, one.id) for one in batch.records]
                position = batch.end
                last_time = False
            if last_time:
                return seen
    finally:
        connection.close()


def test_readers_miss_nothing_and_sequences_have_no_gaps() -> None:
    writing = threading.Event()
    writing.set()
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        readers = [pool.submit(read_along, writing) for _ in range(2)]
        done = [one for part in pool.map(write_many, range(WRITERS)) for one in part]
        writing.clear()
        read = [reader.result(timeout=60) for reader in readers]
    total = sum(accepted.count for _, accepted in done)
    told = {
        accepted.first_sequence + n: f"{name}{n}"
        for name, accepted in done
        for n in range(accepted.count)
    }
    assert sorted(told) == list(range(total))
    assert event_log.head(WORKSPACE) == total
    for seen in read:
        assert seen == sorted(told.items())


def test_a_slow_transaction_holds_back_those_after_it_and_hides_none() -> None:
    """The slow one has its place before it commits. Nobody may stand behind it and be seen
    first: a reader that went past would never look back."""
    placed, go_on = threading.Event(), threading.Event()

    def slow() -> Accepted:
        try:
            with transaction.atomic():
                accepted = intake.accept(WORKSPACE, events_of(3, "slow"), NOON)
                placed.set()
                assert go_on.wait(30)
            return accepted
        finally:
            connection.close()

    def quick() -> Accepted:
        try:
            return intake.accept(WORKSPACE, events_of(2, "quick"), NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        slowly = pool.submit(slow)
        assert placed.wait(30)
        quickly = pool.submit(quick)
        assert event_log.head(WORKSPACE) == 0
        assert event_log.read(WORKSPACE, 0, limit_events=10) == []
        with pytest.raises(TimeoutError):
            quickly.result(timeout=0.3)
        assert event_log.read(WORKSPACE, 0, limit_events=10) == []
        go_on.set()
        assert slowly.result(30).first_sequence == 0
        assert quickly.result(30).first_sequence == 3
    ids = [r.id for batch in event_log.read(WORKSPACE, 0, limit_events=10) for r in batch.records]
    assert ids == ["slow0", "slow1", "slow2", "quick0", "quick1"]


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It hung in the middle of its transaction: the others are told to come again."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has its busy timeout")
    statement = log_sql._APPEND.replace("'15s'", "'50ms'")
    assert statement != log_sql._APPEND
    monkeypatch.setattr(log_sql, "_APPEND", statement)
    placed, go_on = threading.Event(), threading.Event()

    def hung() -> None:
        try:
            with transaction.atomic():
                intake.accept(WORKSPACE, events_of(1), NOON)
                placed.set()
                assert go_on.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(hung)
        assert placed.wait(30)
        with pytest.raises(LogUnavailable):
            intake.accept(WORKSPACE, events_of(1), NOON)
        go_on.set()
        hanging.result(30)
    assert intake.accept(WORKSPACE, events_of(1), NOON).first_sequence == 1


def test_one_workspace_does_not_wait_for_another() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with transaction.atomic():
        intake.accept(WORKSPACE, events_of(1), NOON)
        with ThreadPoolExecutor(1) as pool:

            def elsewhere() -> Accepted:
                try:
                    return intake.accept(WORKSPACE + 1, events_of(1), NOON)
                finally:
                    connection.close()

            assert pool.submit(elsewhere).result(timeout=30).count == 1


def test_a_rolled_back_writer_leaves_no_gap_for_those_who_waited() -> None:
    placed, go_on = threading.Event(), threading.Event()

    def failing() -> None:
        try:
            with transaction.atomic():
                intake.accept(WORKSPACE, events_of(3), NOON)
                placed.set()
                assert go_on.wait(30)
                raise RuntimeError
        finally:
            connection.close()

    def waiting() -> Accepted:
        try:
            return intake.accept(WORKSPACE, [an_event()], NOON + timedelta(seconds=1))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        failed = pool.submit(failing)
        assert placed.wait(30)
        waited = pool.submit(waiting)
        go_on.set()
        with pytest.raises(RuntimeError):
            failed.result(30)
        assert waited.result(30).first_sequence == 0
    assert event_log.head(WORKSPACE) == 1
