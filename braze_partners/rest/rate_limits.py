"""How many requests a workspace may still make in this hour, and the headers that say so.

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
from braze_partners.rest.limits import RATE_WINDOW_SECONDS, REQUESTS_PER_HOUR


class Pool(StrEnum):
    """Requests of one pool share a limit."""

    PARTNERS = "partners"
    DEFAULT = "default"


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
        """Raises RateLimited when the workspace has used its hour up."""
        if self.exceeded:
            wait = max(1, self.reset - int(now.timestamp()))
            raise RateLimited(headers={**self.headers, "Retry-After": str(wait)})


def limit_of(pool: Pool) -> int:
    limits: dict[str, int] = settings.REQUESTS_PER_HOUR
    return int(limits.get(pool, REQUESTS_PER_HOUR))


def take(pool: Pool, workspace_id: int, now: datetime) -> RateState:
    """Counts one request and says what is left. Costs one Redis round trip, or a dictionary."""
    limit = limit_of(pool)
    epoch = now.timestamp()
    used = counters.count(f"rate:{pool}:{workspace_id}", RATE_WINDOW_SECONDS, epoch)
    reset = (int(epoch // RATE_WINDOW_SECONDS) + 1) * RATE_WINDOW_SECONDS
    return RateState(limit, max(0, limit - used), reset, used > limit)
