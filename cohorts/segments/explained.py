"""The answer of a user look-up, as plain values. Knows nothing of how it was found."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from cohorts.explaining import LastChange
from cohorts.models import Cohort


@dataclass(frozen=True, slots=True)
class TracedCohort:
    """A person's standing in one cohort, and the run that spoke last about it, if any is kept."""

    cohort: Cohort | None
    name: str
    inside: bool
    last: LastChange | None


@dataclass(frozen=True, slots=True)
class TracedSegment:
    id: uuid.UUID
    name: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person's profile holds of what a filter asks, in words; "" is nothing. `at` is when
    something of the profile was last written."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Explained:
    """One filter. `row_passed` says whether its row keeps the person, which the filter alone
    may not decide: one true filter of an AND row is enough, one of an exclusion row too many."""

    words: str
    true: bool
    row: int
    excluding: bool
    row_passed: bool
    cohorts: tuple[TracedCohort, ...] = ()
    segments: tuple[TracedSegment, ...] = ()
    fact: Fact | None = None

    @property
    def decides_against(self) -> bool:
        """Whether this filter is one of those for which the person is left out."""
        return not self.row_passed and self.true == self.excluding


@dataclass(frozen=True, slots=True)
class Explanation:
    """`alive` is false for a person who was deleted."""

    member: bool
    alive: bool
    steps: tuple[Explained, ...]

    @property
    def against(self) -> list[Explained]:
        return [each for each in self.steps if each.decides_against]
