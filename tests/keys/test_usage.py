"""The use of a key is written beside the requests, at most once a minute."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from pytest_django import Settings as SettingsWrapper

from braze_partners.keys import usage
from braze_partners.keys.models import DataImportKey, KeyUse
from tests.keys.factories import DataImportKeyFactory, KeyUseFactory, RestApiKeyFactory

NOW = datetime(2026, 5, 12, 14, 30, 12, tzinfo=UTC)
IMPORT = KeyUse.Kind.DATA_IMPORT


@pytest.fixture
def book(settings: SettingsWrapper) -> Iterator[usage.UseBook]:
    settings.WRITE_KEY_USE_IN_BACKGROUND = False
    book = usage.UseBook()
    yield book
    book.end()


@pytest.mark.django_db
@pytest.mark.embedded
def test_it_writes_times_addresses_and_calls_by_hour(book: usage.UseBook) -> None:
    key = DataImportKeyFactory.create()
    book.note((IMPORT, key.pk), "10.0.0.1", NOW)
    book.note((IMPORT, key.pk), "10.0.0.2", NOW + timedelta(seconds=20))
    book.note((IMPORT, key.pk), None, NOW + timedelta(minutes=40))
    book.write_out(book.take_all())

    key.refresh_from_db()
    assert (key.first_used_at, key.first_used_address) == (NOW, "10.0.0.1")
    assert (key.last_used_at, key.last_used_address) == (
        NOW + timedelta(minutes=40),
        None,
    )
    assert list(KeyUse.objects.order_by("hour").values_list("hour", "calls")) == [
        (datetime(2026, 5, 12, 14, tzinfo=UTC), 2),
        (datetime(2026, 5, 12, 15, tzinfo=UTC), 1),
    ]


@pytest.mark.django_db
def test_the_first_use_is_due_at_once_and_later_ones_after_a_minute(
    book: usage.UseBook,
) -> None:
    ref = (IMPORT, DataImportKeyFactory.create().pk)
    book.note(ref, None, NOW)
    assert ref in book.take_due(NOW)

    book.note(ref, None, NOW + timedelta(seconds=5))
    assert not book.take_due(NOW + timedelta(seconds=59))
    assert ref in book.take_due(NOW + timedelta(seconds=60))


@pytest.mark.django_db
def test_calls_add_up_over_writes_and_the_first_use_stays(book: usage.UseBook) -> None:
    key = DataImportKeyFactory.create()
    for minute in range(3):
        book.note((IMPORT, key.pk), f"10.0.0.{minute}", NOW + timedelta(minutes=minute))
        book.write_out(book.take_all())

    key.refresh_from_db()
    assert (key.first_used_at, key.first_used_address) == (NOW, "10.0.0.0")
    assert key.last_used_address == "10.0.0.2"
    assert KeyUse.objects.get().calls == 3


@pytest.mark.django_db
def test_a_failed_write_is_kept_and_written_with_what_came_since(
    book: usage.UseBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = DataImportKeyFactory.create()
    book.note((IMPORT, key.pk), "10.0.0.1", NOW)
    taken = book.take_all()
    book.note((IMPORT, key.pk), "10.0.0.2", NOW + timedelta(seconds=1))

    def fail(*args: object) -> None:
        raise DatabaseError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(usage, "write", fail)
        book.write_out(taken)
    book.write_out(book.take_all())

    key.refresh_from_db()
    assert (key.first_used_address, key.last_used_address) == ("10.0.0.1", "10.0.0.2")
    assert KeyUse.objects.get().calls == 2


@pytest.mark.django_db
def test_a_use_of_a_deleted_key_leaves_nothing(book: usage.UseBook) -> None:
    book.note((IMPORT, 999_999), None, NOW)
    book.write_out(book.take_all())

    assert not KeyUse.objects.exists()


def test_no_use_is_lost_among_threads(book: usage.UseBook) -> None:
    def note() -> None:
        for _ in range(500):
            book.note((IMPORT, 1), None, NOW)

    threads = [threading.Thread(target=note) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(book.take_all()[IMPORT, 1].calls.values()) == 4_000


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_the_first_use_promptly_and_the_rest_at_the_end(
    settings: SettingsWrapper,
) -> None:
    settings.WRITE_KEY_USE_IN_BACKGROUND = True
    key = DataImportKeyFactory.create()
    book = usage.UseBook()
    wrote = threading.Event()
    try:
        book.note((IMPORT, key.pk), "10.0.0.1", datetime.now(UTC))
        for _ in range(100):
            if DataImportKey.objects.get().last_used_at:
                break
            wrote.wait(0.05)
        assert DataImportKey.objects.get().last_used_address == "10.0.0.1"
        book.note((IMPORT, key.pk), "10.0.0.2", datetime.now(UTC))
    finally:
        book.end()

    assert DataImportKey.objects.get().last_used_address == "10.0.0.2"
    assert sum(KeyUse.objects.values_list("calls", flat=True)) == 2


def test_a_forked_child_begins_with_an_empty_book(settings: SettingsWrapper) -> None:
    settings.WRITE_KEY_USE_IN_BACKGROUND = False
    usage.note_use(IMPORT, 1, None, NOW)
    child = os.fork()
    if child == 0:
        os._exit(0 if not usage._book.take_all() else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert usage._book.take_all()


@pytest.mark.django_db
def test_calls_of_the_last_day_leave_out_older_hours_and_other_keys() -> None:
    for hours, calls in ((0, 5), (23, 7), (24, 100)):
        KeyUseFactory.create(
            key_id=1, hour=usage.hour_of(NOW) - timedelta(hours=hours), calls=calls
        )
    KeyUseFactory.create(kind=KeyUse.Kind.REST, key_id=1, hour=usage.hour_of(NOW), calls=50)

    assert usage.calls_last_day(IMPORT, [1, 2], NOW) == {1: 12}


@pytest.mark.django_db
def test_hours_past_a_month_are_forgotten() -> None:
    RestApiKeyFactory.create()
    KeyUseFactory.create(key_id=1, hour=NOW - timedelta(days=31))
    KeyUseFactory.create(key_id=2, hour=NOW - timedelta(days=29))

    assert usage.forget_old(NOW) == 1
