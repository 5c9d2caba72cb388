"""Asks the profiles themselves: the numbers for whom a question is true, in a range or among some.

Knows how profiles, devices and values are stored; knows nothing of answers that are kept. One
statement; PostgreSQL packs the numbers, so that a million of them arrive as 4 MB.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from sys import byteorder
from typing import Any, NamedTuple

from django.db import connection
from pyroaring import BitMap

from braze_partners.people import postgres
from braze_partners.people.models import Subscription
from braze_partners.people.questions import Comparison, Question, Subject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FETCHED = 20_000  # rows of SQLite at a time
_ASKED_TOGETHER = 100  # questions about one person: SQLite joins 500 arms at most


class Condition(NamedTuple):
    """`source` is what stands behind FROM; the people's rows in it are called `who`."""

    source: str
    sql: str
    parameters: list[Any]


_PROFILE = "people_profile who"
_DEVICE = "people_device who"
_DEVICE_OF = "people_device d JOIN people_profile who ON who.id = d.profile_id"
_VALUE = "people_attributevalue v JOIN people_profile who ON who.id = v.profile_id"

_COLUMNS = {
    Subject.EMAIL: "email",
    Subject.COUNTRY: "country",
    Subject.LANGUAGE: "language",
    Subject.CREATED: "created_at",
    Subject.LAST_ACTIVE: "last_active_at",
}
_MOMENTS = (Subject.CREATED, Subject.LAST_ACTIVE)
_SIGNS = {
    Comparison.ABOVE: ">",
    Comparison.AT_LEAST: ">=",
    Comparison.BELOW: "<",
    Comparison.AT_MOST: "<=",
}


def numbers(
    workspace_id: int, question: Question, first: int, end: int, among: BitMap | None = None
) -> BitMap:
    """Those in `[first, end)`, or those of `among` in it, for whom it is true, as of now."""
    source, sql, parameters = condition(question)
    where = f"FROM {source} WHERE who.workspace_id = %s AND who.number >= %s AND who.number < %s"
    given: list[Any] = [workspace_id, first, end]
    if postgres.is_postgres():
        if among is not None:
            where += " AND who.number = ANY(%s)"
            given.append(postgres.Int8Array.of(among))
        return _ask_packed(f"{where} AND {sql}", [*given, *parameters], first)
    if among is not None:
        where += " AND who.number IN (SELECT value FROM json_each(%s))"
        given.append(json.dumps(list(among)))
    return BitMap(_ask_plainly(f"SELECT who.number {where} AND {sql}", [*given, *parameters]))


def _ask_packed(where: str, parameters: list[Any], first: int) -> BitMap:
    """Each number as four bytes from `first` on, so that a signed integer holds it."""
    packed = f"SELECT string_agg(int4send((who.number - %s)::int), ''::bytea) {where}"
    ((offsets,),) = postgres.ask(packed, [first, *parameters])
    if not offsets:
        return BitMap()
    found = array("I", offsets)
    if byteorder == "little":
        found.byteswap()
    return BitMap(found).shift(first)


def _ask_plainly(statement: str, parameters: list[Any]) -> Iterator[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while rows := cursor.fetchmany(_FETCHED):
            yield from (number for (number,) in rows)


def true_of(workspace_id: int, number: int, questions: Collection[Question]) -> set[Question]:
    """Those that are true of one person, as of now; a statement for a hundred of them."""
    asked = list(questions)
    found: set[Question] = set()
    for start in range(0, len(asked), _ASKED_TOGETHER):
        together = asked[start : start + _ASKED_TOGETHER]
        arms, parameters = [], []
        for at, question in enumerate(together):
            source, sql, given = condition(question)
            arms.append(
                f"SELECT {at} WHERE EXISTS (SELECT 1 FROM {source}"
                f" WHERE who.workspace_id = %s AND who.number = %s AND {sql})"
            )
            parameters += [workspace_id, number, *given]
        found |= {together[at] for at in _ask_plainly(" UNION ALL ".join(arms), parameters)}
    return found


def condition(question: Question) -> Condition:
    """A question in SQL, the same for both databases but for how a list is given."""
    match question.subject:
        case Subject.PUSH_ENABLED:
            return Condition(_DEVICE, "who.push_enabled", [])
        case Subject.REACH_PUSH:
            sql = "d.push_enabled AND who.push_subscribe <> %s"
            return Condition(_DEVICE_OF, sql, [Subscription.UNSUBSCRIBED.value])
        case Subject.REACH_EMAIL:
            sql = "who.email <> '' AND who.email_subscribe <> %s"
            return Condition(_PROFILE, sql, [Subscription.UNSUBSCRIBED.value])
        case Subject.REACH_SMS:
            return Condition(_PROFILE, "who.phone <> ''", [])
        case Subject.ATTRIBUTE:
            column = f"v.{connection.ops.quote_name(question.column)}"
            sql, parameters = _compared(question, column, question.column == "date")
            return Condition(
                _VALUE, f"v.attribute_id = %s AND {sql}", [question.attribute, *parameters]
            )
        case subject:
            column = f"who.{_COLUMNS[subject]}"
            return Condition(_PROFILE, *_compared(question, column, subject in _MOMENTS))


def _compared(question: Question, column: str, moments: bool) -> tuple[str, list[Any]]:
    values = [_moment(value) if moments else value for value in question.values]
    match question.comparison:
        case Comparison.PRESENT:
            if question.subject is Subject.ATTRIBUTE or moments:
                return f"{column} IS NOT NULL", []
            return f"{column} <> ''", []
        case Comparison.ANY_OF:
            places = ", ".join(["%s"] * len(values))
            return f"{column} IN ({places})", values
        case Comparison.CONTAINS:
            found = "strpos" if postgres.is_postgres() else "instr"
            return f"{found}({column}, %s) > 0", values
        case Comparison.STARTS_WITH:
            return f"substr({column}, 1, %s) = %s", [len(str(values[0])), values[0]]
        case Comparison.WITHIN:
            return f"{column} >= %s AND {column} < %s", values
        case other:
            return f"{column} {_SIGNS[other]} %s", values


def _moment(micros: Any) -> Any:
    """As the database compares it: SQLite holds moments as text."""
    return connection.ops.adapt_datetimefield_value(_EPOCH + timedelta(microseconds=int(micros)))
