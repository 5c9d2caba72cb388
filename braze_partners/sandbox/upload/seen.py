"""The last requests to the upload endpoints; in memory only, since they are there to be watched."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import count

# Requests remembered (own choice).
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `status` is None when it got no answer at all."""

    at: datetime
    endpoint: str
    status: int | None
    events: int
    size: int
    error: str
    faults: tuple[str, ...]


_numbers = count(1)
_requests: deque[tuple[int, Request]] = deque(maxlen=REMEMBERED)


def note(request: Request) -> None:
    _requests.append((next(_numbers), request))


def latest(limit: int) -> list[tuple[int, Request]]:
    """With their numbers, the newest first."""
    return list(_requests)[::-1][:limit]
