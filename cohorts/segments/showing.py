"""The editor's page as plain values: rows with their choices, chips and funnel, size and change.

Knows what a form holds and what was counted for it; knows nothing of requests or HTML.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from braze_partners.people.errors import StillCounting
from braze_partners.people.numbers import universe
from braze_partners.workspaces.models import Workspace
from cohorts.segments import evaluation, wording
from cohorts.segments.definition import Definition
from cohorts.segments.editing import (
    AUDIENCE_SECTIONS,
    Edited,
    EditedFilter,
    EditedRow,
    typed,
    unsaved,
)
from cohorts.segments.errors import Problem
from cohorts.segments.evaluation import Funnel
from cohorts.segments.filter_types import PROFILE, FilterType, Given
from cohorts.segments.planning import Known, learn


@dataclass(frozen=True, slots=True)
class ShownFilter:
    key: str
    kind: str
    name: str
    operators: list[tuple[str, str, bool]]
    chips: list[tuple[str, str]]
    input: str
    redraws: bool
    placeholder: str
    error: str
    days: list[str] = field(default_factory=list)
    subjects: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def value(self) -> str:
        """Of an input that holds one."""
        return self.chips[0][0] if self.chips else ""

    @property
    def operator_words(self) -> str:
        return next((words for _value, words, chosen in self.operators if chosen), "")


@dataclass(frozen=True, slots=True)
class ShownFunnel:
    """One step of the funnel; shares are of all live profiles and of the first row."""

    key: str
    left: int
    share: float
    lost: int | None
    bar: float
    bar_before: float


@dataclass(frozen=True, slots=True)
class ShownRow:
    key: str
    section: str
    position: int
    of: int
    words: str
    filters: list[ShownFilter]
    funnel: ShownFunnel | None


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """A segment that is chosen whole, with its filters in words."""

    row: ShownRow
    id: str
    name: str
    says: str
    archived: bool


@dataclass(frozen=True, slots=True)
class ShownEditor:
    """Everything the editor's templates draw."""

    edited: Edited
    rows: list[ShownRow]
    exclusions: list[ShownRow]
    choices: list[ShownChoice]
    kinds: list[tuple[str, str]]
    funnel: Funnel
    saved_size: int | None
    unsaved: int
    counted_at: datetime
    own: str
    counting: float | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag_pairs(self) -> list[tuple[str, str]]:
        return [(tag, tag) for tag in self.edited.tags]

    @property
    def difference(self) -> int:
        return self.funnel.size - (self.saved_size or 0)

    @property
    def share(self) -> float:
        return self.funnel.size / self.funnel.everyone if self.funnel.everyone else 0.0

    @property
    def identified(self) -> int:
        return self.funnel.size - self.funnel.anonymous

    @property
    def channels(self) -> list[tuple[str, int, float]]:
        """Name, people and share of the size of each channel; none while they are counted."""
        reach = self.funnel.reach
        if reach is None or self.counting is not None:
            return []
        named = (
            (pgettext("channel", "Push"), reach.push),
            (_("E-mail"), reach.email),
            (_("SMS"), reach.sms),
        )
        return [(name, count, self.part(count)) for name, count in named]

    def part(self, count: int) -> float:
        return count / self.funnel.size if self.funnel.size else 0.0

    @property
    def steps(self) -> list[ShownRow]:
        return [*(each.row for each in self.choices), *self.rows, *self.exclusions]

    @property
    def excluding(self) -> bool:
        return self.edited.excluding or bool(self.exclusions)


def show(
    workspace: Workspace,
    edited: Edited,
    *,
    saved: Edited | None,
    now: datetime,
    own: uuid.UUID | None = None,
    problems: Iterable[Problem] = (),
    errors: Mapping[str, str] | None = None,
) -> ShownEditor:
    """Counts the form as it stands and puts every figure beside its row."""
    preview = edited.preview()
    offering = {FilterType.COHORT.value, *(each.type for each in edited.filters())}
    known = learn(workspace.pk, [preview], zone=workspace.time_zone, offering=offering)
    counted, counting = _counted(workspace, preview, known)
    by_filter = _errors_by_filter(edited, problems)
    steps = _steps(edited, counted)
    chosen, rows, exclusions = (
        [
            _row(row, at, len(edited.section(section)), known, steps.get(row.key), by_filter)
            for at, row in enumerate(edited.section(section), 1)
        ]
        for section in AUDIENCE_SECTIONS
    )
    return ShownEditor(
        edited=edited,
        rows=rows,
        exclusions=exclusions,
        choices=[_choice(row, known) for row in chosen],
        kinds=filter_kinds(known),
        funnel=counted,
        counting=counting,
        saved_size=_saved_size(workspace, saved, preview, counted) if counting is None else None,
        unsaved=unsaved(edited, saved or Edited()),
        counted_at=now,
        own=str(own or ""),
        errors=errors or {},
    )


def _counted(
    workspace: Workspace, preview: Definition, known: Known
) -> tuple[Funnel, float | None]:
    """The figures; or none, and how much of an answer that nobody has asked before is counted."""
    try:
        return evaluation.funnel(workspace.pk, preview, known), None
    except StillCounting as counting:
        return Funnel(universe(workspace.pk).size, (), (), 0, 0), counting.share


def _saved_size(
    workspace: Workspace, saved: Edited | None, preview: Definition, counted: Funnel
) -> int | None:
    if saved is None:
        return None
    before = saved.preview()
    return counted.size if before == preview else evaluation.size_or_none(workspace.pk, before)


