"""What busy ids have used of today's quota, written down each minute. Knows rows and pacers.

Redis may lose its data; then a project begins where it was a minute before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from currents.models import PacedDay
from currents.pacing.asking import DayCount, Pacer

KEPT = timedelta(days=2)


def written_down(project: str, day: date) -> list[DayCount]:
    rows = PacedDay.objects.filter(project=project, day=day)
    return [DayCount(row.kind, row.identifier, row.count) for row in rows]


def write_down(pacer: Pacer, now: datetime) -> int:
    """How many ids were written; old days go."""
    day = now.astimezone(UTC).date()
    rows = [
        _row(project, day, count) for project, counts in pacer.busy(now).items() for count in counts
    ]
    PacedDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["project", "day", "kind", "identifier_hash"],
        update_fields=["count"],
    )
    PacedDay.objects.filter(day__lt=day - KEPT).delete()
    return len(rows)


def take_up(pacer: Pacer, projects: Iterable[str], now: datetime) -> None:
    """At the start of a process that paces in its memory."""
    day = now.astimezone(UTC).date()
    for project in projects:
        pacer.restore(project, day, written_down(project, day))


def _row(project: str, day: date, count: DayCount) -> PacedDay:
    return PacedDay(
        project=project,
        day=day,
        kind=count.kind,
        identifier=count.identifier,
        identifier_hash=hashlib.md5(count.identifier.encode(), usedforsecurity=False).hexdigest(),
        count=count.events,
    )
