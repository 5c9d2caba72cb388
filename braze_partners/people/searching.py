"""From an identifier, or the beginning of one, to people's numbers, a page at a time.

Knows how identifiers are stored and indexed; knows not how people are shown. A page is one
statement: an arm for each way to read what is sought, whole matches before beginnings, each arm
answered by an index and cut off after a page. A cursor says after which match to go on.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from django.db import connection

from braze_partners.people.byte_order import beyond
from braze_partners.people.limits import MAX_SOUGHT

_BRAZE_ID = re.compile(r"[0-9a-f]{1,24}")
BRAZE_ID_LENGTH = 24
_PHONE = re.compile(r"[+(]?[0-9]")


class By(StrEnum):
    """The kinds of identifiers that people are searched by."""

    EXTERNAL_ID = "external_id"
    ALIAS = "alias"
    DEVICE = "device"
    BRAZE_ID = "braze_id"
    EMAIL = "email"
    PHONE = "phone"


class _Way(NamedTuple):
    """Where one kind stands: `key` is compared, and indexed in the order of bytes where `in_bytes`
    says so; `text` is the identifier as it was given."""

    by: By
    table: str
    key: str
    text: str
    condition: str = ""
    in_bytes: bool = True


_PAIR = "(label || ':' || name)"
_WAYS = (
    _Way(By.EXTERNAL_ID, "people_profile", "external_id", "external_id", "external_id IS NOT NULL"),
    _Way(By.ALIAS, "people_alias", _PAIR, _PAIR),
    _Way(By.ALIAS, "people_alias", "name", _PAIR),
    _Way(By.DEVICE, "people_device", "device_id", "device_id"),
    _Way(By.BRAZE_ID, "people_profile", "braze_id", "braze_id", in_bytes=False),
    _Way(By.EMAIL, "people_profile", "lower(email)", "email", "email <> ''"),
    _Way(By.PHONE, "people_profile", "phone", "phone", "phone <> ''"),
)


@dataclass(frozen=True, slots=True)
class Match:
    """A person and the identifier that was found."""

    number: int
    by: By
    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """`following` is the cursor of the page behind this one, if there is one."""

    found: list[Match]
    following: str | None


@dataclass(frozen=True, slots=True)
class _Arm:
    way: _Way
    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """The last match of a page: which arm, its key, its number."""

    arm: int
    key: str
    number: int


class BadCursor(ValueError):
    """No cursor that a page of matches has given."""


def page(
    workspace_id: int, sought: str, size: int, *, by: By | None = None, cursor: str = ""
) -> Matches:
    """People known by what is sought (of one kind only, if `by` names it), then those known by
    something that begins so. Raises BadCursor."""
    arms = _arms(sought, by, beginnings=True)
    return _page(workspace_id, arms, size, _read(cursor) if cursor else None)


def whole(workspace_id: int, sought: str, limit: int) -> list[Match]:
    """People known by exactly what is sought."""
    return _page(workspace_id, _arms(sought, None, beginnings=False), limit, None).found


def _arms(sought: str, by: By | None, *, beginnings: bool) -> list[_Arm]:
    """In the order in which matches are listed; the same for the same question."""
    readings = list(_readings(sought, by))
    kinds = (True, False) if beginnings else (True,)
    return [
        _Arm(way, _key(way, text), whole)
        for whole in kinds
        for text, kind in readings
        for way in _WAYS
        if (kind is None or way.by is kind) and _may_be(way, text, whole)
    ]


def _readings(sought: str, by: By | None) -> Iterator[tuple[str, By | None]]:
    """`device:d1`, as commands print people, is read as a device and as it stands."""
    text = sought.strip()
    if not _can_be_stored(text):
        return
    for kind in By:
        rest = text.removeprefix(f"{kind}:")
        if rest and rest != text and by in (None, kind):
            yield rest, kind
    yield text, by


def _can_be_stored(text: str) -> bool:
    if not text or "\x00" in text or len(text) > MAX_SOUGHT:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _may_be(way: _Way, text: str, whole: bool) -> bool:
    """Leaves out what can't match, and beginnings that would be everybody's."""
    match way.by:
        case By.BRAZE_ID:
            long_enough = not whole or len(text) == BRAZE_ID_LENGTH
            return long_enough and _BRAZE_ID.fullmatch(text.lower()) is not None
        case By.PHONE:
            return _PHONE.match(text) is not None
        case By.EMAIL:
            return not whole or "@" in text
        case By.ALIAS if way.key == _PAIR:
            return ":" in text
    return True


def _key(way: _Way, text: str) -> str:
    return text.lower() if way.by in (By.EMAIL, By.BRAZE_ID) else text


def _page(workspace_id: int, arms: list[_Arm], size: int, after: _Place | None) -> Matches:
    statements, parameters = [], []
    for at, arm in enumerate(arms):
        if after is None or at >= after.arm:
            beginning = after if after is not None and at == after.arm else None
            sql, given = _statement(workspace_id, at, arm, size + 1, beginning)
            statements.append(f"SELECT * FROM ({sql}) arm_{at}")
            parameters += given
    if not statements:
        return Matches([], None)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), parameters)
        rows = sorted(cursor.fetchall(), key=lambda row: row[:3])
    shown = rows[:size]
    found: dict[int, Match] = {}
    for at, _key_found, number, text in shown:
        found.setdefault(number, Match(number, arms[at].way.by, text))
    following = _write(_Place(*shown[-1][:3])) if len(rows) > size else None
    return Matches(list(found.values()), following)


def _statement(
    workspace_id: int, at: int, arm: _Arm, limit: int, after: _Place | None
) -> tuple[str, list[Any]]:
    way = arm.way
    key = f"{way.key} {_collation()}" if way.in_bytes else way.key
    conditions = ["workspace_id = %s"]
    given: list[Any] = [at, workspace_id]
    if way.condition:
        conditions.append(way.condition)
    if arm.whole:
        conditions.append(f"{key} = %s")
        given.append(arm.text)
    else:
        conditions.append(f"{key} > %s")
        given.append(arm.text)
        if (end := beyond(arm.text)) is not None:
            conditions.append(f"{key} < %s")
            given.append(end)
    if after is not None:
        conditions.append(f"({key}, number) > (%s, %s)")
        given += [after.key, after.number]
    sql = (
        f"SELECT %s AS arm, {way.key} AS sought, number, {way.text} AS shown FROM {way.table}"
        f" WHERE {' AND '.join(conditions)} ORDER BY {key}, number LIMIT %s"
    )
    return sql, [*given, limit]


def _collation() -> str:
    return 'COLLATE "C"' if connection.vendor == "postgresql" else "COLLATE BINARY"


def _write(place: _Place) -> str:
    told = orjson.dumps([place.arm, place.key, place.number])
    return urlsafe_b64encode(told).decode().rstrip("=")


def _read(cursor: str) -> _Place:
    try:
        arm, key, number = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadCursor from error
    known = type(arm) is int and type(number) is int and 0 <= number < 2**63
    if not known or not isinstance(key, str) or not _can_be_stored(key):
        raise BadCursor
    return _Place(arm, key, number)
