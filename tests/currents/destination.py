"""An Amplitude in the test's own process: takes requests as the engine sends them, answers as the
wire document says, and remembers what it ingested. Answers can be put before its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble

Event = dict[str, Any]
Reply = Answer | NetworkFailure | Callable[[list[Event]], Answer | NetworkFailure | None]


def answer(status: int, body: dict[str, Any] | bytes) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps({"code": status, **body})
    return Answer(status, raw, 1.0)


def down(kind: Trouble = Trouble.CONNECTION) -> NetworkFailure:
    return NetworkFailure(kind, "no answer", 1.0, may_have_arrived=False)


@dataclass
class Destination:
    """`first` are answers given once each, in order; `always` is asked before ingesting."""

    first: list[Reply] = field(default_factory=list)
    always: Reply | None = None
    requests: list[list[Event]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    events: dict[str, Event] = field(default_factory=dict)
    arrivals: Counter[str] = field(default_factory=Counter)

    def __call__(self, region: str, body: bytes, seconds: float) -> Answer | NetworkFailure:
        events: list[Event] = orjson.loads(body)["events"]
        self.requests.append(events)
        self.bodies.append(body)
        reply = self.first.pop(0) if self.first else self.always
        given = reply(events) if callable(reply) else reply
        return given if given is not None else self.ingest(events)

    def ingest(self, events: list[Event]) -> Answer:
        for event in events:
            self.arrivals[event["insert_id"]] += 1
            self.events.setdefault(event["insert_id"], event)
        return answer(200, {"events_ingested": len(events)})

    @property
    def ids(self) -> list[str]:
        """In the order in which they came."""
        return list(self.events)
