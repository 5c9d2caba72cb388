"""How long what delivery leaves behind is kept: attempts for a week, zeros of the ledger not at
all, its minutes as half hours and then as days. Totals outlive everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction
from django.db.models.functions import ExtractHour, ExtractMinute, Mod

from currents import ledger
from currents.fates import Fate
from currents.ledger import half_hour_of
from currents.limits import (
    ATTEMPTS_KEPT,
    LEDGER_HALF_HOURS_KEPT,
    LEDGER_MINUTES_KEPT,
    ROWS_PER_STATEMENT,
)
from currents.models import Attempt, LedgerEntry

PLACE = ("minute", "event_type", "fate")
# The moment of the row that a minute is gathered into.
Into = Callable[[datetime], datetime]


def forget_attempts(now: datetime) -> int:
    """In bounded statements, so that no table is locked for long."""
    forgotten = 0
    while True:
        old = Attempt.objects.filter(at__lt=now - ATTEMPTS_KEPT).order_by("pk")
        keys = list(old.values_list("pk", flat=True)[:ROWS_PER_STATEMENT])
        if not keys:
            return forgotten
        forgotten += Attempt.objects.filter(pk__in=keys).delete()[0]


def gather(now: datetime) -> int:
    """Turns minutes into half hours and those into days, each once no window of a screen looks
    closer; of how many rows. What still waits keeps its minute: it will move to its fate from
    there. Rows that came to nothing go."""
    old, older = now - LEDGER_MINUTES_KEPT, _day(now - LEDGER_HALF_HOURS_KEPT)
    gathered = _gather_all(older, None, _day, {"hour": 0, "place": 0})
    gathered += _gather_all(half_hour_of(old), older, half_hour_of, {"place": 0})
    _forget_zeros(half_hour_of(old))
    return gathered


def _gather_all(
    before: datetime, since: datetime | None, into: Into, gathered: dict[str, int]
) -> int:
    """`gathered` is what the rows look like that were gathered before."""
    rows = LedgerEntry.objects.filter(minute__lt=before, count__gt=0).exclude(fate=Fate.WAITING)
    if since is not None:
        rows = rows.filter(minute__gte=since)
    clock = {"hour": ExtractHour("minute", tzinfo=UTC), "place": _PLACE}
    left = rows.annotate(**clock).exclude(**gathered)
    done = 0
    for current_id in left.order_by().values_list("current_id", flat=True).distinct():
        keys = left.filter(current_id=current_id).order_by("pk").values_list("pk", flat=True)
        while found := list(keys[:ROWS_PER_STATEMENT]):
            _gather_rows(current_id, found, into)
            done += len(found)
    return done


# Minutes past the half hour.
_PLACE = Mod(ExtractMinute("minute", tzinfo=UTC), 30)


def _gather_rows(current_id: int, keys: list[int], into: Into) -> None:
    """As they stand when they are locked: another scheduler may have gathered them meanwhile. An
    event that comes to a fate in a minute that is gone makes it anew."""
    rows = LedgerEntry.objects.filter(pk__in=keys)
    changes: Counter[ledger.Place] = Counter()
    with transaction.atomic():
        locked = rows.order_by("minute", "event_type", "fate").select_for_update()
        for minute, kind, fate, count in locked.values_list(*PLACE, "count"):
            changes[into(minute), kind, Fate(fate)] += count
        rows.delete()
        ledger.move(current_id, changes)


def _forget_zeros(before: datetime) -> None:
    while True:
        rows = LedgerEntry.objects.filter(minute__lt=before, count=0).order_by("pk")
        keys = list(rows.values_list("pk", flat=True)[:ROWS_PER_STATEMENT])
        if not keys:
            return
        LedgerEntry.objects.filter(pk__in=keys, count=0).delete()


def _day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
