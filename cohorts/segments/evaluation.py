"""Who is in a segment: exact size, funnel, members, one person; from the database to the number.

Loads what plans refer to in a constant number of statements and lets the algebra work block by
block; knows nothing of how a definition is written or shown.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from pyroaring import BitMap

from braze_partners.people import answers
from braze_partners.people.errors import StillCounting
from braze_partners.people.models import PeopleSet
from braze_partners.people.numbers import BLOCK_SIZE, Universe, universe, universe_and
from braze_partners.people.questions import REACH, Question
from cohorts import bitmaps, membership
from cohorts.segments import algebra, limits
from cohorts.segments.definition import Definition
from cohorts.segments.models import Segment
from cohorts.segments.planning import (
    Known,
    asks_for_anonymous,
    cohorts_of,
    learn,
    plan,
    questions_of,
    stored,
)
from cohorts.segments.reach import Reach, Reached

NOBODY = BitMap()
Loaded = Mapping[int, bitmaps.BlockedSet]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Who is left after each AND row, then after each exclusion row; `everyone` before them.

    Exact as of `as_of` where profiles are asked, else (None) as of this moment. `reach` is of who
    is left at last, None while it is counted for the first time."""

    everyone: int
    rows: tuple[int, ...]
    exclusions: tuple[int, ...]
    anonymous: int
    milliseconds: float
    as_of: datetime | None = None
    reach: Reach | None = None

    @property
    def size(self) -> int:
        return (self.everyone, *self.rows, *self.exclusions)[-1]


class _Block:
    """One block of a workspace, as the algebra sees it."""

    def __init__(self, number: int, audience: Audience, cohorts: Loaded) -> None:
        self.number = number
        self.first = number * BLOCK_SIZE
        self.end = min(self.first + BLOCK_SIZE, audience.people.next)
        self.everyone = audience.people.block(number)
        self.deleted = audience.people.deleted.get(number)
        self.audience = audience
        self.cohorts = cohorts

    @property
    def anonymous(self) -> BitMap:
        return self.audience.anonymous.get(self.number, NOBODY)

    def cohort(self, pk: int) -> BitMap | None:
        members = self.cohorts.get(pk)
        return members.get(self.number) if members is not None else None

    def answer(self, question: Question) -> BitMap | None:
        return self.audience.answers.by_question[question].get(self.number)


