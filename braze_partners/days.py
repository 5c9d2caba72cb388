"""Rows of whole days of a time zone. Knows no screen."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def of_days(
    rows: QuerySet[Row], first: date | None, last: date | None, zone: tzinfo
) -> QuerySet[Row]:
    """By `at`, from the first day to the last, both whole; None, and a day at an edge of the
    calendar that may have no beginning in UTC, is no bound."""
    if first and first > date.min:
        rows = rows.filter(at__gte=_start(first, zone))
    if last and last < date.max:
        rows = rows.filter(at__lt=_start(last + timedelta(days=1), zone))
    return rows


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)
