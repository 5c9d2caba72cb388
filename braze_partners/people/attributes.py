"""Custom attributes: their names with a type fixed at first sight, and their typed values.

Knows attributes and values; knows not how a value was written before it had a type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from braze_partners.people.errors import ValueRefused
from braze_partners.people.limits import MAX_ATTRIBUTES
from braze_partners.people.models import Attribute, AttributeValue

Value = str | float | bool | datetime
Type = Attribute.Type


def type_of(value: Value) -> Type:
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, int | float):
        return Type.NUMBER
    return Type.DATE if isinstance(value, datetime) else Type.TEXT


def known(workspace_id: int) -> dict[str, Attribute]:
    return {found.name: found for found in Attribute.objects.filter(workspace_id=workspace_id)}


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
    """Makes the attributes that do not exist; one that does keeps its type. Gives them all."""
    there = known(workspace_id)
    missing = {name: kind for name, kind in types.items() if name not in there}
    if len(there) + len(missing) > MAX_ATTRIBUTES:
        first = next(iter(missing))
        raise ValueRefused(first, _("A workspace has at most %d attributes.") % MAX_ATTRIBUTES)
    if not missing:
        return there
    made = [Attribute(workspace_id=workspace_id, name=n, type=t) for n, t in missing.items()]
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
    }
    return sentences[kind] % name


def write(
    there: Mapping[str, Attribute], people: Iterable[tuple[int, Mapping[str, Value]]]
) -> None:
    """Values of profiles (by primary key); a new value replaces the old. A statement a name."""
    by_name: dict[str, list[tuple[int, Value]]] = {}
    for profile_id, values in people:
        for name, value in values.items():
            by_name.setdefault(name, []).append((profile_id, value))
    for name, pairs in by_name.items():
        _write_one(there[name], pairs)


_UPSERT = """
INSERT INTO people_attributevalue (attribute_id, profile_id, {column}) {rows}
ON CONFLICT (profile_id, attribute_id) DO UPDATE SET {column} = excluded.{column}
"""
_FIELDS = {column.name: column for column in AttributeValue._meta.concrete_fields}
_ARRAY_TYPES = {
    Type.TEXT: "text",
    Type.NUMBER: "float8",
    Type.BOOLEAN: "bool",
    Type.DATE: "timestamptz",
}


def _write_one(attribute: Attribute, pairs: list[tuple[int, Value]]) -> None:
    """One array on PostgreSQL, a row each on SQLite; the ORM's rows cost ten times as much."""
    column = connection.ops.quote_name(attribute.type)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            array = f"%s::{_ARRAY_TYPES[Type(attribute.type)]}[]"
            rows = f"SELECT %s, unnest(%s::bigint[]), unnest({array})"
            profiles, values = map(list, zip(*pairs, strict=True))
            statement = _UPSERT.format(column=column, rows=rows)
            cursor.execute(statement, [attribute.pk, profiles, values])
            return
        prepare = _FIELDS[attribute.type].get_db_prep_save
        statement = _UPSERT.format(column=column, rows="VALUES (%s, %s, %s)")
        cursor.executemany(
            statement,
            [(attribute.pk, pk, prepare(value, connection=connection)) for pk, value in pairs],
        )
