"""The editor's form as plain values: read from what was posted or saved, turned into a
definition.

Knows how fields are named and that a form may be half filled in; knows neither the database nor
HTML, nor what the acts of the page do to it (acts.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from cohorts.segments import limits
from cohorts.segments.definition import (
    CohortFilter,
    Definition,
    ExternalIdFilter,
    Filter,
    Inclusion,
    Presence,
    Row,
    SegmentFilter,
    parse,
)
from cohorts.segments.errors import DefinitionRefused
from cohorts.segments.filter_types import FilterType, Given, Offered, offered
from cohorts.segments.profile_filters import ProfileFilter

SECTIONS = ("all", "exclude")
# Rows of one whole segment each: an audience is chosen by them before it is filtered.
CHOSEN = "chosen"
AUDIENCE_SECTIONS = (CHOSEN, *SECTIONS)
Shape = list[tuple[str, str, str, tuple[str, ...]]]


@dataclass(slots=True)
class EditedFilter:
    """`kind` is a type of filter, or `cohort.SLUG`; `subject` is the custom attribute that is
    compared, with its type before it: `number.visits`."""

    key: str
    kind: str
    operator: str = ""
    values: list[str] = field(default_factory=list)
    subject: str = ""

    @property
    def type(self) -> str:
        return self.kind.partition(".")[0]

    @property
    def partner(self) -> str:
        return self.kind.partition(".")[2]

    @property
    def value_type(self) -> str:
        return self.subject.partition(".")[0]

    @property
    def operators(self) -> list[str]:
        """Those that can be chosen."""
        if self.type in (FilterType.COHORT, FilterType.SEGMENT):
            return [each.value for each in Inclusion]
        if self.type == FilterType.EXTERNAL_USER_ID:
            return [each.value for each in Presence]
        return [each.value for each in offered(self.type, self.value_type)]

    @property
    def given(self) -> Given | None:
        """What its values are, for filters on profiles."""
        return {each.value: given for each, given in self._offered.items()}.get(self.operator)

    @property
    def _offered(self) -> Offered:
        return offered(self.type, self.value_type)

    @property
    def on_profile(self) -> bool:
        return self.type in list(FilterType) and self.type not in _OTHERS

    @property
    def wants_values(self) -> bool:
        if self.on_profile:
            return self.given not in (None, Given.NOTHING)
        return self.type != FilterType.EXTERNAL_USER_ID or self.operator == Presence.IS_ANY_OF

    def read(self) -> Filter | None:
        """As the definition has it; None while something is missing or malformed."""
        try:
            return parse({"all": [{"any": [self.to_data()]}]}).all[0].any[0]
        except DefinitionRefused:
            return None

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"type": self.type, "operator": self.operator}
        if self.type == FilterType.COHORT:
            return data | {"partner": self.partner, "cohorts": self.values}
        if self.type == FilterType.SEGMENT:
            return data | {"segments": self.values}
        if self.on_profile:
            return self._profile_data(data)
        return data | ({"values": self.values} if self.wants_values else {})

    def _profile_data(self, data: dict[str, Any]) -> dict[str, Any]:
        if self.type == FilterType.ATTRIBUTE:
            value_type, _, attribute = self.subject.partition(".")
            data |= {"attribute": attribute, "value_type": value_type}
        if self.wants_values:
            values = [typed(text, self.given) for text in self.values if text]
            data["values"] = values[:1] if self.given in _SINGLE else values
        return data


_OTHERS = (FilterType.COHORT, FilterType.SEGMENT, FilterType.EXTERNAL_USER_ID)
_SINGLE = (Given.NUMBER, Given.FLAG, Given.DAY)
_FLAGS = {"true": True, "false": False}


def typed(text: str, given: Given | None) -> Any:
    """As JSON has it; what can't be read stays a text, which is then refused."""
    if given is Given.FLAG:
        return _FLAGS.get(text, text)
    if given is Given.NUMBER:
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _written(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


@dataclass(slots=True)
class EditedRow:
    key: str
    section: str
    filters: list[EditedFilter] = field(default_factory=list)


@dataclass(slots=True)
class Edited:
    """A form as it stands, complete or not; `sections` are the kinds of rows that it has."""

    name: str = ""
    description: str = ""
    tags: list[str] = field(default_factory=list)
    rows: list[EditedRow] = field(default_factory=list)
    excluding: bool = False
    focus: str = ""
    sections: tuple[str, ...] = SECTIONS

    def section(self, name: str) -> list[EditedRow]:
        return [row for row in self.rows if row.section == name]

    def filters(self) -> Iterator[EditedFilter]:
        return (each for row in self.rows for each in row.filters)

    @property
    def chosen(self) -> list[str]:
        """The ids of the segments that are chosen whole, in their order."""
        return [
            value for row in self.section(CHOSEN) for each in row.filters for value in each.values
        ]

    def to_data(self) -> dict[str, Any]:
        """The definition's JSON form, complete or not; chosen segments are no part of it."""
        return {
            section: [
                {"any": [each.to_data() for each in row.filters]} for row in self.section(section)
            ]
            for section in SECTIONS
        }

    def places(self) -> dict[str, str]:
        """From a path in the complete data (`all[0].any[1]`) to the filter's key on the page."""
        return {
            f"{section}[{at}].any[{beside}]": each.key
            for section in self.sections
            for at, row in enumerate(self.section(section))
            for beside, each in enumerate(row.filters)
        }

    def counted_rows(self) -> list[EditedRow]:
        """The rows that the preview's funnel counts, in its order."""
        rows = (row for section in self.sections for row in self.section(section))
        return [row for row in rows if any(each.read() for each in row.filters)]

    def preview(self) -> Definition:
        """What can be counted already; filters without a value, or malformed, are left out."""
        kept = {
            section: tuple(
                Row(tuple(found for each in row.filters if (found := each.read())))
                for row in self.counted_rows()
                if row.section == section
            )
            for section in AUDIENCE_SECTIONS
        }
        return Definition(kept[CHOSEN] + kept["all"], kept["exclude"])


def from_definition(
    definition: Definition, name: str = "", description: str = "", tags: Iterable[str] = ()
) -> Edited:
    """The form of what is saved, nothing edited yet."""
    edited = Edited(name, description, list(tags), excluding=bool(definition.exclude))
    for section, rows in (("all", definition.all), ("exclude", definition.exclude)):
        for row in rows:
            made = EditedRow(free_key("r", edited), section)
            edited.rows.append(made)
            for at, condition in enumerate(row.any, 1):
                made.filters.append(_edited_filter(f"{made.key}f{at}", condition))
    return edited


def _edited_filter(key: str, condition: Filter) -> EditedFilter:
    operator = condition.operator.value
    match condition:
        case CohortFilter(partner, _, cohorts):
            return EditedFilter(key, f"cohort.{partner}", operator, list(cohorts))
        case SegmentFilter(_, segments):
            return EditedFilter(key, "segment", operator, [str(each) for each in segments])
        case ExternalIdFilter(_, values):
            return EditedFilter(key, "external_user_id", operator, list(values))
        case ProfileFilter():
            of_attribute = condition.type is FilterType.ATTRIBUTE
            subject = f"{condition.value_type}.{condition.attribute}" if of_attribute else ""
            written = [_written(each) for each in condition.values]
            return EditedFilter(key, condition.type.value, operator, written, subject)


def read(posted: QueryDict, sections: tuple[str, ...] = SECTIONS) -> Edited:
    """Rows and filters in the order in which they stand on the page."""
    edited = Edited(
        sections=sections,
        name=posted.get("name", ""),
        description=posted.get("description", "").replace("\r\n", "\n"),
        tags=_distinct([*posted.getlist("tag"), *posted.get("typed-tag", "").split(",")]),
        excluding=posted.get("excluding", "") == "1",
    )
    rows: dict[str, EditedRow] = {}
    for text in posted.getlist("row")[: limits.MAX_ROWS + 1]:
        key, _, section = text.partition(":")
        if section in sections:
            rows[key] = EditedRow(key, section)
    for text in posted.getlist("filter"):
        row_key, key, kind = [*text.split(":"), "", "", ""][:3]
        if row_key in rows and kind:
            rows[row_key].filters.append(_read_filter(posted, key, kind))
    edited.rows = [row for row in rows.values() if row.filters]
    return edited


def _read_filter(posted: QueryDict, key: str, kind: str) -> EditedFilter:
    operator, subject = posted.get(f"operator-{key}", ""), posted.get(f"subject-{key}", "")
    made = EditedFilter(key, kind, operator, subject=subject)
    if made.on_profile and made.operators and operator not in made.operators:
        made.operator = made.operators[0]  # another attribute was chosen, of another type
    values = [*posted.getlist(f"value-{key}"), posted.get(f"typed-{key}", "")]
    both_days = made.given is Given.DAYS
    made.values = [text.strip() for text in values[:2]] if both_days else _distinct(values)
    return made


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def free_key(prefix: str, edited: Edited) -> str:
    taken = {row.key for row in edited.rows}
    number = 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def unsaved(edited: Edited, saved: Edited) -> int:
    """How many things differ from what is saved: each text, each tag, each row."""
    count = (edited.name.strip() != saved.name) + (edited.description.strip() != saved.description)
    count += len(set(edited.tags) ^ set(saved.tags))
    for section in edited.sections:
        now = [_shape(row) for row in edited.section(section)]
        before = [_shape(row) for row in saved.section(section)]
        count += max(len(now), len(before)) - _kept_in_order(now, before)
    return count


def _kept_in_order(now: list[Shape], before: list[Shape]) -> int:
    """The longest run of rows that stand in both, in the same order."""
    lengths = [0] * (len(before) + 1)
    for row in now:
        diagonal = 0
        for at, other in enumerate(before, 1):
            above = lengths[at]
            lengths[at] = diagonal + 1 if row == other else max(above, lengths[at - 1])
            diagonal = above
    return lengths[-1]


def _shape(row: EditedRow) -> Shape:
    return [(each.kind, each.subject, each.operator, tuple(each.values)) for each in row.filters]
