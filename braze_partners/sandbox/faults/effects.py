"""Faults of servers and of the line: another answer, a late one, one in drips, or none at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from braze_partners.sandbox.faults import holding, sockets
from braze_partners.sandbox.faults.active import Active, Options
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


@dataclass(frozen=True, slots=True)
class Line:
    """What the line does to one reply."""

    slow: Options | None
    cut: Options | None
    drip: Options | None


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


def line(active: Active) -> Line:
    return Line(*(active.drawn(kind) for kind in ("slow", "cut", "drip")))


def sent(reply: Reply, over: Line, environ: dict[str, Any]) -> HttpResponseBase:
    """The reply as the line lets it through."""
    if over.slow is not None:
        holding.hold("slow", over.slow["seconds"])
    if over.cut is not None:
        return _streamed(reply, _half(reply.body, environ))
    if over.drip is not None:
        return _streamed(reply, _drops(reply.body, over.drip["seconds"]))
    return reply.rendered()


def _streamed(reply: Reply, parts: Iterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(parts, status=reply.status, content_type=reply.content_type)
    response["Content-Length"] = str(len(reply.body))
    return response


def _half(body: bytes, environ: dict[str, Any]) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    time.sleep(0.05)  # so that the half is on its way before the reset overtakes it
    sockets.reset(environ)


def _drops(body: bytes, seconds: float) -> Iterator[bytes]:
    pause = seconds / max(len(body), 1)
    for place in range(len(body)):
        yield body[place : place + 1]
        holding.hold("drip", pause)
