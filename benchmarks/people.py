"""Profiles by the million, by COPY: for us, and the same for the plain twin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import connection
from psycopg import sql

from braze_partners.people.identity import identifier_hash
from braze_partners.people.models import NumberCounter, Profile
from braze_partners.workspaces.models import Workspace

Row = tuple[object, ...]


def external_id(number: int) -> str:
    """As long as real ones are."""
    return f"customer-{number:09d}"


def fill(workspace: Workspace, count: int) -> None:
    """People numbered from 0 on, with an external id each."""
    now = datetime.now(UTC)
    blank = {
        str(field.column): field.get_default()
        for field in Profile._meta.concrete_fields
        if not field.null and not field.primary_key
    }
    known = ["workspace_id", "number", "braze_id", "external_id", "external_hash", "created_at"]
    rest = [column for column in blank if column not in known]
    defaults = tuple(blank[column] for column in rest)

    def rows() -> Iterator[Row]:
        for number in range(count):
            text = external_id(number)
            hashed = identifier_hash(text)
            yield (workspace.pk, number, f"{number:024x}", text, hashed, now, *defaults)

    copy(Profile._meta.db_table, [*known, *rest], rows())
    NumberCounter.objects.update_or_create(workspace=workspace, defaults={"next": count})


def copy(table: str, columns: list[str], rows: Iterator[Row]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(statement) as target:
        for row in rows:
            target.write_row(row)


def settle() -> None:
    """What autovacuum would have done by the time a customer has so many people."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
