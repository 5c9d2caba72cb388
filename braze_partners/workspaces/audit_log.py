"""Reading the audit log: filters, pages by cursor, rows for export. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from braze_partners.days import of_days
from braze_partners.workspaces.limits import (
    AUDIT_ENTRIES_PER_PAGE,
    EXPORT_CHUNK,
    MAX_EXPORTED_ENTRIES,
)
from braze_partners.workspaces.models import AuditEntry, Workspace

EXPORT_COLUMNS = ("at", "person", "address", "action", "object", "detail")


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Empty fields do not filter; the days are whole days of the workspace's zone."""

    person: str = ""
    action: str = ""
    target: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: list[AuditEntry]
    older: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry seen; entries further back come after it."""

    at: datetime
    id: int

    def __str__(self) -> str:
        microseconds = (self.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return f"{microseconds}-{self.id}"


def read_cursor(text: str) -> Cursor | None:
    microseconds, _dash, entry = text.partition("-")
    if not (microseconds.isdecimal() and entry.isdecimal()) or len(text) > 40:
        return None
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))
    except OverflowError:
        return None
    return Cursor(at, int(entry))


def found(workspace: Workspace, filters: AuditFilters, zone: tzinfo) -> QuerySet[AuditEntry]:
    """Newest first."""
    rows = AuditEntry.objects.filter(workspace=workspace).order_by("-at", "-id")
    if filters.person:
        rows = rows.filter(actor_text__icontains=filters.person)
    if filters.action:
        rows = rows.filter(action=filters.action)
    if filters.target:
        rows = rows.filter(target__icontains=filters.target)
    rows = of_days(rows, filters.first_day, filters.last_day, zone)
    return rows


def page_after(rows: QuerySet[AuditEntry], cursor: Cursor | None) -> AuditPage:
    entries = list(_after(rows, cursor)[: AUDIT_ENTRIES_PER_PAGE + 1])
    shown = entries[:AUDIT_ENTRIES_PER_PAGE]
    more = len(entries) > AUDIT_ENTRIES_PER_PAGE
    return AuditPage(shown, str(Cursor(shown[-1].at, shown[-1].pk)) if more else "")


def exported(rows: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    """The head, then the newest entries; each chunk is a query of its own, so memory stays flat."""
    yield list(EXPORT_COLUMNS)
    cursor, left = None, MAX_EXPORTED_ENTRIES
    while left > 0:
        chunk = list(_after(rows, cursor)[: min(EXPORT_CHUNK, left)])
        for entry in chunk:
            yield _cells(entry)
        left -= len(chunk)
        if len(chunk) < EXPORT_CHUNK:
            return
        cursor = Cursor(chunk[-1].at, chunk[-1].pk)


def detail_lines(detail: dict[str, Any]) -> list[tuple[str, str, str]]:
    """`(name, before, after)` of a change, `(name, "", value)` of any other fact."""
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        return [(_name(key), _text(before.get(key)), _text(after[key])) for key in after]
    return [(_name(key), "", _text(value)) for key, value in detail.items()]


def _after(rows: QuerySet[AuditEntry], cursor: Cursor | None) -> QuerySet[AuditEntry]:
    if cursor is None:
        return rows
    return rows.filter(Q(at__lt=cursor.at) | Q(at=cursor.at, id__lt=cursor.id))


def _cells(entry: AuditEntry) -> list[Any]:
    detail = orjson.dumps(entry.detail).decode() if entry.detail else ""
    at = entry.at.astimezone(UTC).isoformat(timespec="seconds")
    return [at, entry.actor_text, entry.address, entry.action, entry.target, detail]


def _name(key: str) -> str:
    return key.replace("_", " ")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "—" if value is None else orjson.dumps(value).decode()
