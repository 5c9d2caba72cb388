"""Reads an attribute object of a /users/track request (wire/braze-users-track.md) into a change.
Pure: knows fields and the words of refusals; knows no database and no HTTP."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from braze_partners.events.track_objects import (
    KINDS,
    UPDATE_ONLY,
    Fields,
    ObjectRefused,
    may_create,
    named,
    who_of,
)
from braze_partners.people import values
from braze_partners.people.changes import (
    CONTACTS,
    ArrayChange,
    By,
    Change,
    Increment,
    Operation,
    Remove,
    Set,
)
from braze_partners.people.profiles import NewDevice

_PUSH = "push_tokens"
_NOT_ATTRIBUTES = {*(set(KINDS) - set(CONTACTS)), UPDATE_ONLY, _PUSH}


def read_attributes(fields: Fields) -> Change:
    """Raises ObjectRefused, ValueRefused."""
    who = who_of(fields, _identifying(named(fields)))
    change = Change(who, create=may_create(fields, who))
    for name, value in fields.items():
        if name == who.by or name in _NOT_ATTRIBUTES:
            continue
        if name in values.FIELDS:
            column, stored = values.field(name, value)
            change.fields[column] = stored
        else:
            change.attributes[_checked_name(name)] = operation(name, value)
    if _PUSH in fields:
        change.push = _push(fields[_PUSH])
    return change


def _identifying(kinds: list[By]) -> list[By]:
    """An e-mail address and a phone number are attributes beside another identifier; alone they
    identify, and of the two the address does."""
    strong = [kind for kind in kinds if kind not in CONTACTS]
    return strong or kinds[:1]


def _checked_name(name: str) -> str:
    if not name.strip():
        raise ObjectRefused("An attribute has an empty name")
    return values.name(name, values.plain_text(name, name))


def operation(name: str, value: Any) -> Operation:
    """What a custom attribute's value asks for. Raises ObjectRefused."""
    if value is None:
        return Remove()
    if isinstance(value, dict):
        if value.keys() == {"inc"}:
            return Increment(_number(name, value["inc"]))
        if value and value.keys() <= {"add", "remove"}:
            return ArrayChange(
                _array(name, "add", value.get("add", [])),
                _array(name, "remove", value.get("remove", [])),
            )
    return Set(value)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ObjectRefused(f"`inc` of `{name}` must be a number")
    return float(value)


def _array(name: str, key: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ObjectRefused(f"`{key}` of `{name}` must be an array")
    return value


def _push(told: object) -> list[NewDevice] | None:
    """The devices that can be pushed to; None takes push from all. The tokens themselves are not
    kept, since sending is simulated."""
    if told is None:
        return None
    if not isinstance(told, list):
        raise ObjectRefused(f"`{_PUSH}` must be an array of objects")
    return [_device(one) for one in told]


def _device(told: object) -> NewDevice:
    if not isinstance(told, dict):
        raise ObjectRefused(f"`{_PUSH}` must be an array of objects")
    app_id, token = (_text(told, key) for key in ("app_id", "token"))
    if told.get("device_id") is None:  # always the same one for the same token
        return NewDevice(str(uuid5(NAMESPACE_OID, f"{app_id}\n{token}")), push_enabled=True)
    return NewDevice(values.name(By.DEVICE, _text(told, "device_id")), push_enabled=True)


def _text(told: dict[str, Any], key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ObjectRefused(f"`{key}` of `{_PUSH}` must be a text that is not empty")
    return values.plain_text(key, value)
