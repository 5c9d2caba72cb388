"""What a value of a person may be, and how a text becomes one. Pure: no database, no clock.

`FIELDS` and `attribute` read what a file holds, which is text; `field` and `told` what JSON holds.
"""

from __future__ import annotations

import math
import re
import zoneinfo
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

import orjson
from django.utils.translation import gettext as _

from braze_partners.people import moments
from braze_partners.people.attributes import Type, Value, type_of, wrong_type
from braze_partners.people.errors import ValueRefused
from braze_partners.people.limits import (
    MAX_ARRAY_ITEMS,
    MAX_EMAIL_LENGTH,
    MAX_EXTERNAL_ID_BYTES,
    MAX_FIELD_LENGTH,
    MAX_JSON_BYTES,
    MAX_NAME_LENGTH,
    MAX_PHONE_LENGTH,
    MAX_TEXT_LENGTH,
)
from braze_partners.people.models import Subscription

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_BOOLEANS = {"true": True, "false": False}
_GENDERS = ("M", "F", "O", "N", "P")


def external_id(text: str) -> str:
    size = len(text.encode())
    if size > MAX_EXTERNAL_ID_BYTES:
        raise ValueRefused(
            "external_id",
            _("An external id has at most %(limit)d bytes; this one has %(size)d.")
            % {"limit": MAX_EXTERNAL_ID_BYTES, "size": size},
        )
    return text


def name(column: str, text: str) -> str:
    """A device id, an alias's label or name, an attribute's name."""
    return _at_most(column, text, MAX_NAME_LENGTH)


