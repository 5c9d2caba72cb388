"""How long what delivery leaves behind is kept: attempts for a week, zeros of the ledger not at
all, its minutes as days once they are old. Totals outlive everything.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from django.db import transaction

from currents import ledger
from currents.fates import Fate
from currents.limits import ATTEMPTS_KEPT, LEDGER_MINUTES_KEPT, ROWS_PER_STATEMENT
from currents.models import Attempt, LedgerEntry


def forget_attempts(now: datetime) -> int:
    """In bounded statements, so that no table is locked for long."""
    forgotten = 0
    while True:
        old = Attempt.objects.filter(at__lt=now - ATTEMPTS_KEPT).order_by("pk")
        keys = list(old.values_list("pk", flat=True)[:ROWS_PER_STATEMENT])
        if not keys:
            return forgotten
        forgotten += Attempt.objects.filter(pk__in=keys).delete()[0]


def gather_days(now: datetime) -> int:
    """Turns the minutes of days that no window shows any more into one row a day; of how many
    rows. What still waits keeps its minute: it will move to its fate from there."""
    before = (now - LEDGER_MINUTES_KEPT).astimezone(UTC)
    before = before.replace(hour=0, minute=0, second=0, microsecond=0)
    old = LedgerEntry.objects.filter(minute__lt=before, count__gt=0).exclude(fate=Fate.WAITING)
    gathered = 0
    for current_id in old.values_list("current_id", flat=True).distinct():
        gathered += _gather(current_id, before)
    LedgerEntry.objects.filter(minute__lt=before, count=0).delete()
    return gathered


def _gather(current_id: int, before: datetime) -> int:
    gathered = 0
    while True:
        rows = LedgerEntry.objects.filter(
            current_id=current_id, minute__lt=before, count__gt=0
        ).exclude(fate=Fate.WAITING)
        found = [row for row in rows.order_by("pk") if not _is_day(row.minute)][:ROWS_PER_STATEMENT]
        if not found:
            return gathered
        gathered += len(found)
        _gather_rows(current_id, found)


def _gather_rows(current_id: int, found: list[LedgerEntry]) -> None:
    """As they stand when they are locked: another scheduler may have gathered them meanwhile."""
    rows = LedgerEntry.objects.filter(pk__in=[row.pk for row in found])
    changes: Counter[ledger.Place] = Counter()
    with transaction.atomic():
        for row in rows.order_by("minute", "event_type", "fate").select_for_update():
            place = (row.minute, row.event_type, Fate(row.fate))
            changes[place] -= row.count
            changes[_day(row.minute), row.event_type, Fate(row.fate)] += row.count
        ledger.move(current_id, changes)


def _day(minute: datetime) -> datetime:
    return minute.astimezone(UTC).replace(hour=0, minute=0)


def _is_day(minute: datetime) -> bool:
    return _day(minute) == minute
