"""What a segment is defined by: AND rows of OR filters, then exclusion rows; read and written.

Pure: knows the shape and its limits; knows neither the database nor whether a cohort exists.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from cohorts.segments import limits, profile_filters
from cohorts.segments.errors import DefinitionRefused, Problem
from cohorts.segments.filter_types import FilterType
from cohorts.segments.profile_filters import ProfileFilter, one_of


class Inclusion(StrEnum):
    """In any of the chosen, or in none of them."""

    INCLUDES = "includes"
    DOES_NOT_INCLUDE = "does_not_include"


class Presence(StrEnum):
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"
    IS_ANY_OF = "is_any_of"


@dataclass(frozen=True, slots=True)
class CohortFilter:
    partner: str
    operator: Inclusion
    cohorts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SegmentFilter:
    operator: Inclusion
    segments: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class ExternalIdFilter:
    operator: Presence
    values: tuple[str, ...] = ()


Operator = TypeVar("Operator", bound=StrEnum)

Filter = CohortFilter | SegmentFilter | ExternalIdFilter | ProfileFilter


@dataclass(frozen=True, slots=True)
class Row:
    any: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """Empty, it is everyone. Each exclusion row takes out who matches it."""

    all: tuple[Row, ...] = ()
    exclude: tuple[Row, ...] = ()

    def filters(self) -> Iterator[tuple[str, Filter]]:
        """Every filter with its path, in the order of the rows."""
        for section, rows in (("all", self.all), ("exclude", self.exclude)):
            for at, row in enumerate(rows):
                for beside, condition in enumerate(row.any):
                    yield f"{section}[{at}].any[{beside}]", condition


EVERYONE = Definition()


def parse(data: object) -> Definition:
    """Reads the JSON form; DefinitionRefused names every place that is wrong."""
    reader = _Reader([])
    definition = reader.definition(data)
    if reader.problems:
        raise DefinitionRefused(reader.problems)
    return definition


def dump(definition: Definition) -> dict[str, Any]:
    """The JSON form, the same for the same definition."""
    return {
        "all": [{"any": [_dump_filter(each) for each in row.any]} for row in definition.all],
        "exclude": [
            {"any": [_dump_filter(each) for each in row.any]} for row in definition.exclude
        ],
    }


def _dump_filter(condition: Filter) -> dict[str, Any]:
    operator = condition.operator.value
    match condition:
        case CohortFilter():
            return {
                "type": "cohort",
                "partner": condition.partner,
                "operator": operator,
                "cohorts": list(condition.cohorts),
            }
        case SegmentFilter():
            chosen = [str(each) for each in condition.segments]
            return {"type": "segment", "operator": operator, "segments": chosen}
        case ExternalIdFilter():
            dumped: dict[str, Any] = {"type": "external_user_id", "operator": operator}
            if condition.operator is Presence.IS_ANY_OF:
                dumped["values"] = list(condition.values)
            return dumped
        case ProfileFilter():
            return profile_filters.dump(condition)


@dataclass(slots=True)
class _Reader:
    """Reads on after a mistake, so that all of them are told at once."""

    problems: list[Problem]

    def refuse(self, path: str, text: str) -> None:
        self.problems.append(Problem(path, text))

    def definition(self, data: object) -> Definition:
        given = self.fields(data, "", {"all", "exclude"})
        rows = self.rows(given.get("all"), "all")
        excluded = self.rows(given.get("exclude"), "exclude")
        if len(rows) + len(excluded) > limits.MAX_ROWS:
            self.refuse("", _("has more than %(limit)s rows") % {"limit": limits.MAX_ROWS})
        return Definition(rows, excluded)

    def fields(self, data: object, path: str, known: set[str]) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.refuse(path, _("must be an object"))
            return {}
        for name in data.keys() - known:
            self.refuse(f"{path}.{name}".lstrip("."), _("is not known here"))
        return data

    def rows(self, data: object, section: str) -> tuple[Row, ...]:
        if data is None:
            return ()
        if not isinstance(data, list):
            self.refuse(section, _("must be a list of rows"))
            return ()
        return tuple(self.row(row, f"{section}[{at}]") for at, row in enumerate(data))

    def row(self, data: object, path: str) -> Row:
        filters = self.fields(data, path, {"any"}).get("any")
        if not isinstance(filters, list) or not filters:
            self.refuse(f"{path}.any", _("must be a list of at least one filter"))
            return Row(())
        if len(filters) > limits.MAX_FILTERS_PER_ROW:
            limit = {"limit": limits.MAX_FILTERS_PER_ROW}
            self.refuse(f"{path}.any", _("has more than %(limit)s filters") % limit)
            return Row(())
        read = (self.filter(each, f"{path}.any[{at}]") for at, each in enumerate(filters))
        return Row(tuple(each for each in read if each is not None))

    def filter(self, data: object, path: str) -> Filter | None:
        if not isinstance(data, dict):
            self.refuse(path, _("must be an object"))
            return None
        reading: dict[object, Callable[[dict[str, Any], str], Filter | None]] = {
            FilterType.COHORT: self.cohort_filter,
            FilterType.SEGMENT: self.segment_filter,
            FilterType.EXTERNAL_USER_ID: self.external_id_filter,
        }
        kind = data.get("type")
        if not isinstance(kind, str) or kind not in list(FilterType):
            self.refuse(f"{path}.type", one_of(FilterType))
            return None
        return reading.get(kind, self.profile_filter)(data, path)

    def cohort_filter(self, data: dict[str, Any], path: str) -> Filter | None:
        self.fields(data, path, {"type", "partner", "operator", "cohorts"})
        operator = self.operator(data, path, Inclusion)
        partner = data.get("partner")
        if not isinstance(partner, str) or not partner:
            self.refuse(f"{path}.partner", _("must name a partner"))
            return None
        cohorts = self.texts(data.get("cohorts"), f"{path}.cohorts")
        return CohortFilter(partner, operator, cohorts) if operator else None

    def segment_filter(self, data: dict[str, Any], path: str) -> Filter | None:
        self.fields(data, path, {"type", "operator", "segments"})
        operator = self.operator(data, path, Inclusion)
        chosen = []
        for at, text in enumerate(self.texts(data.get("segments"), f"{path}.segments")):
            try:
                chosen.append(uuid.UUID(text))
            except ValueError:
                self.refuse(f"{path}.segments[{at}]", _("must be the id of a segment"))
        return SegmentFilter(operator, tuple(chosen)) if operator else None

    def external_id_filter(self, data: dict[str, Any], path: str) -> Filter | None:
        self.fields(data, path, {"type", "operator", "values"})
        operator = self.operator(data, path, Presence)
        if operator is None:
            return None
        if operator is not Presence.IS_ANY_OF:
            if data.get("values"):
                self.refuse(f"{path}.values", _("belongs to is_any_of only"))
            return ExternalIdFilter(operator)
        values = self.texts(data.get("values"), f"{path}.values", limits.MAX_EXTERNAL_ID)
        return ExternalIdFilter(operator, values)

    def profile_filter(self, data: dict[str, Any], path: str) -> Filter | None:
        known = {"type", "operator", "values"}
        if data["type"] == FilterType.ATTRIBUTE:
            known |= {"attribute", "value_type"}
        self.fields(data, path, known)
        return profile_filters.read(data, path, self.problems)

    def operator(self, data: dict[str, Any], path: str, known: type[Operator]) -> Operator | None:
        given = data.get("operator")
        if isinstance(given, str) and given in list(known):
            return known(given)
        self.refuse(f"{path}.operator", one_of(known))
        return None

    def texts(self, data: object, path: str, longest: int = 255) -> tuple[str, ...]:
        if not isinstance(data, list) or not data:
            self.refuse(path, _("must be a list of at least one"))
            return ()
        if len(data) > limits.MAX_VALUES_PER_FILTER:
            limit = {"limit": limits.MAX_VALUES_PER_FILTER}
            self.refuse(path, _("has more than %(limit)s entries") % limit)
            return ()
        for at, each in enumerate(data):
            if not isinstance(each, str) or not each or len(each) > longest or "\x00" in each:
                wanted = _("must be a text of 1 to %(longest)s characters") % {"longest": longest}
                self.refuse(f"{path}[{at}]", wanted)
                return ()
        return tuple(dict.fromkeys(data))
