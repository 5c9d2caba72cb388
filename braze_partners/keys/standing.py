"""How a key stands: valid, ending, over; and of one that ends, whether it is safe to end it now.

Pure but for the rows it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from braze_partners.keys.limits import QUIET_SECONDS, QUIET_SECONDS_SIDE_BY_SIDE
from braze_partners.keys.models import IssuedKey


class Standing(StrEnum):
    ACTIVE = "active"
    ENDING = "ending"  # rotated; valid until its grace ends
    ENDED = "ended"  # its grace is over
    INVALIDATED = "invalidated"

    @property
    def is_valid(self) -> bool:
        return self in (Standing.ACTIVE, Standing.ENDING)


class Verdict(StrEnum):
    """Whether a rotated key is safe to end, and if not, why."""

    SAFE = "safe"
    STILL_USED = "still_used"
    SUCCESSOR_UNUSED = "successor_unused"
    SUCCESSOR_INVALIDATED = "successor_invalidated"


@dataclass(frozen=True, slots=True)
class Advice:
    """`safe_from`: when it would be safe if nobody called with it until then; only while the
    successor is in use."""

    verdict: Verdict
    safe_from: datetime | None = None

    @property
    def is_safe(self) -> bool:
        return self.verdict is Verdict.SAFE


def standing(key: IssuedKey, now: datetime) -> Standing:
    if key.invalidated_at is not None:
        return Standing.INVALIDATED
    if key.ends_at is None:
        return Standing.ACTIVE
    return Standing.ENDING if key.ends_at > now else Standing.ENDED


def advice(key: IssuedKey, now: datetime) -> Advice:
    """For a rotated key, read with its successor."""
    successor: IssuedKey | None = key.successor
    if successor is None or successor.invalidated_at is not None:
        return Advice(Verdict.SUCCESSOR_INVALIDATED)
    taken_over = successor.first_used_at
    if taken_over is None:
        return Advice(Verdict.SUCCESSOR_UNUSED)
    last = key.last_used_at or taken_over
    quiet = QUIET_SECONDS if last <= taken_over else QUIET_SECONDS_SIDE_BY_SIDE
    safe_from = max(last, taken_over) + timedelta(seconds=quiet)
    return Advice(Verdict.SAFE if safe_from <= now else Verdict.STILL_USED, safe_from)
