"""In which segments one person is, as of now: each definition evaluated for that person alone.

Knows how plans are evaluated and how one person is asked about; loads no bitmap of everybody, so
hundreds of segments cost a few statements.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pyroaring import BitMap

from braze_partners.people import asking
from braze_partners.people.models import Profile
from braze_partners.people.questions import Question
from cohorts import standing
from cohorts.segments import algebra, limits
from cohorts.segments.models import Segment
from cohorts.segments.planning import learn, plan, questions_of, stored

NOBODY = BitMap()


@dataclass(frozen=True, slots=True)
class Belonging:
    """The active segments that a person is in, by name. Of more than limits.SEGMENTS_ASKED the
    latest edited are asked; `left_out` says how many are not."""

    segments: list[Segment]
    left_out: int


class _Alone:
    """One person as a block of one, for the algebra."""

    deleted: BitMap | None = None

    def __init__(
        self, number: int, anonymous: bool, cohorts: Collection[int], true: Collection[Question]
    ) -> None:
        self.first, self.end = number, number + 1
        self.everyone = BitMap([number])
        self.anonymous = self.everyone if anonymous else NOBODY
        self._cohorts, self._true = cohorts, true

    def cohort(self, pk: int) -> BitMap | None:
        return self.everyone if pk in self._cohorts else None

    def answer(self, question: Question) -> BitMap | None:
        return self.everyone if question in self._true else None


def segments_of(profile: Profile) -> Belonging:
    """Exact as of now: filters on profiles are asked of the profile itself."""
    workspace_id, number = profile.workspace_id, profile.number
    active = Segment.objects.filter(workspace_id=workspace_id, archived_at=None)
    asked = list(active.order_by("-edited_at", "pk")[: limits.SEGMENTS_ASKED])
    left_out = active.count() - len(asked) if len(asked) == limits.SEGMENTS_ASKED else 0
    definitions = [stored(each) for each in asked]
    known = learn(workspace_id, definitions)
    plans = [
        plan(definition, known, str(each.pk))
        for each, definition in zip(asked, definitions, strict=True)
    ]
    questions = set().union(*(questions_of(each) for each in plans))
    alone = _Alone(
        number,
        profile.external_id is None,
        {one.cohort_id for one in standing.of_person(workspace_id, number)},
        asking.true_of(workspace_id, number, questions),
    )
    evaluation = algebra.Evaluation(alone)
    inside = [
        segment
        for segment, wanted in zip(asked, plans, strict=True)
        if number in evaluation.members(wanted)
    ]
    return Belonging(sorted(inside, key=lambda segment: segment.name.casefold()), left_out)
