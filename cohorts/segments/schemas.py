"""What filters on profiles look like in the OpenAPI document, made from the table of what is
offered.

Pure data; the definition's own parser decides what is taken.
"""

from __future__ import annotations

from typing import Any

from cohorts.segments.filter_types import ATTRIBUTE, PROFILE, Given, Offered

_ITEMS: dict[Given, dict[str, Any]] = {
    Given.TEXTS: {"type": "string"},
    Given.COUNTRIES: {"type": "string", "description": "ISO 3166-1, two letters: FR."},
    Given.LANGUAGES: {"type": "string", "description": "ISO 639-1, two letters: fr."},
    Given.NUMBER: {"type": "number"},
    Given.FLAG: {"type": "boolean"},
    Given.DAY: {"type": "string", "format": "date"},
    Given.DAYS: {"type": "string", "format": "date"},
}


def _schema(kind: str, offered: Offered, more: dict[str, Any]) -> dict[str, Any]:
    kinds = {given for given in offered.values() if given is not Given.NOTHING}
    properties: dict[str, Any] = {
        "type": {"const": kind},
        **more,
        "operator": {"type": "string", "enum": [operator.value for operator in offered]},
    }
    if kinds:
        items = [_ITEMS[given] for given in sorted(kinds)][0]
        properties["values"] = {"type": "array", "items": items, "minItems": 1}
    return {
        "type": "object",
        "required": ["type", *more, "operator"],
        "properties": properties,
    }


PROFILE_FILTERS = [
    *(_schema(kind.value, offered, {}) for kind, offered in PROFILE.items()),
    *(
        _schema(
            "attribute",
            offered,
            {"attribute": {"type": "string"}, "value_type": {"const": kind.value}},
        )
        for kind, offered in ATTRIBUTE.items()
    ),
]
