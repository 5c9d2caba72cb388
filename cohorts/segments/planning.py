"""From the names in a definition to the numbers it means: cohorts, nested segments, people.

Knows how to look up whatever any number of definitions refer to in a constant number of
statements, and what is wrong with a reference; knows nothing of bitmaps or screens.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _

from braze_partners.people.identity import resolve_external_ids
from braze_partners.people.models import Attribute
from braze_partners.people.questions import Question
from braze_partners.workspaces.models import Workspace
from cohorts.models import Cohort
from cohorts.segments import algebra, limits, profile_filters
from cohorts.segments.definition import (
    CohortFilter,
    Definition,
    ExternalIdFilter,
    Filter,
    Inclusion,
    Presence,
    SegmentFilter,
    dump,
    parse,
)
from cohorts.segments.errors import Problem
from cohorts.segments.filter_types import FilterType, Given
from cohorts.segments.models import Segment, SegmentSegment
from cohorts.segments.profile_filters import KnownAttribute, ProfileFilter


@dataclass(frozen=True, slots=True)
class Nested:
    """A segment that another one refers to."""

    id: uuid.UUID
    name: str
    definition: Definition
    archived: bool


@dataclass(slots=True)
class Known:
    """What the definitions at hand refer to, as far as the workspace has it."""

    cohorts: dict[tuple[str, str], Cohort] = field(default_factory=dict)
    segments: dict[uuid.UUID, Nested] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, KnownAttribute] = field(default_factory=dict)
    zone: str = "UTC"
    offered_attributes: list[tuple[str, str]] = field(default_factory=list)
    above: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=dict)


def stored(segment: Segment) -> Definition:
    return parse(segment.definition)


def learn(workspace_id: int, definitions: Iterable[Definition]) -> Known:
    """Looks up everything that the definitions name, nested segments included."""
    definitions = list(definitions)
    known = Known()
    _learn_segments(workspace_id, definitions, known)
    definitions += [each.definition for each in known.segments.values()]
    _learn_cohorts(workspace_id, definitions, known)
    _learn_people(workspace_id, definitions, known)
    _learn_profiles(workspace_id, definitions, known)
    return known


def _filters(definitions: Iterable[Definition]) -> Iterator[Filter]:
    return (each for definition in definitions for _path, each in definition.filters())


def _learn_segments(workspace_id: int, definitions: list[Definition], known: Known) -> None:
    wanted = {
        chosen
        for each in _filters(definitions)
        if isinstance(each, SegmentFilter)
        for chosen in each.segments
    }
    if not wanted:
        return
    below: dict[uuid.UUID, set[uuid.UUID]] = {}
    edges = SegmentSegment.objects.filter(segment__workspace_id=workspace_id)
    for user, used in edges.values_list("segment_id", "used_id"):
        below.setdefault(user, set()).add(used)
        known.above.setdefault(used, set()).add(user)
    reached = _reachable(wanted, below)
    rows = Segment.objects.filter(workspace_id=workspace_id, pk__in=reached)
    for row in rows.only("id", "name", "definition", "archived_at"):
        known.segments[row.pk] = Nested(row.pk, row.name, stored(row), row.archived_at is not None)


def _reachable(
    start: Iterable[uuid.UUID], below: dict[uuid.UUID, set[uuid.UUID]]
) -> set[uuid.UUID]:
    reached: set[uuid.UUID] = set()
    waiting = list(start)
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting.extend(below.get(each, ()))
    return reached


def _learn_cohorts(workspace_id: int, definitions: list[Definition], known: Known) -> None:
    wanted: dict[str, set[str]] = {}
    for each in _filters(definitions):
        if isinstance(each, CohortFilter):
            wanted.setdefault(each.partner, set()).update(each.cohorts)
    if wanted:
        named = reduce(or_, (Q(partner=slug, cohort_id__in=ids) for slug, ids in wanted.items()))
        for cohort in Cohort.objects.filter(named, workspace_id=workspace_id):
            known.cohorts[cohort.partner, cohort.cohort_id] = cohort


def _learn_people(workspace_id: int, definitions: list[Definition], known: Known) -> None:
    wanted = {
        value
        for each in _filters(definitions)
        if isinstance(each, ExternalIdFilter)
        for value in each.values
    }
    if wanted:
        values = sorted(wanted)
        numbers = resolve_external_ids(workspace_id, values)
        known.numbers = {
            value: number
            for value, number in zip(values, numbers, strict=True)
            if number is not None
        }


def _learn_profiles(workspace_id: int, definitions: list[Definition], known: Known) -> None:
    """The attributes that are named, and the time zone if a day is."""
    asked = [each for each in _filters(definitions) if isinstance(each, ProfileFilter)]
    if names := {each.attribute for each in asked if each.type is FilterType.ATTRIBUTE}:
        for found in Attribute.objects.filter(workspace_id=workspace_id, name__in=names):
            known.attributes[found.name] = KnownAttribute(found.pk, found.type, found.column)
    if any(each.given in (Given.DAY, Given.DAYS) for each in asked):
        zones = Workspace.objects.filter(pk=workspace_id).values_list("time_zone", flat=True)
        known.zone = zones.get()


def plan(definition: Definition, known: Known, key: str = "") -> algebra.Plan:
    """What the algebra evaluates. What is not known any more is in nobody's set."""
    return _Planner(known).plan(definition, key or f"unsaved:{hash(str(dump(definition)))}")


