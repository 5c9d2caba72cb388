"""Small requests that come at once are stored together, each with sequences of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from braze_partners.events import coalescing
from braze_partners.events.coalescing import together
from braze_partners.events.errors import LogUnavailable
from tests.events.factories import NOON

WORKSPACE = 1
OTHER = 2


class Log:
    """Stores when it is let go on, and remembers what was stored together."""

    def __init__(self, error: Exception | None = None) -> None:
        self.stored: list[list[str]] = []
        self.moments: list[datetime] = []
        self.first_is_at_work, self.go_on = threading.Event(), threading.Event()
        self.error = error
        self.sequence = 0

    def store(self, workspace_id: int, events: Sequence[str], now: datetime) -> int:
        self.first_is_at_work.set()
        assert self.go_on.wait(30)
        if self.error is not None and self.stored:
            raise self.error
        self.stored.append(list(events))
        self.moments.append(now)
        first, self.sequence = self.sequence, self.sequence + len(events)
        return first


def all_waiting(count: int) -> None:
    """Until so many requests wait behind the one at work."""
    turns = coalescing._turns[WORKSPACE]
    for _ in range(30_000):
        if len(turns._waiting) == count:
            return
        threading.Event().wait(0.001)
    pytest.fail(f"{len(turns._waiting)} requests wait, not {count}")


def run(log: Log, requests: Sequence[Sequence[str]]) -> list[object]:
    """The first while nobody is at work, the others while it is; results in order."""

    def ask(events: Sequence[str], now: datetime) -> object:
        try:
            return together(WORKSPACE, events, now, log.store)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(requests)) as pool:
        asked = [pool.submit(ask, requests[0], NOON)]
        assert log.first_is_at_work.wait(30)
        for waiting, events in enumerate(requests[1:], 1):
            asked.append(pool.submit(ask, events, NOON + timedelta(seconds=waiting)))
            all_waiting(waiting)
        log.go_on.set()
        return [one.result(30) for one in asked]


def test_those_that_come_meanwhile_are_stored_in_one_go() -> None:
    log = Log()
    assert run(log, [["a"], ["b", "c"], ["d"], ["e"]]) == [0, 1, 3, 4]
    assert log.stored == [["a"], ["b", "c", "d", "e"]]
    assert log.moments == [NOON, NOON + timedelta(seconds=3)]


def test_nobody_waits_for_company() -> None:
    log = Log()
    log.go_on.set()
    assert together(WORKSPACE, ["a"], NOON, log.store) == 0
    assert together(WORKSPACE, ["b"], NOON, log.store) == 1
    assert log.stored == [["a"], ["b"]]


def test_what_does_not_fit_is_stored_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "MAX_EVENTS_TOGETHER", 3)
    log = Log()
    assert run(log, [["a"], ["b", "c"], ["d"], ["e"]]) == [0, 1, 3, 4]
    assert log.stored == [["a"], ["b", "c", "d"], ["e"]]


def test_a_failure_is_everybodys_and_the_next_ones_are_not_stuck() -> None:
    log = Log(LogUnavailable())
    first, *others = run(log, [["a"], ["b"], ["c"]])
    assert first == 0
    assert all(isinstance(one, LogUnavailable) for one in others)
    log.error = None
    assert together(WORKSPACE, ["d"], NOON, log.store) == 1


def test_workspaces_are_stored_apart() -> None:
    log = Log()
    with ThreadPoolExecutor(2) as pool:
        here = pool.submit(together, WORKSPACE, ["a"], NOON, log.store)
        assert log.first_is_at_work.wait(30)
        log.first_is_at_work.clear()
        there = pool.submit(together, OTHER, ["b"], NOON, log.store)
        assert log.first_is_at_work.wait(30)
        log.go_on.set()
        assert {here.result(30), there.result(30)} == {0, 1}
    assert sorted(log.stored) == [["a"], ["b"]]


def test_who_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "WAIT_SECONDS", 0.05)
    log = Log()
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(together, WORKSPACE, ["a"], NOON, log.store)
        assert log.first_is_at_work.wait(30)
        with pytest.raises(LogUnavailable):
            together(WORKSPACE, ["b"], NOON, log.store)
        log.go_on.set()
        assert stuck.result(30) == 0
    assert log.stored == [["a"]]
    assert together(WORKSPACE, ["c"], NOON, log.store) == 1
