"""Amplitude's official Python SDK, sending events from memory: what ours is compared with.

A process of its own: `python -m benchmarks.sdk URL COUNT SEED MADE` prints what it took as JSON.
Its
settings are the SDK's own but for the address.

The events are in memory as plain dictionaries; making its own objects of them, which checks every
field, is how the SDK takes an event, as reading a body is ours. With MADE = `before` they are made
before the clock starts, and only sending is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

SECONDS = 300


@dataclass(frozen=True, slots=True)
class Took:
    """`began` is the machine's monotonic clock; `processor` is user and system time."""

    began: float
    processor: float


def send(url: str, count: int, seed: int, *, made_before: bool) -> Took:
    made = "before" if made_before else "on the way"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sdk", url, str(count), str(seed), made],
        check=True,
        stdout=subprocess.PIPE,
        timeout=SECONDS,
    )
    return Took(**json.loads(done.stdout))


def main(url: str, count: int, seed: int, made: str) -> None:
    from amplitude import Amplitude, BaseEvent, Config

    from benchmarks import made_events

    given = list(made_events.amplitude_events(count, seed))
    events = (BaseEvent(**one) for one in given)
    if made == "before":
        events = iter(list(events))
    codes: list[int] = []  # its threads append to it

    def note(_event: object, code: int, _message: str | None) -> None:
        codes.append(code)

    client = Amplitude("bench", Config(server_url=f"{url}/2/httpapi", callback=note))
    used, began = sum(os.times()[:2]), time.monotonic()
    for event in events:
        client.track(event)
    client.flush()
    while len(codes) < count:
        time.sleep(0.005)
    if set(codes) != {200}:
        raise SystemExit(f"The SDK was answered {set(codes)}.")
    took = Took(began, sum(os.times()[:2]) - used)
    sys.stdout.write(json.dumps({"began": took.began, "processor": took.processor}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
