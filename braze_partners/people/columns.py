"""Changes columns of many known profiles at once. Knows how a profile is stored; knows not why it
changes. The caller holds the profiles' rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

_TYPES = {
    "date_of_birth": "date",
    "first_session_at": "timestamptz",
    "last_session_at": "timestamptz",
    "updated_at": "timestamptz",
}
# Who was told to have been here was active then; later activity stays.
_LAST_SESSION = "last_session_at"


def write(changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """What each profile (by primary key) holds from now on. One statement on PostgreSQL; on SQLite
    one per set of columns, each run for its rows."""
    told = [(key, fields) for key, fields in changes if fields]
    if not told:
        return
    if connection.vendor == "postgresql":
        _write_arrays(told)
        return
    by_shape: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for key, fields in told:
        shape = tuple(sorted(fields))
        by_shape.setdefault(shape, []).append((*(fields[name] for name in shape), key))
    for shape, rows in sorted(by_shape.items()):
        _write_rows(shape, rows)


def _write_arrays(told: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Each column as an array of values; where not every profile is told of it, also an array that
    says which are."""
    names = sorted({name for _key, fields in told for name in fields})
    arrays, sets = ["unnest(%s::bigint[]) AS key"], []
    values: list[list[Any]] = [[key for key, _fields in told]]
    for name in names:
        arrays.append(f"unnest(%s::{_TYPES.get(name, 'text')}[]) AS {name}")
        values.append([fields.get(name) for _key, fields in told])
        if all(name in fields for _key, fields in told):
            sets.append(f"{name} = told.{name}")
            continue
        arrays.append(f"unnest(%s::bool[]) AS has_{name}")
        values.append([name in fields for _key, fields in told])
        sets.append(f"{name} = CASE WHEN told.has_{name} THEN told.{name} ELSE p.{name} END")
    if _LAST_SESSION in names:
        sets.append("last_active_at = GREATEST(p.last_active_at, told.last_session_at)")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE people_profile p SET {', '.join(sets)}"
            f" FROM (SELECT {', '.join(arrays)}) told WHERE p.id = told.key",
            values,
        )


def _write_rows(shape: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    sets = [f"{connection.ops.quote_name(name)} = %s" for name in shape]
    statement = f"UPDATE people_profile SET {', '.join(sets)} WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        if _LAST_SESSION in shape:
            cursor.executemany(_LATER_SQLITE, [(row[-1],) for row in rows])


_LATER_SQLITE = """
UPDATE people_profile SET last_active_at = last_session_at
WHERE id = %s AND last_session_at > COALESCE(last_active_at, '')
"""
