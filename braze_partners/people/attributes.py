"""Custom attributes: their names with a type fixed at first sight, and their typed values.

Knows attributes and values; knows not how a value was written before it had a type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from braze_partners.people.errors import ValueRefused
from braze_partners.people.limits import MAX_ATTRIBUTES
from braze_partners.people.models import Attribute, AttributeValue

Value = str | float | bool | datetime | list[Any] | dict[str, Any]
Type = Attribute.Type


def type_of(value: Value) -> Type:
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, int | float):
        return Type.NUMBER
    if isinstance(value, list):
        return Type.ARRAY
    if isinstance(value, dict):
        return Type.OBJECT
    return Type.DATE if isinstance(value, datetime) else Type.TEXT


def known(workspace_id: int, names: Collection[str] | None = None) -> dict[str, Attribute]:
    """All attributes of a workspace, or those of the given names."""
    found = Attribute.objects.filter(workspace_id=workspace_id)
    if names is not None:
        found = found.filter(name__in=names)
    return {attribute.name: attribute for attribute in found}


def ensure(workspace_id: int, people: Iterable[Mapping[str, Value]]) -> dict[str, Attribute]:
    """The attributes that these people name, the missing ones made with the type first seen.

    Raises ValueRefused for a value of another type, or when the workspace has too many.
    """
    seen: dict[str, Type] = {}
    for values in people:
        for name, value in values.items():
            check(name, seen.setdefault(name, type_of(value)), value)
    if not seen:
        return {}
    there = known(workspace_id)
    missing = {name: seen[name] for name in seen if name not in there}
    if missing:
        there = declare(workspace_id, missing)
    for name, kind in seen.items():
        if there[name].type != kind:
            raise ValueRefused(name, wrong_type(name, Type(there[name].type)))
    return there


def declare(workspace_id: int, types: Mapping[str, Type]) -> dict[str, Attribute]:
    """Makes the attributes that do not exist; one that does keeps its type. Gives them all.

    In the order of their names, so that two who make the same ones never wait for each other.
    """
    there = known(workspace_id)
    missing = {name: kind for name, kind in types.items() if name not in there}
    if len(there) + len(missing) > MAX_ATTRIBUTES:
        first = next(iter(missing))
        raise ValueRefused(first, _("A workspace has at most %d attributes.") % MAX_ATTRIBUTES)
    if not missing:
        return there
    made = [
        Attribute(workspace_id=workspace_id, name=name, type=missing[name])
        for name in sorted(missing)
    ]
    Attribute.objects.bulk_create(made, ignore_conflicts=True)
    return known(workspace_id)


def check(name: str, kind: Type, value: Value) -> None:
    if type_of(value) != kind:
        raise ValueRefused(name, wrong_type(name, kind))


def wrong_type(name: str, kind: Type) -> str:
    sentences = {
        Type.TEXT: _("The attribute “%s” holds text."),
        Type.NUMBER: _("The attribute “%s” holds numbers."),
        Type.BOOLEAN: _("The attribute “%s” holds true or false."),
        Type.DATE: _("The attribute “%s” holds dates."),
        Type.ARRAY: _("The attribute “%s” holds arrays."),
        Type.OBJECT: _("The attribute “%s” holds objects."),
    }
    return sentences[kind] % name


def write(
    there: Mapping[str, Attribute], people: Iterable[tuple[int, Mapping[str, Value]]]
) -> None:
    """Values of profiles (by primary key); a new value replaces the old. A statement a column."""
    by_column: dict[str, list[tuple[int, int, Value]]] = {}
    for profile_id, values in people:
        for name, value in values.items():
            attribute = there[name]
            row = (attribute.pk, profile_id, value)
            by_column.setdefault(attribute.column, []).append(row)
    for column in sorted(by_column):
        _write_column(column, by_column[column])


_UPSERT = """
INSERT INTO people_attributevalue (attribute_id, profile_id, {column}) {rows}
ON CONFLICT (profile_id, attribute_id) DO UPDATE SET {column} = excluded.{column}
"""
_REMOVE = "DELETE FROM people_attributevalue WHERE (profile_id, attribute_id) {pairs}"
_PAIRS = "IN (SELECT unnest(%s::bigint[]), unnest(%s::bigint[]))"
_FIELDS = {column.name: column for column in AttributeValue._meta.concrete_fields}
_ARRAYS = {
    "text": "unnest(%s::text[])",
    "number": "unnest(%s::float8[])",
    "boolean": "unnest(%s::bool[])",
    "date": "unnest(%s::timestamptz[])",
    "json": "unnest(%s::text[])::jsonb",
}


def _write_column(column: str, values: list[tuple[int, int, Value]]) -> None:
    """Arrays on PostgreSQL, a row each on SQLite; the ORM's rows cost ten times as much."""
    quoted = connection.ops.quote_name(column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            rows = f"SELECT unnest(%s::bigint[]), unnest(%s::bigint[]), {_ARRAYS[column]}"
            attributes, profiles, plain = map(list, zip(*values, strict=True))
            if column == "json":
                plain = [orjson.dumps(value).decode() for value in plain]
            statement = _UPSERT.format(column=quoted, rows=rows)
            cursor.execute(statement, [attributes, profiles, plain])
            return
        prepare = _FIELDS[column].get_db_prep_save
        cursor.executemany(
            _UPSERT.format(column=quoted, rows="VALUES (%s, %s, %s)"),
            [(pk, owner, prepare(value, connection=connection)) for pk, owner, value in values],
        )


def remove(values: Sequence[tuple[int, int]]) -> None:
    """Takes values away, each named by profile and attribute (primary keys). One statement."""
    if not values:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            profiles, attributes = map(list, zip(*values, strict=True))
            cursor.execute(_REMOVE.format(pairs=_PAIRS), [profiles, attributes])
        else:
            cursor.executemany(_REMOVE.format(pairs="= (%s, %s)"), values)
