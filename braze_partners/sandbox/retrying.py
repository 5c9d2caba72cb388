"""What an answer means for a request, and when it is tried again; pure, without a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Verdict(Enum):
    ACKNOWLEDGED = "acknowledged"
    AGAIN = "again"
    STOP = "stop"


# Statuses that may be different next time; every other 3xx and 4xx stays as it is.
# 408 and 425 are about time, 423 is a cohort that is being applied, 429 is a rate.
PASSING = frozenset({408, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or none when nothing did, and the other side's words or ours."""

    status: int | None
    message: str
    took_ms: int
    not_allowed: bool = False  # our own gate refused the call


def verdict(answer: Answer) -> Verdict:
    if answer.not_allowed:
        return Verdict.STOP
    if answer.status is None or answer.status >= 500 or answer.status in PASSING:
        return Verdict.AGAIN
    if 200 <= answer.status < 300:
        return Verdict.ACKNOWLEDGED
    return Verdict.STOP


def next_attempt(attempts: int, delays: tuple[float, ...], now: datetime) -> datetime | None:
    """When to try again after so many attempts; None when the schedule is used up."""
    if attempts > len(delays):
        return None
    return now + timedelta(seconds=delays[attempts - 1])