def filter_kinds(known: Known) -> list[tuple[str, str]]:
    """What Add Filter offers: Amplitude, other partners that have cohorts, segments, the rest."""
    slugs = ["amplitude", *(each for each in known.offered.partners if each != "amplitude")]
    partners = [(f"cohort.{slug}", wording.cohort_filter_name(slug)) for slug in slugs]
    return [
        *partners,
        (FilterType.SEGMENT.value, _("Segment Membership")),
        (FilterType.EXTERNAL_USER_ID.value, _("External User ID")),
        *((kind.value, wording.profile_filter_name(kind)) for kind in PROFILE),
        (FilterType.ATTRIBUTE.value, wording.profile_filter_name(FilterType.ATTRIBUTE)),
    ]


def _errors_by_filter(edited: Edited, problems: Iterable[Problem]) -> dict[str, str]:
    places = edited.places()
    found: dict[str, str] = {}
    for problem in problems:
        for path, key in places.items():
            if problem.path == path or problem.path.startswith(f"{path}."):
                found.setdefault(key, _for_people(problem))
    return found


def _for_people(problem: Problem) -> str:
    """A sentence for the field; the path says where, which the page shows already."""
    if problem.path.endswith((".cohorts", ".segments", ".values")):
        return _("Choose at least one value, or take this filter away.")
    if problem.path.endswith((".value_type", ".attribute")) and "must" in problem.text:
        return _("Choose an attribute, or take this filter away.")
    return problem.text[:1].upper() + problem.text[1:] + "."


def _steps(edited: Edited, counted: Funnel) -> dict[str, ShownFunnel]:
    counts = [*counted.rows, *counted.exclusions]
    first = counts[0] if counts else 0
    if len(counts) < len(edited.counted_rows()):  # still being counted
        return {}
    found: dict[str, ShownFunnel] = {}
    before = counted.everyone
    for at, (row, left) in enumerate(zip(edited.counted_rows(), counts, strict=True)):
        found[row.key] = ShownFunnel(
            key=row.key,
            left=left,
            share=left / counted.everyone if counted.everyone else 0.0,
            lost=left - before if at else None,
            bar=left / first if first else 0.0,
            bar_before=before / first if at and first else 0.0,
        )
        before = left
    return found


def _row(
    row: EditedRow,
    position: int,
    of: int,
    known: Known,
    funnel: ShownFunnel | None,
    errors: Mapping[str, str],
) -> ShownRow:
    filters = [_filter(each, known, errors.get(each.key, "")) for each in row.filters]
    words = ", ".join(each.name for each in filters)
    return ShownRow(row.key, row.section, position, of, words, filters, funnel)


def _choice(row: ShownRow, known: Known) -> ShownChoice:
    """Its name takes the place of the filter's in the row's words."""
    chosen, name = row.filters[0].chips[0]
    nested = known.segments.get(_uuid(chosen))
    return ShownChoice(
        row=replace(row, words=name),
        id=chosen,
        name=name,
        says=wording.say_briefly(nested.definition, known) if nested else "",
        archived=nested is not None and nested.archived,
    )


# How a value is given on the page.
_INPUTS = {
    Given.TEXTS: "free",
    Given.COUNTRIES: "search",
    Given.LANGUAGES: "search",
    Given.NUMBER: "number",
    Given.FLAG: "flag",
    Given.DAY: "day",
    Given.DAYS: "days",
}


def _filter(each: EditedFilter, known: Known, error: str) -> ShownFilter:
    given = _input(each)
    return ShownFilter(
        key=each.key,
        kind=each.kind,
        name=_filter_name(each),
        operators=[
            (value, wording.operator_words(value), value == each.operator)
            for value in each.operators
        ],
        chips=[(value, _chip(each, value, known)) for value in each.values],
        input=given,
        redraws=each.type not in (FilterType.COHORT, FilterType.SEGMENT),
        placeholder=_PLACEHOLDERS[given]() if given in _PLACEHOLDERS else "",
        error=error,
        days=[*each.values, "", ""][:2] if given == "days" else [],
        subjects=_subjects(each, known),
    )


_PLACEHOLDERS = {
    "search": lambda: _("Search for a value"),
    "free": lambda: _("Add a value"),
    "number": lambda: _("A number"),
}


def _input(each: EditedFilter) -> str:
    """The kind of control for its values, "" for none."""
    if not each.wants_values:
        return ""
    if each.on_profile:
        return _INPUTS[each.given] if each.given else ""
    return "free" if each.type == FilterType.EXTERNAL_USER_ID else "search"


def _subjects(each: EditedFilter, known: Known) -> list[tuple[str, str, bool]]:
    """The custom attributes to choose from; one that isn't there any more is kept on show."""
    if each.type != FilterType.ATTRIBUTE:
        return []
    found = {f"{kind}.{name}": name for name, kind in known.offered.attributes}
    if each.subject:
        found.setdefault(each.subject, each.subject.partition(".")[2])
    return [(value, name, value == each.subject) for value, name in found.items()]


def _filter_name(each: EditedFilter) -> str:
    match each.type:
        case FilterType.COHORT:
            return wording.cohort_filter_name(each.partner)
        case FilterType.SEGMENT:
            return _("Segment Membership")
        case FilterType.EXTERNAL_USER_ID:
            return _("External User ID")
        case kind if each.on_profile:
            attribute = each.subject.partition(".")[2]
            return attribute or wording.profile_filter_name(kind)
        case kind:
            return kind


def _chip(each: EditedFilter, value: str, known: Known) -> str:
    match each.type:
        case FilterType.COHORT:
            cohort = known.cohorts.get((each.partner, value))
            return wording.cohort_label(cohort, each.partner, value)
        case FilterType.SEGMENT:
            return _segment_name(value, known)
    return wording.value_name(typed(value, each.given), each.given) if each.given else value


def _segment_name(text: str, known: Known) -> str:
    nested = known.segments.get(_uuid(text))
    return nested.name if nested else text


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
