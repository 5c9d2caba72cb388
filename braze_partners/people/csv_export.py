"""People as lines of CSV, by their numbers: who they are and their reserved fields.

Knows how profiles are stored; knows nothing of files or of why somebody is exported. Every cell
is safe to open in a spreadsheet (workspaces/csv_cells.py has the rule; PostgreSQL writes the same
lines itself, which is twenty times as fast).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
from django.db import connection
from pyroaring import BitMap

from braze_partners.people import postgres
from braze_partners.people.finding import identifiers_of
from braze_partners.people.models import Profile
from braze_partners.workspaces.csv_cells import FORMULA_STARTS, csv_lines

COLUMNS = (
    "identifier",
    "braze_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "language",
    "created_at",
    "last_active_at",
)
_TEXTS = COLUMNS[2:8]
_MOMENTS = COLUMNS[8:]
_READ = "p.id, p.number, p.external_id, p.braze_id, " + ", ".join(
    f"p.{each}" for each in COLUMNS[2:]
)
_CHUNK = 5_000  # people at a time on SQLite

# Called like everywhere: external id, else the oldest alias, else the oldest device, else braze id.
_IDENTIFIER = """
CASE WHEN p.external_id IS NOT NULL THEN {external_id} ELSE coalesce(
  (SELECT 'alias:' || a.label || ':' || a.name FROM people_alias a
    WHERE a.profile_id = p.id ORDER BY a.id LIMIT 1),
  (SELECT 'device:' || d.device_id FROM people_device d
    WHERE d.profile_id = p.id ORDER BY d.id LIMIT 1),
  'braze_id:' || p.braze_id) END
"""
_SAFE = (
    "CASE WHEN {0} <> '' THEN CASE WHEN strpos({starts}, left(ltrim({0}, ' '), 1)) > 0"
    " AND ltrim({0}, ' ') <> '' THEN '''' || {0} ELSE {0} END END"
)
_MOMENT = "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


def header() -> bytes:
    return "".join(csv_lines([COLUMNS])).encode()


def lines(workspace_id: int, numbers: BitMap) -> Iterator[bytes | memoryview]:
    """The people of these numbers in order, in pieces of any size that end with a whole line."""
    if postgres.is_postgres():
        yield from _copied(workspace_id, numbers)
        return
    wanted = list(numbers)
    for start in range(0, len(wanted), _CHUNK):
        rows = _rows(workspace_id, wanted[start : start + _CHUNK])
        yield "".join(csv_lines(rows)).encode()


def _copied(workspace_id: int, numbers: BitMap) -> Iterator[memoryview]:
    statement = f"""
        COPY (SELECT {_columns()} FROM (
                SELECT {_READ} FROM people_profile p
                 WHERE p.workspace_id = {int(workspace_id)} AND p.number >= {numbers.min()}
                   AND p.number <= {numbers.max()} {_among(numbers)}
                 ORDER BY p.number OFFSET 0) p
        ) TO STDOUT WITH (FORMAT csv, ENCODING 'UTF8')
    """  # OFFSET 0: sorted before the cells are made, which is half the work
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    with (
        connection.wrap_database_errors,
        raw.cursor() as cursor,
        cursor.copy(cast("Any", statement)) as copy,
    ):
        yield from (memoryview(piece) for piece in copy)


def _among(numbers: BitMap) -> str:
    """Nothing where the range holds nobody else, so that the numbers need not be told."""
    if len(numbers) == numbers.max() - numbers.min() + 1:
        return ""
    told = ",".join(map(str, numbers))
    return f"AND p.number = ANY ('{{{told}}}'::bigint[])"


def _columns() -> str:
    starts = "E'" + "".join(
        {"\t": "\\t", "\r": "\\r", "\n": "\\n"}.get(start, start) for start in FORMULA_STARTS
    )
    starts += "'"

    def safe(column: str) -> str:
        return _SAFE.format(column, starts=starts)

    return ", ".join(
        [
            _IDENTIFIER.format(external_id=safe("p.external_id")),
            "p.braze_id",
            *(safe(f"p.{column}") for column in _TEXTS),
            *(_MOMENT.format(f"p.{column}") for column in _MOMENTS),
        ]
    )


def _rows(workspace_id: int, numbers: Sequence[int]) -> Iterator[list[Any]]:
    profiles = Profile.objects.filter(workspace_id=workspace_id, number__in=numbers)
    held = {number: texts for number, *texts in profiles.values_list("number", *_TEXTS)}
    for person in identifiers_of(workspace_id, numbers):
        if person.number in held:  # else they came between the two questions
            moments = [_moment(person.created_at), _moment(person.last_active_at)]
            yield [person.identifier, person.braze_id, *held[person.number], *moments]


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
