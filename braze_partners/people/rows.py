"""Many rows at once: COPY on PostgreSQL, bulk insert on SQLite. Knows no meaning of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

import psycopg
from django.db import connection, models

from braze_partners.people import postgres

Row = TypeVar("Row", bound=models.Model)

_RESERVE = """
SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)
"""


def reserve_keys(model: type[Row], count: int) -> list[int]:
    """Primary keys for rows that are inserted later; none on SQLite, which tells them itself."""
    if not postgres.is_postgres():
        return []
    return [key for (key,) in postgres.ask(_RESERVE, [model._meta.db_table, count])]


def insert(model: type[Row], made: Sequence[Row], keys: Sequence[int] = ()) -> None:
    """Inserts them; with `keys` (from reserve_keys) each row knows its primary key after."""
    if not made:
        return
    if not postgres.is_postgres():
        model._default_manager.bulk_create(made)
        return
    for row, key in zip(made, keys or reserve_keys(model, len(made)), strict=True):
        row.pk = key
    _copy(model, made)


def _copy(model: type[Row], made: Sequence[Row]) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(column.column)) for column in fields)
    statement = f"COPY {model._meta.db_table} ({columns}) FROM STDIN"
    names = [column.attname for column in fields]
    raw = cast("psycopg.Connection[Any]", connection.connection)
    with (
        connection.wrap_database_errors,
        raw.cursor() as cursor,
        cursor.copy(cast("Any", statement)) as copy,
    ):
        for row in made:
            state = row.__dict__
            copy.write_row([state[name] for name in names])
