"""Sets of people's numbers by rows: who is left after each AND row and each exclusion row.

Pure: works on bitmaps that it is given, one block of 1,048,576 numbers at a time; knows neither
the database nor what a cohort or a segment is called. Given bitmaps are never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pyroaring import BitMap

from braze_partners.people.questions import Question


@dataclass(frozen=True, slots=True)
class InCohorts:
    """In any of the cohorts (by primary key); negated: in none of them."""

    cohorts: tuple[int, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InPlans:
    """In any of the nested segments."""

    plans: tuple[Plan, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Without an external id; negated: with one."""

    negated: bool = False


@dataclass(frozen=True, slots=True)
class Among:
    """One of these numbers, in ascending order."""

    numbers: tuple[int, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """Of whose profile one of these is true; negated: none of them."""

    questions: tuple[Question, ...]
    negated: bool = False


Term = InCohorts | InPlans | Anonymous | Among | Answered


@dataclass(frozen=True, slots=True)
class Plan:
    """A definition whose names have become numbers. `key` tells plans apart cheaply."""

    key: str
    all: tuple[tuple[Term, ...], ...]
    exclude: tuple[tuple[Term, ...], ...]


class Block(Protocol):
    """What is known of one block: everyone alive, who is deleted, anonymous, in a cohort."""

    first: int
    end: int
    everyone: BitMap
    deleted: BitMap | None

    @property
    def anonymous(self) -> BitMap: ...

    def cohort(self, pk: int) -> BitMap | None: ...

    def answer(self, question: Question) -> BitMap | None: ...


class Evaluation:
    """Evaluates plans over one block; a nested segment is evaluated once for all its users."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._members: dict[str, BitMap] = {}

    def members(self, plan: Plan) -> BitMap:
        known = self._members.get(plan.key)
        if known is None:
            known = self._members[plan.key] = self.steps(plan)[-1]
        return known

    def steps(self, plan: Plan) -> list[BitMap]:
        """Everyone, then who is left after each AND row, then after each exclusion row."""
        left = [self.block.everyone]
        for row in plan.all:
            left.append(self._matching(row, left[-1]))
        for row in plan.exclude:
            left.append(self._without(row, left[-1]))
        return left

    def matches(self, term: Term, among: BitMap) -> BitMap:
        """Those of `among` for whom one filter is true."""
        return self._matching((term,), among)

    def _matching(self, row: Sequence[Term], among: BitMap) -> BitMap:
        found: list[BitMap] = []
        for term in row:
            named = self._named(term)
            if term.negated:
                found.append(among - named if named is not None else among)
            elif named is not None:
                found.append(self._both(among, named))
        if len(found) == 1:
            return found[0]
        return BitMap.union(*found) if found else BitMap()

    def _both(self, among: BitMap, named: BitMap) -> BitMap:
        """Everyone has a container per 65,536 people, so that taking the deleted out of the
        named is cheaper than meeting everyone."""
        if among is not self.block.everyone:
            return among & named
        return named - self.block.deleted if self.block.deleted else named

    def _without(self, row: Sequence[Term], among: BitMap) -> BitMap:
        for term in row:
            named = self._named(term)
            if term.negated:
                among = among & named if named is not None else BitMap()
            elif named is not None:
                among = among - named
        return among

    def _named(self, term: Term) -> BitMap | None:
        """The union that a term names, None when it is empty."""
        match term:
            case InCohorts(cohorts):
                sets = [each for pk in cohorts if (each := self.block.cohort(pk)) is not None]
            case InPlans(plans):
                sets = [self.members(plan) for plan in plans]
            case Answered(questions):
                answers = map(self.block.answer, questions)
                sets = [each for each in answers if each is not None]
            case Anonymous():
                sets = [self.block.anonymous]
            case Among(numbers):
                first, end = self.block.first, self.block.end
                sets = [BitMap([each for each in numbers if first <= each < end])]
        if len(sets) > 1:
            return BitMap.union(*sets)
        return sets[0] if sets else None
