"""Conditions on properties, of a user or of an event: reading, checking and applying them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "greater": gettext_lazy("is greater than"),
    "less": gettext_lazy("is less than"),
    "set": gettext_lazy("is set"),
    "not_set": gettext_lazy("is not set"),
}
WITHOUT_VALUE = ("set", "not_set")
NUMERIC = ("greater", "less")


class RuleRefused(Exception):
    """The rule cannot be used; the text says what to enter instead."""


@dataclass(frozen=True, slots=True)
class Condition:
    property: str
    operator: str
    value: str = ""

    def as_json(self) -> dict[str, str]:
        return {"property": self.property, "operator": self.operator, "value": self.value}


def read(row: Mapping[str, Any], place: int) -> Condition:
    name = str(row.get("property", "")).strip()
    operator = str(row.get("operator", ""))
    value = as_text(row.get("value", "")).strip()
    if not name:
        raise RuleRefused(_("Condition %(place)d needs a property.") % {"place": place})
    if operator not in OPERATORS:
        raise RuleRefused(
            _("Condition %(place)d needs one of these operators: %(known)s.")
            % {"place": place, "known": ", ".join(OPERATORS)}
        )
    if operator not in WITHOUT_VALUE and not value:
        raise RuleRefused(_("Condition %(place)d needs a value.") % {"place": place})
    if operator in NUMERIC and as_number(value) is None:
        raise RuleRefused(_("Condition %(place)d needs a number as its value.") % {"place": place})
    return Condition(name, operator, "" if operator in WITHOUT_VALUE else value)


def stored(row: Mapping[str, str]) -> Condition:
    return Condition(row["property"], row["operator"], row.get("value", ""))


def holds(properties: Mapping[str, Any], condition: Condition) -> bool:
    held = properties.get(condition.property)
    present = held is not None and held != ""
    match condition.operator:
        case "set":
            return present
        case "not_set":
            return not present
        case "is":
            return present and _equal(held, condition.value)
        case "is_not":
            return not (present and _equal(held, condition.value))
        case "contains":
            return present and condition.value.lower() in as_text(held).lower()
        case _:
            return _compares(held, condition)


def _equal(held: Any, wanted: str) -> bool:
    if isinstance(held, list):
        return any(_equal(one, wanted) for one in held)
    if isinstance(held, int | float) and not isinstance(held, bool):
        return as_number(wanted) == float(held)
    return as_text(held) == wanted


def _compares(held: Any, condition: Condition) -> bool:
    number, bound = as_number(held), as_number(condition.value)
    if number is None or bound is None:
        return False
    return number > bound if condition.operator == "greater" else number < bound


def as_number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(as_text(one) for one in value)
    return str(value)
