"""The project's running totals; it knows their names and their table, and counts nothing itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from braze_partners.sandbox.models import Tally

INGESTED = "ingested"
DUPLICATES = "duplicates"
REFUSED = "refused"  # events of requests that were answered with anything but 200
NAMES = (INGESTED, DUPLICATES, REFUSED)

PROFILE_CHANGES = "profile_changes"  # only ever grows: cohorts by rule look whether it did

_ADD = """
    INSERT INTO sandbox_tally (name, total) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET total = total + excluded.total
"""


def add(counts: Mapping[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [(name, count) for name, count in counts.items() if count])


def of(name: str) -> int:
    return Tally.objects.filter(name=name).values_list("total", flat=True).first() or 0


def begin_anew() -> None:
    Tally.objects.filter(name__in=NAMES).delete()


def totals() -> dict[str, int]:
    """Every total, and `received`, their sum: each event was new, a repeat or refused."""
    held = dict(Tally.objects.values_list("name", "total"))
    shown = {name: held.get(name, 0) for name in NAMES}
    return {"received": sum(shown.values()), **shown}
