"""Faults of servers: another answer than the request would get, or none at all."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from django.http import HttpResponse

from braze_partners.sandbox.faults.active import Active
from braze_partners.sandbox.upload.wire import Answer

ERRORS = {
    500: Answer(500, {"error": "Internal server error"}),
    502: Answer(502, {"error": "Bad gateway"}),
    503: Answer(503, {"error": "Service unavailable"}),
    504: Answer(504, {"error": "Gateway timeout"}),
}
HTML = (
    "<!DOCTYPE html>\n<html><head><title>{status}</title></head>"
    "<body><center><h1>{status}</h1></center><hr><center>edge</center></body></html>\n"
)
GARBAGE = bytes(range(128, 256)) + b'{"code":'


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as bytes, ready for the line."""

    status: int
    body: bytes
    content_type: str = "application/json"

    @classmethod
    def of(cls, answer: Answer) -> Reply:
        return cls(answer.status, orjson.dumps(answer.as_json()))

    def rendered(self) -> HttpResponse:
        return HttpResponse(self.body, status=self.status, content_type=self.content_type)


def is_dropped(active: Active) -> bool:
    return active.drawn("outage") is not None or active.drawn("dropped") is not None


def instead(active: Active) -> Answer | Reply | None:
    """What a failing server answers instead of looking at the request."""
    for status, answer in ERRORS.items():
        if active.drawn(f"http_{status}") is not None:
            return answer
    page = active.drawn("html")
    if page is not None:
        text = HTML.format(status=page["status"])
        return Reply(page["status"], text.encode(), "text/html; charset=utf-8")
    garbage = active.drawn("garbage")
    if garbage is not None:
        return Reply(garbage["status"], GARBAGE)
    return None


def lost_answer(active: Active) -> Answer | None:
    """What the sender is told although its events were ingested."""
    lost = active.drawn("lost_answer")
    return None if lost is None else ERRORS[lost["status"]]
