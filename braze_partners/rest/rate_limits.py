"""How many requests a workspace may still make in this window, and the headers that say so.

Knows pools and workspaces by id; knows nothing of endpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.http import HttpResponseBase

from braze_partners.errors import RateLimited
from braze_partners.rest import counters
from braze_partners.rest.limits import RATES


class Pool(StrEnum):
    """Requests of one pool share a limit and its window."""

    PARTNERS = "partners"
    CURRENTS = "currents"
    DEFAULT = "default"
    TRACK = "track"


@dataclass(frozen=True, slots=True)
class RateState:
    limit: int
    remaining: int
    reset: int  # UTC epoch seconds
    exceeded: bool

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }

    def put_on(self, response: HttpResponseBase) -> None:
        for name, value in self.headers.items():
            response.headers[name] = value

    def enforce(self, now: datetime) -> None:
        """Raises RateLimited when the workspace has used its window up."""
        if self.exceeded:
            wait = max(1, self.reset - int(now.timestamp()))
            raise RateLimited(headers={**self.headers, "Retry-After": str(wait)})


@dataclass(frozen=True, slots=True)
class Rate:
    requests: int
    seconds: int


def rate_of(pool: Pool) -> Rate:
    return Rate(*settings.RATE_LIMITS.get(pool, RATES[pool]))


def take(pool: Pool, workspace_id: int, now: datetime) -> RateState:
    """Counts one request and says what is left. Costs one Redis round trip, or a dictionary."""
    rate = rate_of(pool)
    epoch = now.timestamp()
    used = counters.count(f"rate:{pool}:{workspace_id}", rate.seconds, epoch)
    reset = (int(epoch // rate.seconds) + 1) * rate.seconds
    return RateState(rate.requests, max(0, rate.requests - used), reset, used > rate.requests)