class _Planner:
    def __init__(self, known: Known) -> None:
        self.known = known
        self.made: dict[uuid.UUID, algebra.Plan] = {}

    def plan(self, definition: Definition, key: str) -> algebra.Plan:
        return algebra.Plan(
            key,
            tuple(tuple(map(self.term, row.any)) for row in definition.all),
            tuple(tuple(map(self.term, row.any)) for row in definition.exclude),
        )

    def nested(self, chosen: uuid.UUID) -> algebra.Plan | None:
        found = self.known.segments.get(chosen)
        if found is None:
            return None
        if chosen not in self.made:
            self.made[chosen] = self.plan(found.definition, str(chosen))
        return self.made[chosen]

    def term(self, condition: Filter) -> algebra.Term:
        match condition:
            case CohortFilter(partner, operator, cohorts):
                found = (self.known.cohorts.get((partner, each)) for each in cohorts)
                pks = tuple(each.pk for each in found if each is not None)
                return algebra.InCohorts(pks, operator is Inclusion.DOES_NOT_INCLUDE)
            case SegmentFilter(operator, segments):
                plans = tuple(each for chosen in segments if (each := self.nested(chosen)))
                return algebra.InPlans(plans, operator is Inclusion.DOES_NOT_INCLUDE)
            case ExternalIdFilter(Presence.IS_ANY_OF, values):
                numbers = {self.known.numbers.get(each) for each in values} - {None}
                return algebra.Among(tuple(sorted(n for n in numbers if n is not None)))
            case ProfileFilter():
                attribute = self.known.attributes.get(condition.attribute)
                if attribute is not None and attribute.type != condition.value_type:
                    attribute = None
                return algebra.Answered(
                    *profile_filters.asked(condition, attribute, self.known.zone)
                )
            case ExternalIdFilter(operator):
                return algebra.Anonymous(operator is Presence.IS_SET)


def cohorts_of(plan: algebra.Plan) -> set[int]:
    """The primary keys of every cohort that a plan reads, nested ones included."""
    found: set[int] = set()
    for term in (each for row in (*plan.all, *plan.exclude) for each in row):
        match term:
            case algebra.InCohorts(cohorts):
                found.update(cohorts)
            case algebra.InPlans(plans):
                found.update(*(cohorts_of(each) for each in plans))
    return found


def questions_of(plan: algebra.Plan) -> set[Question]:
    """What a plan asks of profiles, nested ones included."""
    found: set[Question] = set()
    for term in (each for row in (*plan.all, *plan.exclude) for each in row):
        match term:
            case algebra.Answered(questions):
                found.update(questions)
            case algebra.InPlans(plans):
                found.update(*(questions_of(each) for each in plans))
    return found


def wrong_references(
    definition: Definition, known: Known, own: uuid.UUID | None = None
) -> list[Problem]:
    """What a definition names that isn't there, that it can't name, or that leads back to it."""
    problems: list[Problem] = []
    for path, condition in definition.filters():
        match condition:
            case CohortFilter(partner, _operator, cohorts):
                for at, each in enumerate(cohorts):
                    if (partner, each) not in known.cohorts:
                        text = _("there is no cohort “%(id)s” of this partner") % {"id": each}
                        problems.append(Problem(f"{path}.cohorts[{at}]", text))
            case SegmentFilter(_operator, segments):
                for at, chosen in enumerate(segments):
                    if text := _wrong_segment(chosen, known, own):
                        problems.append(Problem(f"{path}.segments[{at}]", text))
            case ProfileFilter(type=FilterType.ATTRIBUTE):
                problems += _wrong_attribute(condition, known, path)
    return problems


def _wrong_attribute(condition: ProfileFilter, known: Known, path: str) -> list[Problem]:
    told = {"name": condition.attribute, "asked": condition.value_type}
    found = known.attributes.get(condition.attribute)
    if found is None:
        text = _("nobody here has had an attribute “%(name)s”") % told
        return [Problem(f"{path}.attribute", text)]
    if found.type != condition.value_type:
        text = _("“%(name)s” is of type %(type)s, not %(asked)s") % {**told, "type": found.type}
        return [Problem(f"{path}.value_type", text)]
    return []


def _wrong_segment(chosen: uuid.UUID, known: Known, own: uuid.UUID | None) -> str:
    nested = known.segments.get(chosen)
    if nested is None:
        return _("there is no segment “%(id)s”") % {"id": chosen}
    if own is not None and own in _reachable([chosen], _below(known)):
        if chosen == own:
            return _("a segment can't use itself")
        return _("“%(name)s” uses this segment itself, so this would go in a circle") % {
            "name": nested.name
        }
    levels = _levels(chosen, _below(known)) + (_levels(own, known.above) if own else 1)
    if levels > limits.MAX_NESTING:
        return _("segments may be nested %(limit)s levels deep at most") % {
            "limit": limits.MAX_NESTING
        }
    return ""


def _below(known: Known) -> dict[uuid.UUID, set[uuid.UUID]]:
    return {
        each.id: {
            chosen
            for condition in _filters([each.definition])
            if isinstance(condition, SegmentFilter)
            for chosen in condition.segments
        }
        for each in known.segments.values()
    }


def _levels(start: uuid.UUID, onward: dict[uuid.UUID, set[uuid.UUID]]) -> int:
    level = {start}
    count = 0
    while level and count <= limits.MAX_NESTING:
        count += 1
        level = {further for each in level for further in onward.get(each, ())}
    return count
