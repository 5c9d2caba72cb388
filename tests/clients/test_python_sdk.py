"""Amplitude's official Python SDK, unchanged, against the running sandbox, faults included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from amplitude import Amplitude, BaseEvent, EventOptions, Identify, Revenue

from tests.clients.arrived import arrived, await_hits, wait_for
from tests.clients.conftest import SwitchOn
from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import api_key

# Of the 30 insert ids "of-the-same-lot-…": the sandbox settles by them which events are invalid.
LOTS_BELOW_A_FIFTH = 6


@dataclass
class Sender:
    """The SDK with what it says became of each event."""

    client: Amplitude
    outcomes: dict[str, tuple[int, str]] = field(default_factory=dict)

    def note(self, event: BaseEvent, code: int, message: str | None = None) -> None:
        self.outcomes[str(event.insert_id)] = (code, message or "")

    def track(self, count: int, named: str = "", **fields: Any) -> list[str]:
        """Gives the SDK so many events; their insert ids."""
        ids = [f"{named or uuid4()}-{number}" for number in range(count)]
        for insert_id in ids:
            chosen = {"user_id": f"user-of-{insert_id}", "insert_id": insert_id, **fields}
            self.client.track(BaseEvent("Tea bought", **chosen))
        return ids

    def codes(self, ids: list[str]) -> list[int]:
        return [self.outcomes[one][0] for one in ids if one in self.outcomes]

    def flush_until(self, happened: Callable[[], bool], every: float = 0.02) -> None:
        """Flushes as a program does that wants to end: what waits for a retry goes at once."""

        def flushed() -> bool:
            for future in self.client.flush() or []:
                if future:
                    future.result(timeout=30)
            return happened()

        wait_for(flushed, every)

    def flush_all(self, ids: list[str], every: float = 0.02) -> None:
        self.flush_until(lambda: all(one in self.outcomes for one in ids), every)


StartSender = Callable[..., Sender]


@pytest.fixture
def start_sender(sandbox: Sandbox) -> Iterator[StartSender]:
    started: list[Amplitude] = []
    shared = sandbox

    def start(
        path: str = "2/httpapi", key: str = "", sandbox: Sandbox = shared, **options: Any
    ) -> Sender:
        client = Amplitude(key or api_key(sandbox))
        started.append(client)
        sender = Sender(client)
        client.configuration.server_url = f"{sandbox.url}/{path}"
        client.configuration.flush_interval_millis = 50
        client.configuration.callback = sender.note
        for name, value in options.items():
            setattr(client.configuration, name, value)
        return sender

    yield start
    for client in started:
        client.shutdown()


@pytest.fixture
def sender(start_sender: StartSender) -> Sender:
    return start_sender()


@pytest.mark.parametrize("path", ["2/httpapi", "batch"])
def test_its_events_arrive_once_and_whole(
    sandbox: Sandbox, start_sender: StartSender, path: str
) -> None:
    sender = start_sender(path)

    ids = sender.track(450, event_properties={"tea": "Da Hong Pao"}, platform="Web", price=4.5)
    sender.flush_all(ids)

    assert arrived(sandbox) == dict.fromkeys(ids, 0)
    assert sender.codes(ids) == [200] * 450
    (row,) = sandbox.call("GET", "events?limit=1")["events"]
    assert row["event"]["event_properties"] == {"tea": "Da Hong Pao"}
    assert row["event"]["library"].startswith("amplitude-python/")


def test_identify_revenue_and_groups_arrive(sandbox: Sandbox, sender: Sender) -> None:
    who = EventOptions(user_id="sdk-user", device_id="sdk-device")
    sender.client.identify(Identify().set("plan", "pro").add("cups", 2), who)
    sender.client.revenue(Revenue(price=4.5, quantity=2, product_id="tea"), who)
    sender.client.set_group("team", "kettle", who)
    sender.client.group_identify("team", "kettle", Identify().set("size", 3), who)
    sender.flush_until(lambda: sandbox.call("GET", "events/count")["ingested"] == 4)

    types = {row["event_type"] for row in sandbox.call("GET", "events")["events"]}
    (user,) = sandbox.call("GET", "users?user_id=sdk-user")["users"]

    assert types == {"$identify", "$groupidentify", "revenue_amount"}
    assert user["properties"]["plan"] == "pro"
    assert (user["properties"]["cups"], user["device_ids"]) == (2, ["sdk-device"])


@pytest.mark.parametrize("kind", ["http_500", "http_502", "http_503", "http_504"])
def test_it_retries_5xx_until_the_sandbox_recovers(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn, kind: str
) -> None:
    switch_on(kind)
    ids = sender.track(20)
    await_hits(sandbox, kind, 1)
    sandbox.call("DELETE", "faults")

    sender.flush_all(ids)

    assert arrived(sandbox) == dict.fromkeys(ids, 0)


def test_an_error_after_ingestion_makes_repeats_and_no_second_event(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("lost_answer", status=500)
    ids = sender.track(20)
    await_hits(sandbox, "lost_answer", 1)
    sandbox.call("DELETE", "faults")

    sender.flush_all(ids)

    repeats = arrived(sandbox)
    assert list(repeats) == ids
    assert sum(repeats.values()) >= 20


def test_a_proxys_html_page_is_retried(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("html", status=503)
    ids = sender.track(20)
    await_hits(sandbox, "html", 1)
    sandbox.call("DELETE", "faults")

    sender.flush_all(ids)

    assert arrived(sandbox) == dict.fromkeys(ids, 0)


def test_it_waits_with_a_throttled_device_and_sends_the_others(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("throttled", devices=["hot-device"])
    hot = sender.track(5, device_id="hot-device")
    calm = sender.track(5, device_id="calm-device")
    wait_for(lambda: len(sender.codes(calm)) == 5)
    before = arrived(sandbox)
    sandbox.call("DELETE", "faults")

    sender.flush_all(hot)

    assert before == dict.fromkeys(calm, 0)
    assert arrived(sandbox) == dict.fromkeys([*calm, *hot], 0)


def test_it_drops_events_over_the_daily_quota_and_sends_the_others(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("over_quota", users=["spammer"])
    spam = sender.track(5, user_id="spammer")
    calm = sender.track(5)

    sender.flush_all([*spam, *calm])

    assert sender.codes(spam) == [429] * 5
    assert arrived(sandbox) == dict.fromkeys(calm, 0)


def test_it_is_throttled_for_real_above_the_rate(tmp_path: Path, start_sender: StartSender) -> None:
    narrow = Sandbox(tmp_path / "var", {"SANDBOX_EPS": "10", "SANDBOX_EPS_WINDOW": "2"})
    narrow.start()
    sender = start_sender(sandbox=narrow, flush_queue_size=10)

    ids = sender.track(40, device_id="really-hot")
    sender.flush_all(ids, every=0.5)  # it gives an event up after 12 attempts
    statuses = {one["status"] for one in narrow.call("GET", "requests")["requests"]}
    have = arrived(narrow)
    narrow.end()

    assert statuses == {200, 429}
    assert (set(have), set(have.values())) == (set(ids), {0})


def test_it_drops_the_events_that_a_400_names_and_sends_the_rest(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("invalid_events", share=0.2)

    ids = sender.track(30, named="of-the-same-lot")  # fewer bad ones than its 12 attempts
    sender.flush_all(ids)

    dropped = [one for one in ids if sender.outcomes[one][0] == 400]
    assert len(dropped) == LOTS_BELOW_A_FIFTH
    assert set(arrived(sandbox)) == set(ids) - set(dropped)
    assert sender.outcomes[dropped[0]][1] == "Invalid field values on some events"


def test_short_ids_are_refused_unless_it_asks_for_them(
    sandbox: Sandbox, start_sender: StartSender
) -> None:
    strict, lenient = start_sender(), start_sender(min_id_length=1)

    refused, taken = strict.track(1, user_id="ab"), lenient.track(1, user_id="ab")
    others = strict.track(3)
    strict.flush_all([*refused, *others])
    lenient.flush_all(taken)

    assert strict.codes(refused) == [400]
    assert set(arrived(sandbox)) == {*taken, *others}


def test_silenced_devices_are_dropped(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("silenced", devices=["silent"])

    silent, others = sender.track(3, device_id="silent"), sender.track(3)
    sender.flush_all([*silent, *others])

    assert sender.codes(silent) == [400] * 3
    assert arrived(sandbox) == dict.fromkeys(others, 0)


@pytest.mark.parametrize("fault", [True, False])
def test_it_stops_for_good_on_a_refused_key(
    sandbox: Sandbox,
    start_sender: StartSender,
    switch_on: SwitchOn,
    caplog: pytest.LogCaptureFixture,
    fault: bool,
) -> None:
    sender = start_sender() if fault else start_sender(key="a-key-of-nobody")
    if fault:
        switch_on("expired_key")

    sender.track(5)
    wait_for(lambda: "Invalid API Key" in caplog.text)
    seen = len(sandbox.call("GET", "requests")["requests"])
    sender.client.flush()

    assert arrived(sandbox) == {}
    assert len(sandbox.call("GET", "requests")["requests"]) == seen


def test_it_shrinks_until_its_requests_are_small_enough(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("too_large", bytes=20_000)

    ids = sender.track(200)
    sender.flush_all(ids)

    assert arrived(sandbox) == dict.fromkeys(ids, 0)
    statuses = {one["status"] for one in sandbox.call("GET", "requests?limit=20")["requests"]}
    assert {200, 413} <= statuses


def test_a_slow_drip_is_read_to_its_end(
    sandbox: Sandbox, sender: Sender, switch_on: SwitchOn
) -> None:
    switch_on("drip", seconds=1)

    ids = sender.track(3)
    sender.flush_all(ids)

    assert sender.codes(ids) == [200] * 3
    assert arrived(sandbox) == dict.fromkeys(ids, 0)
