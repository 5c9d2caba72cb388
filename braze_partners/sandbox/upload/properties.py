"""What `user_properties` of an event make of a user's properties. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]


def changed(held: Properties, given: Properties) -> Properties:
    """The properties after it: operations by their `$` names, plain values set."""
    after = dict(held)
    if "$clearAll" in given:
        after = {}
    for name, value in given.items():
        operation = OPERATIONS.get(name)
        if operation and isinstance(value, dict):
            for key, part in value.items():
                operation(after, key, part)
        elif not name.startswith("$"):
            after[name] = value
    return after


def _set(after: Properties, key: str, value: Any) -> None:
    after[key] = value


def _set_once(after: Properties, key: str, value: Any) -> None:
    after.setdefault(key, value)


def _unset(after: Properties, key: str, value: Any) -> None:
    after.pop(key, None)


def _add(after: Properties, key: str, value: Any) -> None:
    held = after.get(key, 0)
    if _is_number(held) and _is_number(value):
        after[key] = held + value


def _append(after: Properties, key: str, value: Any) -> None:
    after[key] = _listed(after.get(key)) + _listed(value)


def _prepend(after: Properties, key: str, value: Any) -> None:
    after[key] = _listed(value) + _listed(after.get(key))


def _post_insert(after: Properties, key: str, value: Any) -> None:
    held = _listed(after.get(key))
    after[key] = held + [one for one in _listed(value) if one not in held]


def _pre_insert(after: Properties, key: str, value: Any) -> None:
    held = _listed(after.get(key))
    after[key] = [one for one in _listed(value) if one not in held] + held


def _remove(after: Properties, key: str, value: Any) -> None:
    gone = _listed(value)
    after[key] = [one for one in _listed(after.get(key)) if one not in gone]


OPERATIONS: dict[str, Callable[[Properties, str, Any], None]] = {
    "$set": _set,
    "$setOnce": _set_once,
    "$unset": _unset,
    "$add": _add,
    "$append": _append,
    "$prepend": _prepend,
    "$preInsert": _pre_insert,
    "$postInsert": _post_insert,
    "$remove": _remove,
}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
