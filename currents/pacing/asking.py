"""What is asked of a pacer and what it answers, and the limits that it keeps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from currents.amplitude.limits import EVENTS_PER_DAY_PER_ID, EVENTS_PER_SECOND_PER_ID
from currents.limits import PACED_BURST

RATE = EVENTS_PER_SECOND_PER_ID
PER_DAY = EVENTS_PER_DAY_PER_ID
BURST = PACED_BURST

# Seconds over which the rate that a screen shows is averaged.
SHOWN_SECONDS = 10


# A user and a device, of which one may be missing: an empty text.
Pair = tuple[str, str]


class Grant(NamedTuple):
    """How many may go of those that were asked for, when not all: `quota` says that a day's quota
    is the reason, else the rate is."""

    events: int
    quota: bool


@dataclass(frozen=True, slots=True)
class HotId:
    """`kind` is `user` or `device`; `per_second` over the last ten seconds; `today` in UTC."""

    kind: str
    identifier: str
    per_second: float
    today: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """What a busy id has used of a day."""

    kind: str
    identifier: str
    events: int


class Pacer(Protocol):
    def take(self, project: str, asked: Mapping[Pair, int], now: datetime) -> dict[Pair, Grant]:
        """Counts what may go as sent. Of those of which not all may go, how many."""
        ...

    def hot(self, project: str, limit: int, now: datetime) -> list[HotId]: ...

    def busy(self, now: datetime) -> dict[str, list[DayCount]]:
        """By project: what is to be written down of today."""
        ...

    def restore(self, project: str, day: date, counts: Iterable[DayCount]) -> None:
        """Takes up what was written down, where less is known."""
        ...
