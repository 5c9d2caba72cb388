"""From the names in a definition to the numbers it means: cohorts, nested segments, people.

Knows how to look up whatever any number of definitions refer to in a constant number of
statements, and what is wrong with a reference; knows nothing of bitmaps or screens.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Min, Q
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
class Offered:
    """What somebody may choose from besides: partners that have cohorts, custom attributes."""

    partners: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Known:
    """What the definitions at hand refer to, as far as the workspace has it."""

    cohorts: dict[tuple[str, str], Cohort] = field(default_factory=dict)
    segments: dict[uuid.UUID, Nested] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, KnownAttribute] = field(default_factory=dict)
    zone: str = ""
    above: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=dict)
    offered: Offered = field(default_factory=Offered)


def stored(segment: Segment) -> Definition:
    return parse(segment.definition)


def learn(
    workspace_id: int,
    definitions: Iterable[Definition],
    *,
    zone: str = "",
    offering: Collection[str] = (),
) -> Known:
    """Looks up everything that the definitions name, nested segments included, in five statements
    at most. `zone` is the workspace's, for those who know it; `offering` says of which types of
    filters also what else there is to choose from."""
    definitions = list(definitions)
    known = Known(zone=zone)
    _learn_segments(workspace_id, definitions, known)
    definitions += [each.definition for each in known.segments.values()]
    _learn_cohorts(workspace_id, definitions, known, FilterType.COHORT in offering)
    _learn_people(workspace_id, definitions, known)
    _learn_attributes(workspace_id, definitions, known, FilterType.ATTRIBUTE in offering)
    _learn_zone(workspace_id, definitions, known)
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
    pks = [Segment._meta.pk.get_db_prep_value(each, connection) for each in wanted]
    sql = _REACHED.format(wanted=", ".join(["%s"] * len(pks)))
    for row in Segment.objects.raw(sql, [*pks, workspace_id, workspace_id]):
        known.segments[row.pk] = Nested(row.pk, row.name, stored(row), row.archived_at is not None)


# The rows beside the definitions say the same as these, and the database can follow them.
_REACHED = """
WITH RECURSIVE reached (id) AS (
    SELECT id FROM segments_segment WHERE id IN ({wanted}) AND workspace_id = %s
    UNION
    SELECT u.used_id FROM segments_segmentsegment u JOIN reached r ON r.id = u.segment_id
)
SELECT s.id, s.name, s.definition, s.archived_at
  FROM segments_segment s JOIN reached USING (id) WHERE s.workspace_id = %s
"""


def learn_above(workspace_id: int, known: Known) -> None:
    """Which segments use which, over the whole workspace: who saves asks how deep it gets."""
    edges = SegmentSegment.objects.filter(segment__workspace_id=workspace_id)
    for user, used in edges.values_list("segment_id", "used_id"):
        known.above.setdefault(used, set()).add(user)


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


def _learn_cohorts(
    workspace_id: int, definitions: list[Definition], known: Known, offering: bool
) -> None:
    wanted: dict[str, set[str]] = {}
    for each in _filters(definitions):
        if isinstance(each, CohortFilter):
            wanted.setdefault(each.partner, set()).update(each.cohorts)
    asked = [Q(partner=slug, cohort_id__in=ids) for slug, ids in wanted.items()]
    there = Cohort.objects.filter(workspace_id=workspace_id)
    if offering:  # one of each partner as well
        asked.append(Q(pk__in=there.order_by().values("partner").values_list(Min("pk"))))
    if not asked:
        return
    partners = set()
    for cohort in there.filter(reduce(or_, asked)):
        partners.add(cohort.partner)
        if cohort.cohort_id in wanted.get(cohort.partner, ()):
            known.cohorts[cohort.partner, cohort.cohort_id] = cohort
    if offering:
        known.offered.partners = sorted(partners)


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


def _on_profiles(definitions: Iterable[Definition]) -> Iterator[ProfileFilter]:
    return (each for each in _filters(definitions) if isinstance(each, ProfileFilter))


def _learn_attributes(
    workspace_id: int, definitions: list[Definition], known: Known, offering: bool
) -> None:
    asked = _on_profiles(definitions)
    names = {each.attribute for each in asked if each.type is FilterType.ATTRIBUTE}
    if not names and not offering:
        return
    rows = Attribute.objects.filter(workspace_id=workspace_id).order_by("name")
    for found in rows if offering else rows.filter(name__in=names):
        known.attributes[found.name] = KnownAttribute(found.pk, found.type, found.column)
        if offering:
            known.offered.attributes.append((found.name, found.type))


def _learn_zone(workspace_id: int, definitions: list[Definition], known: Known) -> None:
    """Only where a day is named, and nobody has said it."""
    days = (Given.DAY, Given.DAYS)
    if not known.zone and any(each.given in days for each in _on_profiles(definitions)):
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


def asks_for_anonymous(plan: algebra.Plan) -> bool:
    """Whether it tells people with an external id from those without."""
    terms = [each for row in (*plan.all, *plan.exclude) for each in row]
    nested = (each for term in terms if isinstance(term, algebra.InPlans) for each in term.plans)
    return any(isinstance(term, algebra.Anonymous) for term in terms) or any(
        map(asks_for_anonymous, nested)
    )


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
