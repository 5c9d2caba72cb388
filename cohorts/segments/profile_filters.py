"""Filters on what a profile holds: read, written, and turned into questions about profiles.

Pure: knows the shape of each; knows neither the database nor whether an attribute exists.
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from braze_partners.people.questions import Comparison, Question, Subject
from cohorts.segments import limits
from cohorts.segments.errors import Problem
from cohorts.segments.filter_types import FilterType, Given, Operator, ValueType, offered

Value = str | float | bool
NEGATIONS = (Operator.IS_NOT_SET, Operator.IS_NOT, Operator.IS_NOT_ANY_OF)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """`attribute` and `value_type` belong to filters on a custom attribute. Days are written
    2026-05-12; every part but the type of the value stands in JSON as it stands here."""

    type: FilterType
    operator: Operator
    values: tuple[Value, ...] = ()
    attribute: str = ""
    value_type: str = ""

    @property
    def given(self) -> Given:
        return offered(self.type, self.value_type)[self.operator]


@dataclass(frozen=True, slots=True)
class KnownAttribute:
    """A custom attribute of the workspace: where its values are, and of which type they are."""

    pk: int
    type: str
    column: str


def dump(condition: ProfileFilter) -> dict[str, Any]:
    dumped: dict[str, Any] = {"type": condition.type.value, "operator": condition.operator.value}
    if condition.type is FilterType.ATTRIBUTE:
        dumped |= {"attribute": condition.attribute, "value_type": condition.value_type}
    if condition.values:
        dumped["values"] = list(condition.values)
    return dumped


def read(data: Mapping[str, Any], path: str, problems: list[Problem]) -> ProfileFilter | None:
    """None when it is wrong, with what is wrong added to the problems."""
    count = len(problems)
    kind = FilterType(data["type"])
    attribute, value_type = _attribute(data, path, problems) if kind == "attribute" else ("", "")
    choices = offered(kind, value_type)
    operator = data.get("operator")
    if len(problems) == count and operator not in list(choices):
        problems.append(Problem(f"{path}.operator", one_of(choices)))
    if len(problems) > count:
        return None
    values = _values(
        data.get("values"), choices[Operator(str(operator))], f"{path}.values", problems
    )
    if len(problems) > count:
        return None
    return ProfileFilter(kind, Operator(str(operator)), values, attribute, value_type)


def one_of(known: Any) -> str:
    return _("must be one of %(known)s") % {"known": ", ".join(str(each) for each in known)}


def _attribute(data: Mapping[str, Any], path: str, problems: list[Problem]) -> tuple[str, str]:
    name, value_type = data.get("attribute"), data.get("value_type")
    if not isinstance(name, str) or not name or len(name) > limits.MAX_NAME or "\x00" in name:
        problems.append(Problem(f"{path}.attribute", _("must be the name of a custom attribute")))
    if value_type not in list(ValueType):
        problems.append(Problem(f"{path}.value_type", one_of(ValueType)))
    return str(name), str(value_type)


def _values(data: object, given: Given, path: str, problems: list[Problem]) -> tuple[Value, ...]:
    if given is Given.NOTHING:
        if data:
            problems.append(Problem(path, _("must be absent with this operator")))
        return ()
    most = {Given.NUMBER: 1, Given.FLAG: 1, Given.DAY: 1, Given.DAYS: 2}.get(given)
    if not isinstance(data, list) or not data:
        problems.append(Problem(path, _("must be a list of at least one")))
        return ()
    if most is not None and len(data) != most:
        problems.append(Problem(path, _("must be a list of exactly %(count)s") % {"count": most}))
        return ()
    if len(data) > limits.MAX_VALUES_PER_FILTER:
        limit = {"limit": limits.MAX_VALUES_PER_FILTER}
        problems.append(Problem(path, _("has more than %(limit)s entries") % limit))
        return ()
    read_values = []
    for at, each in enumerate(data):
        value = _value(each, given)
        if isinstance(value, Wrong):
            problems.append(Problem(f"{path}[{at}]", value.text))
            return ()
        read_values.append(value)
    if given is Given.DAYS and read_values[0] > read_values[1]:  # type: ignore[operator]
        problems.append(Problem(path, _("must begin with the earlier day")))
    return tuple(dict.fromkeys(read_values)) if most is None else tuple(read_values)


@dataclass(frozen=True, slots=True)
class Wrong:
    text: str


def _value(data: object, given: Given) -> Value | Wrong:
    match given:
        case Given.NUMBER:
            return _number(data)
        case Given.FLAG:
            return data if isinstance(data, bool) else Wrong(_("must be true or false"))
        case Given.DAY | Given.DAYS:
            return _day(data)
        case Given.COUNTRIES | Given.LANGUAGES:
            return _code(data, given)
    longest = limits.MAX_TEXT_VALUE
    if not isinstance(data, str) or not data or len(data) > longest or "\x00" in data:
        return Wrong(_("must be a text of 1 to %(longest)s characters") % {"longest": longest})
    return data


def _number(data: object) -> Value | Wrong:
    if isinstance(data, bool) or not isinstance(data, int | float):
        return Wrong(_("must be a number"))
    try:
        number = float(data)
    except OverflowError:
        return Wrong(_("must be a number"))
    return number if math.isfinite(number) else Wrong(_("must be a number"))


def _day(data: object) -> Value | Wrong:
    try:
        if isinstance(data, str) and len(data) == 10:
            found = date.fromisoformat(data)
            if 1970 <= found.year <= 9998:
                return data
    except ValueError:
        pass
    return Wrong(_("must be a day such as 2026-05-12"))


def _code(data: object, given: Given) -> Value | Wrong:
    """As profiles hold them: FR, fr."""
    if isinstance(data, str) and len(data) == 2 and data.isascii() and data.isalpha():
        return data.upper() if given is Given.COUNTRIES else data.lower()
    if given is Given.COUNTRIES:
        return Wrong(_("must be two letters of ISO 3166-1, such as FR"))
    return Wrong(_("must be two letters of ISO 639-1, such as fr"))


_COMPARISONS = {
    Operator.IS_ANY_OF: Comparison.ANY_OF,
    Operator.IS_NOT_ANY_OF: Comparison.ANY_OF,
    Operator.IS: Comparison.ANY_OF,
    Operator.IS_NOT: Comparison.ANY_OF,
    Operator.CONTAINS: Comparison.CONTAINS,
    Operator.STARTS_WITH: Comparison.STARTS_WITH,
    Operator.MORE_THAN: Comparison.ABOVE,
    Operator.AT_LEAST: Comparison.AT_LEAST,
    Operator.LESS_THAN: Comparison.BELOW,
    Operator.AT_MOST: Comparison.AT_MOST,
}


def asked(
    condition: ProfileFilter, attribute: KnownAttribute | None, zone: str
) -> tuple[tuple[Question, ...], bool]:
    """The questions of which one must be true, and whether none may be instead."""
    negated = condition.operator in NEGATIONS
    if condition.type is FilterType.ATTRIBUTE:
        if attribute is None:
            return (), negated
        place: dict[str, Any] = {"attribute": attribute.pk, "column": attribute.column}
    else:
        place = {}
    subject = Subject(condition.type.value)
    if condition.type is FilterType.PUSH_ENABLED:
        return (Question(subject),), condition.values == (False,)
    return tuple(
        Question(subject, comparison, values, **place)
        for comparison, values in _compared(condition, zone)
    ), negated


def _compared(condition: ProfileFilter, zone: str) -> list[tuple[Comparison, tuple[Value, ...]]]:
    match condition.operator:
        case Operator.IS_SET | Operator.IS_NOT_SET:
            return [(Comparison.PRESENT, ())]
        case Operator.BEFORE:
            return [(Comparison.BELOW, (_begins(condition.values[0], zone),))]
        case Operator.AFTER:
            return [(Comparison.AT_LEAST, (_ends(condition.values[0], zone),))]
        case Operator.ON | Operator.BETWEEN:
            first, last = condition.values[0], condition.values[-1]
            return [(Comparison.WITHIN, (_begins(first, zone), _ends(last, zone)))]
        case Operator.CONTAINS | Operator.STARTS_WITH as operator:
            return [(_COMPARISONS[operator], (each,)) for each in condition.values]
        case operator:
            return [(_COMPARISONS[operator], condition.values)]


def _begins(day: Value, zone: str, plus: int = 0) -> int:
    """Where a day begins, in microseconds since the epoch; where clocks skip midnight, after it."""
    midnight = datetime.combine(date.fromisoformat(str(day)) + timedelta(days=plus), time())
    local = midnight.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def _ends(day: Value, zone: str) -> int:
    return _begins(day, zone, plus=1)
