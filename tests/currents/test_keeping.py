"""What is kept for a while, and how totals outlive it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from currents import keeping, ledger
from currents.fates import Fate
from currents.ledger import half_hour_of
from currents.limits import LEDGER_MINUTES_KEPT
from currents.models import LedgerEntry
from currents.spans import SPANS
from tests.currents.factories import CurrentFactory, LedgerEntryFactory
from tests.currents.world import START

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

OLD = START - timedelta(days=20)


def test_old_minutes_become_days_and_the_total_stays() -> None:
    current = CurrentFactory.create()
    for number in range(5):
        LedgerEntryFactory(current=current, minute=OLD + timedelta(minutes=number), count=10)
    assert keeping.gather(START) == 5
    row = LedgerEntry.objects.get()
    assert (row.count, row.minute.hour, row.minute.minute) == (50, 0, 0)
    assert keeping.gather(START) == 0


def test_minutes_become_half_hours_once_no_window_looks_closer() -> None:
    current = CurrentFactory.create()
    before = half_hour_of(START - LEDGER_MINUTES_KEPT)
    for minutes in (-61, -59, -31, -30, -29, -1, 0, 1, 60):
        LedgerEntryFactory(current=current, minute=before + timedelta(minutes=minutes), count=10)
    assert keeping.gather(START) == 5
    rows = LedgerEntry.objects.order_by("minute")
    assert [((row.minute - before) // timedelta(minutes=1), row.count) for row in rows] == [
        (-90, 10),
        (-60, 20),
        (-30, 30),
        (0, 10),
        (1, 10),
        (60, 10),
    ]
    assert keeping.gather(START) == 0


def test_the_windows_tell_the_same_before_and_after() -> None:
    current = CurrentFactory.create()
    for minutes in range(0, 9 * 24 * 60, 7):
        at = START.replace(second=0, microsecond=0) - timedelta(minutes=minutes)
        LedgerEntryFactory(current=current, minute=at, count=1)

    def told() -> list[int]:
        return [ledger.balance(current.pk, one.since(START)).received for one in SPANS.values()]

    before = told()
    assert keeping.gather(START) > 1_000
    assert LedgerEntry.objects.count() < 600
    assert told() == before


def test_rows_that_came_to_nothing_go() -> None:
    current = CurrentFactory.create()
    for minute in (OLD, START - timedelta(hours=5), START):
        LedgerEntryFactory(current=current, minute=minute, fate=Fate.WAITING, count=0)
    keeping.gather(START)
    assert [row.minute for row in LedgerEntry.objects.all()] == [START]


def test_what_waits_keeps_its_minute() -> None:
    LedgerEntryFactory(minute=OLD, fate=Fate.WAITING)
    keeping.gather(START)
    assert LedgerEntry.objects.get().minute == OLD


def test_two_schedulers_gather_each_minute_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have found the same rows; who comes second finds them gone."""
    current = CurrentFactory.create()
    LedgerEntryFactory(current=current, minute=OLD, count=10)
    gather_rows = keeping._gather_rows

    def twice(current_id: int, keys: list[int], into: keeping.Into) -> None:
        gather_rows(current_id, keys, into)
        gather_rows(current_id, keys, into)

    monkeypatch.setattr(keeping, "_gather_rows", twice)
    keeping.gather(START)
    assert ledger.balance(current.pk).delivered == 10
    assert [row.count for row in LedgerEntry.objects.all()] == [10]