def _at_most(column: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise ValueRefused(
            column,
            _("“%(column)s” has at most %(limit)d characters; this one has %(size)d.")
            % {"column": column, "limit": limit, "size": len(text)},
        )
    return text


def email(text: str) -> str:
    if len(text) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(text):
        raise ValueRefused("email", _("This is no e-mail address."))
    return text


def country(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise ValueRefused("country", _("A country is two letters of ISO 3166-1, such as FR."))
    return text.upper()


def language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise ValueRefused("language", _("A language is two letters of ISO 639-1, such as fr."))
    return text.lower()


def gender(text: str) -> str:
    if text.upper() not in _GENDERS:
        raise ValueRefused("gender", _("A gender is one of M, F, O, N, P."))
    return text.upper()


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def time_zone(text: str) -> str:
    if text not in _zones():
        raise ValueRefused("time_zone", _("A time zone is a name such as Europe/Paris."))
    return text


def birth(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueRefused("dob", _("A date of birth is written 1984-05-31.")) from None


def moment(column: str, text: str) -> datetime:
    try:
        return moments.read(text)
    except ValueError:
        raise ValueRefused(
            column, _("“%s” is a time such as 2026-05-11T03:18:00Z.") % column
        ) from None


def subscription(column: str, text: str) -> str:
    if text not in Subscription.values:
        raise ValueRefused(
            column,
            _("“%(column)s” is one of %(values)s.")
            % {"column": column, "values": ", ".join(Subscription.values)},
        )
    return text


def boolean(column: str, text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueRefused(column, _("“%s” is true or false.") % column) from None


# The reserved columns of wire/braze-users-track.md: the profile's column, how it is read.
FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "first_name": ("first_name", lambda text: _at_most("first_name", text, MAX_FIELD_LENGTH)),
    "last_name": ("last_name", lambda text: _at_most("last_name", text, MAX_FIELD_LENGTH)),
    "email": ("email", email),
    "phone": ("phone", lambda text: _at_most("phone", text, MAX_PHONE_LENGTH)),
    "country": ("country", country),
    "language": ("language", language),
    "gender": ("gender", gender),
    "home_city": ("home_city", lambda text: _at_most("home_city", text, MAX_FIELD_LENGTH)),
    "time_zone": ("time_zone", time_zone),
    "dob": ("date_of_birth", birth),
    "email_subscribe": ("email_subscribe", lambda text: subscription("email_subscribe", text)),
    "push_subscribe": ("push_subscribe", lambda text: subscription("push_subscribe", text)),
    "date_of_first_session": (
        "first_session_at",
        lambda text: moment("date_of_first_session", text),
    ),
    "date_of_last_session": (
        "last_session_at",
        lambda text: moment("date_of_last_session", text),
    ),
}
# What a column holds when its value is taken away; the others are empty texts.
_EMPTY: dict[str, Any] = {
    "date_of_birth": None,
    "first_session_at": None,
    "last_session_at": None,
    "email_subscribe": Subscription.SUBSCRIBED.value,
    "push_subscribe": Subscription.SUBSCRIBED.value,
}
_CONSENTS = ("email_subscribe", "push_subscribe")


def field(name: str, value: object) -> tuple[str, Any]:
    """The profile's column and what it holds after a JSON value; null takes the value away, and
    so does an empty text, but for a consent."""
    column, read = FIELDS[name]
    if value is None or (value == "" and name not in _CONSENTS):
        return column, _EMPTY.get(column, "")
    return column, read(plain_text(name, value))


def plain_text(column: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueRefused(column, _("“%s” must be a text.") % column)
    if "\x00" in value:
        raise ValueRefused(column, _("“%s” holds a NUL character.") % column)
    return value


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _date(text: str) -> datetime:
    if not _DATE.fullmatch(text):
        raise ValueError
    return moments.read(text)


def _json(column: str, kind: Type, text: str) -> Value:
    value = orjson.loads(text)
    if type_of(value) != kind:
        raise ValueError
    return nested(column, value)


def attribute(column: str, kind: Type, text: str) -> Value:
    """The text as a value of the attribute's type; times without an offset are UTC."""
    try:
        if kind == Type.NUMBER:
            return _number(text)
        if kind == Type.BOOLEAN:
            return _BOOLEANS[text.lower()]
        if kind == Type.DATE:
            return _date(text)
        if kind in (Type.ARRAY, Type.OBJECT):
            return _json(column, kind, text)
    except (ValueError, KeyError, OverflowError):
        raise ValueRefused(column, wrong_type(column, kind)) from None
    return _at_most(column, text, MAX_TEXT_LENGTH)


def identifier(kind: str, text: str) -> str:
    """An external id, e-mail address, phone number; else a device id, a part of an alias, …"""
    plain_text(kind, text)
    if kind == "external_id":
        return external_id(text)
    return str(FIELDS[kind][1](text)) if kind in FIELDS else name(kind, text)


def told(column: str, kind: Type | None, value: object) -> Value:
    """A JSON value, not null, as one of the attribute's type; `kind` None: whatever it is. A text
    that looks like a date is one, unless the attribute holds texts."""
    if isinstance(value, str):
        text = plain_text(column, value)
        if kind is None:
            kind = Type.DATE if _is_date(text) else Type.TEXT
        if kind not in (Type.TEXT, Type.DATE):
            raise ValueRefused(column, wrong_type(column, kind))
        return attribute(column, kind, text)
    if isinstance(value, bool):
        typed: Value = value
    elif isinstance(value, int | float):
        typed = float(value)
    else:
        typed = nested(column, value)
    if kind not in (None, type_of(typed)):
        raise ValueRefused(column, wrong_type(column, kind))
    return typed


def nested(column: str, value: Any) -> list[Any] | dict[str, Any]:
    """An array or an object that is not too large and holds no NUL."""
    written = orjson.dumps(value)
    if isinstance(value, list) and len(value) > MAX_ARRAY_ITEMS:
        raise ValueRefused(
            column,
            _("The array “%(column)s” has at most %(limit)d elements; this makes %(size)d.")
            % {"column": column, "limit": MAX_ARRAY_ITEMS, "size": len(value)},
        )
    if len(written) > MAX_JSON_BYTES:
        raise ValueRefused(
            column,
            _("“%(column)s” has at most %(limit)d bytes as JSON; this one has %(size)d.")
            % {"column": column, "limit": MAX_JSON_BYTES, "size": len(written)},
        )
    if b"\\u0000" in written and any("\x00" in text for text in _texts(value)):
        raise ValueRefused(column, _("“%s” holds a NUL character.") % column)
    return value  # type: ignore[no-any-return]


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, names of keys too."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _is_date(text: str) -> bool:
    try:
        _date(text)
    except ValueError:
        return False
    return True


def _looks_like(text: str) -> Type:
    if text.lower() in _BOOLEANS:
        return Type.BOOLEAN
    if _NUMBER.fullmatch(text):
        return Type.NUMBER
    return Type.DATE if _is_date(text) else Type.TEXT


def guess(texts: Iterable[str]) -> Type:
    """The type that these have, but for one in a hundred: a slip must not fix an attribute's type.

    Digits that a number would spoil (007, sixteen in a row) make it text: they are ids.
    """
    told = [text for text in texts if text]
    if any(_DIGITS.fullmatch(text) and not _NUMBER.fullmatch(text) for text in told):
        return Type.TEXT
    seen = Counter(_looks_like(text) for text in told)
    if not seen:
        return Type.TEXT
    kind, count = seen.most_common(1)[0]
    return kind if seen.total() - count <= seen.total() // 100 else Type.TEXT
