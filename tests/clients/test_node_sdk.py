"""Amplitude's official Node SDK, unchanged, against the running sandbox, faults included.

Skipped, with a red line at the end of the run, where there is no Node or npm cannot fetch it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.bed.plugin import NO_NODE_SDK
from tests.clients.arrived import arrived, await_hits
from tests.clients.conftest import SwitchOn
from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import an_event, api_key

HERE = Path(__file__).parent / "node"
INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]

Outcomes = dict[str, int]  # insert id -> the code that the SDK reports
Send = Callable[..., "Future[Outcomes]"]


@pytest.fixture(scope="session")
def node_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder with the SDK of the lock file and our script beside it."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip(f"{NO_NODE_SDK}: there is no Node on this machine")
    folder = tmp_path_factory.mktemp("node")
    for path in HERE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    try:
        installed = subprocess.run(INSTALL, cwd=folder, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{NO_NODE_SDK}: npm did not fetch it within three minutes")
    if installed.returncode:
        pytest.skip(f"{NO_NODE_SDK}: npm could not fetch it: {installed.stderr[-300:]}")
    return folder


@pytest.fixture
def send(sandbox: Sandbox, node_sdk: Path) -> Iterator[Send]:
    """Begins to send; the outcome is there when the SDK has given up or sent every event."""
    with ThreadPoolExecutor(1) as pool:

        def begin(
            events: list[dict[str, Any]],
            path: str = "2/httpapi",
            waits: list[int] | None = None,
            **options: Any,
        ) -> Any:
            """With `waits`, waits from ten seconds on are noted there and cut to a hundredth."""
            scenario = {
                "key": options.pop("key", None) or api_key(sandbox),
                "events": events,
                "hurried": waits is not None,
                "options": {"serverUrl": f"{sandbox.url}/{path}", **options},
            }
            return pool.submit(_run, node_sdk, scenario, [] if waits is None else waits)

        yield begin


def _run(folder: Path, scenario: dict[str, Any], waits: list[int]) -> Outcomes:
    done = subprocess.run(
        ["node", "send.js"],
        cwd=folder,
        input=json.dumps(scenario),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    waits += [row["waits"] for row in rows if "waits" in row]
    return {row["insert_id"]: row["code"] for row in rows if "code" in row}


def events_of(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [an_event(**fields) for _number in range(count)]


def ids_of(events: list[dict[str, Any]]) -> list[str]:
    return [str(event["insert_id"]) for event in events]


@pytest.mark.parametrize("path", ["2/httpapi", "batch"])
def test_its_events_arrive_once_and_whole(sandbox: Sandbox, send: Send, path: str) -> None:
    events = events_of(450, event_properties={"tea": "Da Hong Pao"})

    outcomes = send(events, path).result()

    assert outcomes == dict.fromkeys(ids_of(events), 200)
    assert arrived(sandbox) == dict.fromkeys(ids_of(events), 0)
    (row,) = sandbox.call("GET", "events?limit=1")["events"]
    assert row["event"]["library"].startswith("amplitude-node-ts/")


def test_its_compressed_bodies_are_read(sandbox: Sandbox, send: Send) -> None:
    events = events_of(300)

    send(events, enableRequestBodyCompression=True).result()

    assert arrived(sandbox) == dict.fromkeys(ids_of(events), 0)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("http_503", {}),
        ("http_500", {}),
        ("lost_answer", {"status": 502}),
        ("cut", {}),
        ("garbage", {"status": 500}),
    ],
)
def test_it_retries_until_the_sandbox_recovers(
    sandbox: Sandbox, send: Send, switch_on: SwitchOn, kind: str, settings: dict[str, Any]
) -> None:
    events = events_of(20)
    switch_on(kind, **settings)
    sent = send(events)
    await_hits(sandbox, kind, 1)
    sandbox.call("DELETE", "faults")

    outcomes = sent.result()

    assert outcomes == dict.fromkeys(ids_of(events), 200)
    assert list(arrived(sandbox)) == ids_of(events)


def test_it_gives_events_up_when_a_connection_drops_before_an_answer(
    sandbox: Sandbox, send: Send, switch_on: SwitchOn
) -> None:
    events = events_of(5)
    switch_on("dropped")

    outcomes = send(events).result()

    assert outcomes == dict.fromkeys(ids_of(events), 0)
    assert arrived(sandbox) == {}


def test_it_waits_30_seconds_with_a_throttled_device(
    sandbox: Sandbox, send: Send, switch_on: SwitchOn
) -> None:
    hot, calm = events_of(5, device_id="hot-device"), events_of(5)
    switch_on("throttled", devices=["hot-device"])
    waits: list[int] = []
    sent = send([*hot, *calm], waits=waits)
    await_hits(sandbox, "throttled", 1)
    sandbox.call("DELETE", "faults")

    outcomes = sent.result()

    assert outcomes == dict.fromkeys([*ids_of(hot), *ids_of(calm)], 200)
    assert 30_000 in waits
    assert arrived(sandbox) == dict.fromkeys([*ids_of(hot), *ids_of(calm)], 0)


def test_it_drops_events_over_the_daily_quota(
    sandbox: Sandbox, send: Send, switch_on: SwitchOn
) -> None:
    spam, calm = events_of(3, user_id="spammer"), events_of(3)
    switch_on("over_quota", users=["spammer"])

    outcomes = send([*spam, *calm]).result()

    assert outcomes == {**dict.fromkeys(ids_of(spam), 429), **dict.fromkeys(ids_of(calm), 200)}
    assert arrived(sandbox) == dict.fromkeys(ids_of(calm), 0)


def test_it_drops_the_events_that_a_400_names_and_sends_the_rest(
    sandbox: Sandbox, send: Send
) -> None:
    bad = [an_event(price="4.50"), an_event(user_id="ab", device_id="cd"), an_event(time=5)]
    good = events_of(10)

    outcomes = send([*good[:5], *bad, *good[5:]]).result()

    assert outcomes == {**dict.fromkeys(ids_of(good), 200), **dict.fromkeys(ids_of(bad), 400)}
    assert list(arrived(sandbox)) == ids_of(good)


def test_silenced_devices_are_dropped(sandbox: Sandbox, send: Send, switch_on: SwitchOn) -> None:
    silent, others = events_of(2, device_id="silent"), events_of(2)
    switch_on("silenced", devices=["silent"])

    outcomes = send([*silent, *others]).result()

    assert outcomes == {**dict.fromkeys(ids_of(silent), 400), **dict.fromkeys(ids_of(others), 200)}


def test_it_stops_for_good_on_an_expired_key(
    sandbox: Sandbox, send: Send, switch_on: SwitchOn
) -> None:
    events = events_of(5)
    switch_on("expired_key")

    outcomes = send(events).result()

    assert outcomes == dict.fromkeys(ids_of(events), 400)
    assert sandbox.call("GET", "faults/expired_key")["hits"] == 1
    assert arrived(sandbox) == {}


def test_it_shrinks_until_its_requests_are_small_enough(
    sandbox: Sandbox, send: Send, switch_on: SwitchOn
) -> None:
    events = events_of(200)
    switch_on("too_large", bytes=5_000)

    outcomes = send(events).result()

    assert outcomes == dict.fromkeys(ids_of(events), 200)
    # Its halves are sent side by side, so only that each came once is promised.
    assert arrived(sandbox) == dict.fromkeys(ids_of(events), 0)
    assert sandbox.call("GET", "faults/too_large")["hits"] >= 1


def test_a_slow_answer_is_waited_for(sandbox: Sandbox, send: Send, switch_on: SwitchOn) -> None:
    events = events_of(3)
    switch_on("slow", seconds=1)

    assert set(send(events).result().values()) == {200}


def test_the_lock_file_names_no_registry() -> None:
    lock = (HERE / "package-lock.json").read_text()

    assert "://" not in lock and '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"version"')
