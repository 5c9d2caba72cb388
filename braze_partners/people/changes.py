"""What a caller tells of one person, and what becomes of an attribute by it. Pure: no database."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson
from django.utils.translation import gettext as _

from braze_partners.people import values
from braze_partners.people.attributes import Type, Value, wrong_type
from braze_partners.people.errors import ValueRefused
from braze_partners.people.profiles import NewDevice


class By(StrEnum):
    """By which identifier a person is named."""

    EXTERNAL_ID = "external_id"
    ALIAS = "user_alias"
    BRAZE_ID = "braze_id"
    EMAIL = "email"
    PHONE = "phone"
    DEVICE = "device_id"


# Identifiers that several people may share, and that may move from one to another.
CONTACTS = (By.EMAIL, By.PHONE)


@dataclass(frozen=True, slots=True)
class Who:
    """A person by one identifier; an alias is its label and its name."""

    by: By
    value: str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Set:
    """A JSON value, not null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    pass


@dataclass(frozen=True, slots=True)
class Increment:
    by: float


@dataclass(frozen=True, slots=True)
class ArrayChange:
    """First adds what is not there yet, then removes every occurrence."""

    add: list[Any] = field(default_factory=list)
    remove: list[Any] = field(default_factory=list)


Operation = Set | Remove | Increment | ArrayChange


@dataclass(slots=True)
class Change:
    """What is told of one person. `fields` are columns of Profile; `push` None takes push from all
    of their devices."""

    who: Who
    create: bool = True
    fields: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Operation] = field(default_factory=dict)
    push: list[NewDevice] | None = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.attributes or self.push is None or self.push)

    def named(self) -> Iterator[Who]:
        """Everybody whom the change must know: its person, and the owners of its devices."""
        yield self.who
        for device in self.push or ():
            yield Who(By.DEVICE, device.device_id)


def became(name: str, kind: Type | None, before: Value | None, told: Operation) -> Value | None:
    """The attribute's value after the operation, None for none. `kind` is the attribute's type, or
    None while nobody has one. Raises ValueRefused."""
    if isinstance(told, Remove):
        return None
    if isinstance(told, Increment):
        return _incremented(name, kind, before, told.by)
    if isinstance(told, ArrayChange):
        return _rearranged(name, kind, before, told)
    return values.told(name, kind, told.value)


def _incremented(name: str, kind: Type | None, before: Value | None, by: float) -> float:
    if kind not in (None, Type.NUMBER):
        raise ValueRefused(name, wrong_type(name, kind))
    total = float(before or 0) + by  # type: ignore[arg-type]
    if not math.isfinite(total):
        raise ValueRefused(name, _("“%s” would be larger than a number can be.") % name)
    return total


def _rearranged(
    name: str, kind: Type | None, before: Value | None, told: ArrayChange
) -> Value | None:
    if kind not in (None, Type.ARRAY):
        raise ValueRefused(name, wrong_type(name, kind))
    if before is None and not told.add:
        return None
    items = list(before) if isinstance(before, list) else []
    there = {_written(item) for item in items}
    for item in told.add:
        if _written(item) not in there:
            there.add(_written(item))
            items.append(item)
    gone = {_written(item) for item in told.remove}
    return values.nested(name, [item for item in items if _written(item) not in gone])


def _written(item: Any) -> bytes:
    """What makes two elements the same: in Python, 1 and true would be."""
    return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
