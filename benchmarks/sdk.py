"""Amplitude's official Python SDK, sending events from memory: what ours is compared with.

A process of its own: `python -m benchmarks.sdk URL COUNT SEED` prints what it took as JSON. Its
settings are the SDK's own but for the address.
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


def send(url: str, count: int, seed: int) -> Took:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sdk", url, str(count), str(seed)],
        check=True,
        stdout=subprocess.PIPE,
        timeout=SECONDS,
    )
    return Took(**json.loads(done.stdout))


def main(url: str, count: int, seed: int) -> None:
    from amplitude import Amplitude, BaseEvent, Config

    from benchmarks import made_events

    events = [BaseEvent(**one) for one in made_events.amplitude_events(count, seed)]
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
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