class Audience:
    """The people of a workspace and the members of the cohorts that some plans read, loaded
    once for all of them; with very many cohorts a few blocks at a time, in flat memory.

    `beside` is read with the answers where it is counted already, `telling` also who is anonymous.
    Raises StillCounting while a profile is asked what nobody has asked before."""

    def __init__(
        self,
        workspace_id: int,
        plans: Iterable[algebra.Plan],
        beside: Collection[Question] = (),
        telling: bool = False,
    ) -> None:
        plans = list(plans)
        wanted: set[int] = set().union(*(cohorts_of(each) for each in plans))
        self.workspace_id = workspace_id
        self.wanted = sorted(wanted)
        # Cohorts before people: who is in one of them is then known, and who is gone as well.
        self.whole = self._load_whole() if len(wanted) <= limits.COHORTS_LOADED_WHOLE else None
        asked: set[Question] = set().union(*(questions_of(each) for each in plans))
        self.answers = answers.read(workspace_id, asked, beside)
        self.as_of = self.answers.as_of if asked else None
        self.people: Universe
        self.anonymous: dict[int, BitMap] = {}
        if telling or any(map(asks_for_anonymous, plans)):
            kind = PeopleSet.Kind.ANONYMOUS
            self.people, self.anonymous = universe_and(workspace_id, kind)
        else:
            self.people = universe(workspace_id)

    def blocks(self, start: int = 0) -> Iterator[_Block]:
        numbers = self.people.blocks[start:]
        if self.whole is not None:
            yield from (_Block(number, self, self.whole) for number in numbers)
            return
        portion = max(1, limits.BITMAPS_AT_ONCE // len(self.wanted))
        for at in range(0, len(numbers), portion):
            yield from self._portion(numbers[at : at + portion])

    def block(self, number: int) -> _Block:
        if self.whole is not None:
            return _Block(number, self, self.whole)
        return next(self._portion(range(number, number + 1)))

    def _load_whole(self) -> Loaded:
        return {pk: each.blocks for pk, each in membership.of(self.wanted).items()}

    def _portion(self, numbers: range) -> Iterator[_Block]:
        loaded = bitmaps.load_versioned(self.wanted, only_blocks=numbers)
        members = {pk: each.blocks for pk, each in loaded.items()}
        return (_Block(number, self, members) for number in numbers)

    def sizes(self, plans: Sequence[algebra.Plan]) -> list[int]:
        totals = [0] * len(plans)
        for block in self.blocks():
            evaluation = algebra.Evaluation(block)
            for at, each in enumerate(plans):
                totals[at] += len(evaluation.members(each))
        return totals

    def members(self, wanted: algebra.Plan, after: int, limit: int) -> list[int]:
        """Up to `limit` numbers greater than `after`, ascending."""
        found: list[int] = []
        for block in self.blocks((after + 1) // BLOCK_SIZE):
            members = algebra.Evaluation(block).members(wanted)
            skipped = members.rank(after) if after >= block.first else 0
            found.extend(members[skipped : skipped + limit - len(found)])
            if len(found) >= limit:
                break
        return found


def size(workspace_id: int, definition: Definition) -> int:
    wanted = plan(definition, learn(workspace_id, [definition]))
    return Audience(workspace_id, [wanted]).sizes([wanted])[0]


def size_or_none(workspace_id: int, definition: Definition) -> int | None:
    """None while it is being counted."""
    try:
        return size(workspace_id, definition)
    except StillCounting:
        return None


def sizes(
    workspace_id: int, segments: Sequence[Segment], known: Known | None = None
) -> dict[uuid.UUID, int | None]:
    """The sizes of many segments with one load of bitmaps; None while one is being counted."""
    known = known or learn(workspace_id, [stored(each) for each in segments])
    plans = [plan(stored(each), known, str(each.pk)) for each in segments]
    counted = sizes_of(workspace_id, plans)
    return {each.pk: count for each, count in zip(segments, counted, strict=True)}


def sizes_of(workspace_id: int, plans: Sequence[algebra.Plan]) -> Sequence[int | None]:
    """The same of plans, in their order."""
    try:
        return Audience(workspace_id, plans).sizes(plans)
    except StillCounting:
        return [_size_or_none(workspace_id, each) for each in plans]


def _size_or_none(workspace_id: int, wanted: algebra.Plan) -> int | None:
    try:
        return Audience(workspace_id, [wanted]).sizes([wanted])[0]
    except StillCounting:
        return None


def funnel(workspace_id: int, definition: Definition, known: Known | None = None) -> Funnel:
    """How each row narrows the audience, with the time it took from the database on."""
    began = time.perf_counter()
    wanted = plan(definition, known or learn(workspace_id, [definition]))
    audience = Audience(workspace_id, [wanted], beside=REACH, telling=True)
    reached = Reached(audience.answers)
    counts = [0] * (1 + len(wanted.all) + len(wanted.exclude))
    anonymous = 0
    for block in audience.blocks():
        left = algebra.Evaluation(block).steps(wanted)
        for at, each in enumerate(left):
            counts[at] += len(each)
        anonymous += left[-1].intersection_cardinality(block.anonymous)
        reached.add(block.number, left[-1])
    rows = 1 + len(wanted.all)
    took = (time.perf_counter() - began) * 1000
    return Funnel(
        everyone=counts[0],
        rows=tuple(counts[1:rows]),
        exclusions=tuple(counts[rows:]),
        anonymous=anonymous,
        milliseconds=took,
        as_of=audience.as_of,
        reach=reached.reach,
    )


def members(workspace_id: int, definition: Definition, after: int, limit: int) -> list[int]:
    """A page of the members' numbers; `after` is the last number of the page before, or -1."""
    wanted = plan(definition, learn(workspace_id, [definition]))
    return Audience(workspace_id, [wanted]).members(wanted, after, limit)


def members_and_size(
    workspace_id: int, definition: Definition, after: int, limit: int
) -> tuple[list[int], int]:
    """A page, and how many there are, with one load of bitmaps."""
    wanted = plan(definition, learn(workspace_id, [definition]))
    audience = Audience(workspace_id, [wanted])
    return audience.members(wanted, after, limit), audience.sizes([wanted])[0]


def everybody(workspace_id: int, definition: Definition) -> BitMap:
    """All members in one set: 1.3 MB at ten million people."""
    wanted = plan(definition, learn(workspace_id, [definition]))
    found = BitMap()
    for block in Audience(workspace_id, [wanted]).blocks():
        found |= algebra.Evaluation(block).members(wanted)
    return found


def sample(
    workspace_id: int, definition: Definition, count: int, dice: Random
) -> tuple[list[int], int]:
    """Up to `count` members drawn at random, ascending, and how many there are in all."""
    found = everybody(workspace_id, definition)
    drawn = sorted(dice.sample(range(len(found)), min(count, len(found))))
    return [found[at] for at in drawn], len(found)


def contains(workspace_id: int, definition: Definition, number: int) -> bool:
    wanted = plan(definition, learn(workspace_id, [definition]))
    block = Audience(workspace_id, [wanted]).block(number // BLOCK_SIZE)
    return number in algebra.Evaluation(block).members(wanted)
