"""Small requests that come at once are stored by one of them: one commit instead of many. Knows
threads; knows nothing of how events are stored.

Nobody waits for company: a request that finds nobody at work stores at once. Those that come
while it does wait, and then the first of them stores for all of them.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from braze_partners.events.errors import LogUnavailable
from braze_partners.events.limits import MAX_EVENTS_TOGETHER, WAIT_SECONDS

Event = TypeVar("Event")
# Workspace, events of all, moment; gives the first sequence.
Store = Callable[[int, Sequence[Event], datetime], int]


@dataclass(slots=True, eq=False)
class _Request(Generic[Event]):
    """`called` when it is to lead, or when another has stored it."""

    events: Sequence[Event]
    now: datetime
    called: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    first_sequence: int | None = None
    error: BaseException | None = None


class _Turns:
    """Who stores, and who waits, of one workspace."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Request[Any]] = []
        self._at_work = False

    def join(self, request: _Request[Any]) -> None:
        with self._lock:
            if self._at_work:
                self._waiting.append(request)
            else:
                self._at_work = request.leads = True

    def company(self, leader: _Request[Any]) -> list[_Request[Any]]:
        """The leader, and those who wait, as far as they fit."""
        taken, count = [leader], len(leader.events)
        with self._lock:
            while self._waiting and count + len(self._waiting[0].events) <= MAX_EVENTS_TOGETHER:
                taken.append(self._waiting.pop(0))
                count += len(taken[-1].events)
        return taken

    def pass_on(self) -> None:
        """Whoever waits first stores next."""
        with self._lock:
            if not self._waiting:
                self._at_work = False
                return
            following = self._waiting.pop(0)
        following.leads = True
        following.called.set()

    def leave(self, request: _Request[Any]) -> bool:
        """Gives up waiting; False when somebody has taken the request already."""
        with self._lock:
            if request in self._waiting:
                self._waiting.remove(request)
                return True
            return False


_turns: dict[int, _Turns] = defaultdict(_Turns)
os.register_at_fork(after_in_child=lambda: _turns.clear())


def together(workspace_id: int, events: Sequence[Event], now: datetime, store: Store[Event]) -> int:
    """The first sequence of these events, stored with others' or alone. What `store` raises is
    raised for everyone it was called for; LogUnavailable where it takes too long."""
    request, turns = _Request(events, now), _turns[workspace_id]
    turns.join(request)
    if not request.leads:
        if not request.called.wait(WAIT_SECONDS) and turns.leave(request):
            raise LogUnavailable
        request.called.wait(WAIT_SECONDS)
    if request.leads:
        _lead(workspace_id, turns, request, store)
    if request.error is not None:
        raise request.error
    if request.first_sequence is None:
        raise LogUnavailable
    return request.first_sequence


def _lead(workspace_id: int, turns: _Turns, leader: _Request[Event], store: Store[Event]) -> None:
    company = turns.company(leader)
    try:
        events = [event for request in company for event in request.events]
        first = store(workspace_id, events, max(request.now for request in company))
        for request in company:
            request.first_sequence = first
            first += len(request.events)
    except BaseException as error:
        for request in company:
            request.error = error
    finally:
        turns.pass_on()
        for request in company[1:]:
            request.called.set()
