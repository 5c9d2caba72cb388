"""Whatever happens in whatever order, each event has one fate, in order, and none is stuck."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from currents import moving
from currents.models import LedgerEntry
from tests.currents.destination import Event, answer, down
from tests.currents.factories import EMAIL_OPEN
from tests.promises.histories import CUSTOM, UNCHOSEN, Flight, History, Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

EXAMPLES = int(os.environ.get("CHAOS_HISTORIES", "20"))
STEPS = int(os.environ.get("CHAOS_HISTORY_STEPS", "40"))
_keys = count(1)

people = st.sampled_from(
    [
        ("ada", None),
        ("ada", "phone"),
        ("ada", "tablet"),
        ("bob", "phone"),
        (None, "phone"),
        (None, "kiosk"),
        (None, None),
        ("null", None),
    ]
)
kinds = st.sampled_from([EMAIL_OPEN, EMAIL_OPEN, EMAIL_OPEN, CUSTOM, UNCHOSEN, "users.no.such"])
shapes = st.lists(
    st.tuples(people, kinds, st.booleans()).map(lambda one: (*one[0], one[1], one[2])),
    min_size=1,
    max_size=8,
)


def ok(events: list[Event]) -> None:
    return None


def always(reply: Answer | NetworkFailure) -> Reply:
    return lambda events: reply


def names(choose: Callable[[list[Event]], list[int]], **body: Any) -> Reply:
    def reply(events: list[Event]) -> Answer | None:
        found = choose(events)
        return (
            answer(400, {"error": "x", "events_with_invalid_fields": {"t": found}})
            if found
            else None
        )

    return reply


def every_third(events: list[Event]) -> list[int]:
    return [n for n, one in enumerate(events) if int(one["insert_id"][1:]) % 3 == 0]


def throttles(field: str, key: str, name: str) -> Reply:
    def reply(events: list[Event]) -> Answer | None:
        hit = any(one.get(key) == name for one in events)
        return answer(429, {"error": "x", field: {name: 31}}) if hit else None

    return reply


def silences(events: list[Event]) -> Answer | None:
    at = [n for n, one in enumerate(events) if one.get("device_id") == "kiosk"]
    body = {"error": "Events silenced for device_id", "silenced_devices": ["kiosk"]}
    return answer(400, {**body, "silenced_events": at}) if at else None


def mixed(events: list[Event]) -> Answer | None:
    """Names a bad one and a throttled device in one answer."""
    bad = every_third(events)[:1]
    at = [n for n, one in enumerate(events) if one.get("device_id") == "phone"]
    if not (bad and at):
        return None
    body = {"events_with_missing_fields": {"f": bad}, "throttled_devices": {"phone": 31}}
    return answer(400, {"error": "x", **body, "throttled_events": at})


REPLIES: dict[str, Reply] = {
    "ok": ok,
    "ok again": ok,
    "names the first bad": names(lambda events: every_third(events)[:1]),
    "names the last bad": names(lambda events: every_third(events)[-1:]),
    "names all bad": names(every_third),
    "names nobody": always(answer(400, {"error": "x"})),
    "silences": silences,
    "mixed": mixed,
    "throttles a device": throttles("throttled_devices", "device_id", "phone"),
    "throttles a user": throttles("throttled_users", "user_id", "ada"),
    "quota": throttles("exceeded_daily_quota_devices", "device_id", "kiosk"),
    "throttles all": always(answer(429, {"error": "x"})),
    "too large": lambda events: answer(413, {"error": "big"}) if len(events) > 2 else None,
    "unavailable": always(answer(503, b"")),
    "lost answer": always(answer(502, b"")),
    "time-out": always(down(Trouble.TIMEOUT)),
    "portal": always(answer(200, b"<html>")),
    "not found": always(answer(404, b"<html>")),
    "forbidden": always(answer(403, {"error": "Forbidden"})),
}
replies = st.sampled_from(sorted(REPLIES))
places = st.integers(0, 2)


class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.history = History(f"{next(_keys):032x}")

    @rule(place=st.integers(0, 1), given=shapes)
    def receive(self, place: int, given: list[Any]) -> None:
        self.history.receive(place, given)

    @rule(place=st.integers(0, 1), who=people)
    def burst(self, place: int, who: tuple[str | None, str | None]) -> None:
        self.history.receive(place, [(*who, EMAIL_OPEN, False)] * 45)

    @rule(name=replies, times=st.integers(1, 4))
    def work(self, name: str, times: int) -> None:
        for _ in range(times):
            self.history.work(REPLIES[name])

    @precondition(lambda self: len(self.history.flights) < 3)
    @rule()
    def take(self) -> None:
        flight = self.history.claim()
        if flight is not None:
            self.history.flights.append(flight)

    @precondition(lambda self: self.history.flights)
    @rule(which=st.integers(0, 2), name=replies)
    def go_on(self, which: int, name: str) -> None:
        flight = self._flight(which)
        if not self.history.go_on(flight, REPLIES[name]):
            self.history.flights.remove(flight)

    @precondition(lambda self: self.history.flights)
    @rule(which=st.integers(0, 2))
    def die(self, which: int) -> None:
        """The worker is killed: nobody gives its lease back."""
        self.history.flights.remove(self._flight(which))

    def _flight(self, which: int) -> Flight:
        return self.history.flights[which % len(self.history.flights)]

    @rule(seconds=st.sampled_from([0.5, 1, 3, 31, 45, 200, 3_600, 100_000]))
    def pass_time(self, seconds: float) -> None:
        self.history.pass_time(seconds)

    @rule()
    def set_the_clock_back(self) -> None:
        self.history.pass_time(-3_600)

    @rule(place=places, what=st.sampled_from([moving.pause, moving.resume, moving.resume]))
    def act(self, place: int, what: Any) -> None:
        self.history.act(place, what)

    @rule()
    def delete(self) -> None:
        self.history.act(1, moving.delete)

    @rule(
        place=places,
        types=st.sampled_from([(), (EMAIL_OPEN,), (EMAIL_OPEN, CUSTOM), (UNCHOSEN, CUSTOM)]),
        anonymous=st.booleans(),
    )
    def choose(self, place: int, types: tuple[str, ...], anonymous: bool) -> None:
        self.history.choose(place, frozenset(types), anonymous)

    @rule(place=places, which=st.integers(0, 1))
    def enter_key(self, place: int, which: int) -> None:
        self.history.enter_key(place, self.history.keys[which])

    @rule(which=st.integers(0, 1))
    def refuse_or_take_a_key(self, which: int) -> None:
        self.history.refused_keys ^= {self.history.keys[which]}

    @rule()
    def sweep(self) -> None:
        self.history.sweep()

    @invariant()
    def nothing_is_below_zero(self) -> None:
        assert not LedgerEntry.objects.filter(count__lt=0).exists()

    def teardown(self) -> None:
        if not hasattr(self, "history"):
            return
        try:
            self.history.recover()
            self.history.check()
        finally:
            self.history.close()


def test_each_event_has_one_fate_in_order_whatever_happens() -> None:
    """Every event that a Current saw gets exactly one fate, in the order of its identity, is in
    Amplitude if it is called delivered, and waits for nothing that is over."""
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="CHAOS_HISTORIES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
