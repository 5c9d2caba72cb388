"""What can be filtered by, with which operators and what kind of values. Pure data.

An absent value matches only `is_not_set` and the operators that begin with `is_not`.
"""

from __future__ import annotations

from enum import StrEnum


class FilterType(StrEnum):
    COHORT = "cohort"
    SEGMENT = "segment"
    EXTERNAL_USER_ID = "external_user_id"
    EMAIL = "email"
    PUSH_ENABLED = "push_enabled"
    COUNTRY = "country"
    LANGUAGE = "language"
    CREATED = "created"
    LAST_ACTIVE = "last_active"
    ATTRIBUTE = "attribute"


class Operator(StrEnum):
    """Of filters on what a profile holds. Days are whole days of the workspace's time zone:
    `before` ends where the day begins, `after` begins where it ends, `between` has both."""

    IS_ANY_OF = "is_any_of"
    IS_NOT_ANY_OF = "is_not_any_of"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    IS = "is"
    IS_NOT = "is_not"
    MORE_THAN = "more_than"
    AT_LEAST = "at_least"
    LESS_THAN = "less_than"
    AT_MOST = "at_most"
    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    BETWEEN = "between"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


class Given(StrEnum):
    """What a filter's values are."""

    NOTHING = "nothing"
    TEXTS = "texts"
    COUNTRIES = "countries"
    LANGUAGES = "languages"
    NUMBER = "number"
    FLAG = "flag"
    DAY = "day"
    DAYS = "days"  # the first and the last


class ValueType(StrEnum):
    """The types of custom attributes, as people.models.Attribute.Type has them."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ARRAY = "array"
    OBJECT = "object"


Offered = dict[Operator, Given]

_PRESENCE: Offered = {Operator.IS_SET: Given.NOTHING, Operator.IS_NOT_SET: Given.NOTHING}
_DAYS: Offered = {
    Operator.BEFORE: Given.DAY,
    Operator.AFTER: Given.DAY,
    Operator.ON: Given.DAY,
    Operator.BETWEEN: Given.DAYS,
}


def _choice(given: Given) -> Offered:
    return {Operator.IS_ANY_OF: given, Operator.IS_NOT_ANY_OF: given, **_PRESENCE}


PROFILE: dict[FilterType, Offered] = {
    FilterType.EMAIL: _PRESENCE,
    FilterType.PUSH_ENABLED: {Operator.IS: Given.FLAG},
    FilterType.COUNTRY: _choice(Given.COUNTRIES),
    FilterType.LANGUAGE: _choice(Given.LANGUAGES),
    FilterType.CREATED: {Operator.BETWEEN: Given.DAYS, **_DAYS},
    FilterType.LAST_ACTIVE: {**_DAYS, **_PRESENCE},
}
ATTRIBUTE: dict[ValueType, Offered] = {
    ValueType.TEXT: {
        Operator.IS_ANY_OF: Given.TEXTS,
        Operator.IS_NOT_ANY_OF: Given.TEXTS,
        Operator.CONTAINS: Given.TEXTS,
        Operator.STARTS_WITH: Given.TEXTS,
        **_PRESENCE,
    },
    ValueType.NUMBER: {
        Operator.IS: Given.NUMBER,
        Operator.IS_NOT: Given.NUMBER,
        Operator.MORE_THAN: Given.NUMBER,
        Operator.AT_LEAST: Given.NUMBER,
        Operator.LESS_THAN: Given.NUMBER,
        Operator.AT_MOST: Given.NUMBER,
        **_PRESENCE,
    },
    ValueType.BOOLEAN: {Operator.IS: Given.FLAG, Operator.IS_NOT: Given.FLAG, **_PRESENCE},
    ValueType.DATE: {**_DAYS, **_PRESENCE},
    ValueType.ARRAY: _PRESENCE,
    ValueType.OBJECT: _PRESENCE,
}


def offered(kind: str, value_type: str = "") -> Offered:
    """The operators of a filter on what a profile holds, the first of them first; none are
    offered while an attribute's type isn't known."""
    if kind == FilterType.ATTRIBUTE:
        return ATTRIBUTE[ValueType(value_type)] if value_type in list(ValueType) else {}
    return PROFILE.get(FilterType(kind), {}) if kind in list(FilterType) else {}
