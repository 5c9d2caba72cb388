"""Reads one object of a /users/track request (wire/braze-users-track.md): whom it names, and what
of them. Pure: knows fields and the words of refusals; knows no database and no HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson
from babel.numbers import list_currencies

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE
from braze_partners.events.limits import (
    MAX_EVENT_NAME,
    MAX_PROPERTIES_BYTES,
    MAX_QUANTITY,
)
from braze_partners.people import moments, wire
from braze_partners.people.changes import By, Change, Who

Fields = Mapping[str, Any]

UPDATE_ONLY = "_update_existing_only"
KINDS = tuple(kind.value for kind in By)
ONE_OF = f"exactly one of {', '.join(f'`{kind}`' for kind in KINDS[:-1])} and `{KINDS[-1]}`"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class ObjectRefused(Exception):
    """Why one object of a request is left out; `str()` is what the answer says."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event or purchase says: `count` events alike. `properties` is a JSON object as the
    Currents format has it."""

    type: str
    time_ms: int
    properties: bytes
    count: int = 1


def read_event(fields: Fields) -> tuple[Change, Happening]:
    """Raises ObjectRefused, ValueRefused."""
    who = who_of(fields, named(fields))
    content: dict[str, Any] = {
        "name": text(fields, "name", MAX_EVENT_NAME),
        "custom_properties": properties(fields),
    }
    happening = Happening(CUSTOM_EVENT, time_of(fields), _written(content, fields))
    return Change(who, create=may_create(fields, who)), happening


def read_purchase(fields: Fields) -> tuple[Change, Happening]:
    """Raises ObjectRefused, ValueRefused."""
    who = who_of(fields, named(fields))
    content: dict[str, Any] = {
        "product_id": text(fields, "product_id", MAX_EVENT_NAME),
        "currency": _currency(fields),
        "price": _price(fields),
        "purchase_properties": properties(fields),
    }
    quantity, moment = _quantity(fields), time_of(fields)
    happening = Happening(PURCHASE, moment, _written(content, fields), quantity)
    return Change(who, create=may_create(fields, who)), happening


def named(fields: Fields) -> list[By]:
    """The kinds of identifier that an object brings; null brings none."""
    return [kind for kind in By if fields.get(kind) is not None]


def who_of(fields: Fields, kinds: list[By]) -> Who:
    """Raises ObjectRefused, ValueRefused."""
    if len(kinds) != 1:
        has = "none" if not kinds else " and ".join(f"`{kind}`" for kind in kinds)
        raise ObjectRefused(f"An object has {ONE_OF}; this one has {has}")
    return wire.who(kinds[0], fields[kinds[0]])


def may_create(fields: Fields, who: Who) -> bool:
    """An alias-only profile is made only on the explicit word."""
    update_only = fields.get(UPDATE_ONLY)
    if update_only is not None and not isinstance(update_only, bool):
        raise ObjectRefused(f"`{UPDATE_ONLY}` must be true or false")
    return update_only is False if who.by is By.ALIAS else not update_only


def text(fields: Fields, name: str, limit: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ObjectRefused(f"`{name}` must be a text that is not empty")
    if len(value) > limit:
        raise ObjectRefused(f"`{name}` has at most {limit} characters; this one has {len(value)}")
    if "\x00" in value:
        raise ObjectRefused(f"`{name}` holds a NUL character")
    return value


def time_of(fields: Fields) -> int:
    """Milliseconds since the epoch."""
    told = fields.get("time")
    if not isinstance(told, str):
        raise ObjectRefused("`time` must be a text in ISO 8601, such as 2026-05-11T03:18:00.000Z")
    try:
        return (moments.read(told) - _EPOCH) // _MILLISECOND
    except ValueError:
        raise ObjectRefused(
            f"`time` must be in ISO 8601, such as 2026-05-11T03:18:00.000Z, not {told[:40]!r}"
        ) from None


def properties(fields: Fields) -> dict[str, Any]:
    told = fields.get("properties")
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise ObjectRefused("`properties` must be an object")
    for key, value in _below(told):
        if len(key) > MAX_EVENT_NAME:
            raise ObjectRefused(
                f"The key of a property has at most {MAX_EVENT_NAME} characters; one has {len(key)}"
            )
        if "\x00" in key or (isinstance(value, str) and "\x00" in value):
            raise ObjectRefused("`properties` holds a NUL character")
    return told


def _below(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value inside, with its key; elements of arrays have none."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        pairs = one.items() if isinstance(one, dict) else (("", item) for item in one)
        for key, inner in pairs:
            yield key, inner
            if isinstance(inner, dict | list):
                waiting.append(inner)


def _written(content: dict[str, Any], fields: Fields) -> bytes:
    app_id = fields.get("app_id")
    if app_id is not None:
        content["app_id"] = text(fields, "app_id", MAX_EVENT_NAME)
    written = orjson.dumps(content)
    if len(written) > MAX_PROPERTIES_BYTES:
        raise ObjectRefused(
            f"The properties have at most {MAX_PROPERTIES_BYTES // 1024} KB; "
            f"these have {len(written) // 1024}"
        )
    return written


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def _currency(fields: Fields) -> str:
    told = fields.get("currency")
    code = told.upper() if isinstance(told, str) else ""
    if code not in _currencies():
        raise ObjectRefused("`currency` must be a code of ISO 4217, such as EUR")
    return code


def _price(fields: Fields) -> int | float:
    told = fields.get("price")
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise ObjectRefused("`price` must be a number")
    return told


def _quantity(fields: Fields) -> int:
    told = fields.get("quantity")
    if told is None:
        return 1
    if isinstance(told, bool) or not isinstance(told, int) or not 1 <= told <= MAX_QUANTITY:
        raise ObjectRefused(f"`quantity` must be a whole number from 1 to {MAX_QUANTITY}")
    return told
