"""Why a person is in a segment or not: every filter true or false, traced to the cohort run that
spoke last about them.

Knows runs through `cohorts.explaining`; knows nothing of HTML. A request body or key is never
told, the key's masked form is.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from braze_partners.people import changed
from braze_partners.people.finding import Portrait, portrait_of
from braze_partners.people.numbers import BLOCK_SIZE
from cohorts import explaining
from cohorts.models import Cohort
from cohorts.segments import facts, wording
from cohorts.segments.algebra import Evaluation, Plan, Term
from cohorts.segments.definition import CohortFilter, Definition, Filter, Row, SegmentFilter
from cohorts.segments.evaluation import Audience
from cohorts.segments.explained import Explained, Explanation, TracedCohort, TracedSegment
from cohorts.segments.planning import Known, learn, plan, questions_of
from cohorts.segments.profile_filters import ProfileFilter


@dataclass(frozen=True, slots=True)
class _Asked:
    """One person, their block evaluated."""

    known: Known
    evaluation: Evaluation
    person: BitMap
    number: int
    portrait: Portrait | None = None

    def matches(self, term: Term) -> bool:
        return bool(self.evaluation.matches(term, self.person))

    def in_plan(self, nested: Plan) -> bool:
        return self.number in self.evaluation.members(nested)


def _portrait(workspace_id: int, wanted: Plan, number: int) -> Portrait | None:
    return portrait_of(workspace_id, number) if questions_of(wanted) else None


def explain(workspace_id: int, definition: Definition, number: int) -> Explanation:
    """Every filter of every row for one person; `member` is their standing in the segment.

    What has changed of people is taken in first, so that a filter's answer and the value beside it
    are of one moment. Raises StillCounting."""
    changed.fold(workspace_id)
    known = learn(workspace_id, [definition])
    wanted = plan(definition, known)
    block = Audience(workspace_id, [wanted]).block(number // BLOCK_SIZE)
    evaluation = Evaluation(block)
    asked = _Asked(
        known, evaluation, BitMap([number]), number, _portrait(workspace_id, wanted, number)
    )
    steps = [
        *_explain_rows(asked, definition.all, wanted.all, excluding=False),
        *_explain_rows(asked, definition.exclude, wanted.exclude, excluding=True),
    ]
    alive = number in block.everyone
    return Explanation(alive and number in evaluation.members(wanted), alive, tuple(steps))


def _explain_rows(
    asked: _Asked,
    rows: Sequence[Row],
    planned: Sequence[tuple[Term, ...]],
    *,
    excluding: bool,
) -> list[Explained]:
    found = []
    for at, (row, terms) in enumerate(zip(rows, planned, strict=True)):
        answers = [asked.matches(term) for term in terms]
        passed = any(answers) != excluding
        for condition, answer in zip(row.any, answers, strict=True):
            found.append(_explain_filter(asked, condition, answer, at, excluding, passed))
    return found


def _explain_filter(
    asked: _Asked, condition: Filter, true: bool, row: int, excluding: bool, passed: bool
) -> Explained:
    cohorts: list[TracedCohort] = []
    segments: list[TracedSegment] = []
    fact = None
    match condition:
        case CohortFilter(partner, _, chosen):
            cohorts = [_trace(asked, partner, each) for each in chosen]
        case SegmentFilter(_, ids):
            segments = [each for pk in ids if (each := _trace_segment(asked, pk))]
        case ProfileFilter() if asked.portrait is not None:
            fact = facts.fact_of(condition, asked.portrait)
    return Explained(
        words=wording.say_filter(condition, asked.known, wording.NAMES_TOLD),
        true=true,
        row=row,
        excluding=excluding,
        row_passed=passed,
        cohorts=tuple(cohorts),
        segments=tuple(segments),
        fact=fact,
    )


def _trace(asked: _Asked, partner: str, cohort_id: str) -> TracedCohort:
    cohort = asked.known.cohorts.get((partner, cohort_id))
    if cohort is None:
        return TracedCohort(None, cohort_id, False, None)
    members = asked.evaluation.block.cohort(cohort.pk)
    inside = members is not None and asked.number in members
    return TracedCohort(cohort, cohort.name, inside, _last_change(cohort, asked.number))


def _last_change(cohort: Cohort, number: int) -> explaining.LastChange | None:
    return explaining.last_change(cohort, number)


def _trace_segment(asked: _Asked, chosen: uuid.UUID) -> TracedSegment | None:
    nested = asked.known.segments.get(chosen)
    if nested is None:
        return None
    inside = asked.in_plan(plan(nested.definition, asked.known, str(chosen)))
    return TracedSegment(nested.id, nested.name, inside)
