"""What is kept for a while, and how totals outlive it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from currents import keeping, ledger
from currents.fates import Fate
from currents.models import LedgerEntry
from tests.currents.factories import CurrentFactory, LedgerEntryFactory
from tests.currents.world import START

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

OLD = START - timedelta(days=20)


def test_old_minutes_become_days_and_the_total_stays() -> None:
    current = CurrentFactory.create()
    for number in range(5):
        LedgerEntryFactory(current=current, minute=OLD + timedelta(minutes=number), count=10)
    assert keeping.gather_days(START) == 5
    row = LedgerEntry.objects.get()
    assert (row.count, row.minute.hour, row.minute.minute) == (50, 0, 0)
    assert keeping.gather_days(START) == 0


def test_what_waits_keeps_its_minute() -> None:
    LedgerEntryFactory(minute=OLD, fate=Fate.WAITING)
    keeping.gather_days(START)
    assert LedgerEntry.objects.get().minute == OLD


def test_two_schedulers_gather_each_minute_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read the same rows; who comes second finds them empty."""
    current = CurrentFactory.create()
    LedgerEntryFactory(current=current, minute=OLD, count=10)
    gather_rows = keeping._gather_rows

    def twice(current_id: int, found: list[LedgerEntry]) -> None:
        gather_rows(current_id, found)
        gather_rows(current_id, found)

    monkeypatch.setattr(keeping, "_gather_rows", twice)
    keeping.gather_days(START)
    assert ledger.balance(current.pk).delivered == 10
    assert [row.count for row in LedgerEntry.objects.all()] == [10]
