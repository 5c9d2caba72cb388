"""Faults of the line: any answer comes late, in drips, or only to its half."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from braze_partners.sandbox.faults import holding, sockets
from braze_partners.sandbox.faults.active import Active, Options

# Pieces that a part of a large answer is dripped in; a small answer comes byte by byte.
PIECES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """What the line does to one answer."""

    slow: Options | None
    cut: Options | None
    drip: Options | None


def line(active: Active) -> Line:
    return Line(*(active.drawn(kind) for kind in ("slow", "cut", "drip")))


def through(response: HttpResponseBase, over: Line, environ: dict[str, Any]) -> HttpResponseBase:
    """The answer as the line lets it through; its status and headers stay."""
    if over.slow is not None:
        holding.hold("slow", over.slow["seconds"])
    if over.cut is None and over.drip is None:
        return response
    streamed = _streaming(response)
    size = int(streamed.headers.get("Content-Length", 0))
    parts = cast("Iterator[bytes]", streamed.streaming_content)
    if over.cut is not None:
        streamed.streaming_content = cut_short(parts, size // 2, environ)
    elif over.drip is not None:
        streamed.streaming_content = _drops(parts, size, over.drip["seconds"])
    return streamed


def cut_short(parts: Iterable[bytes], most: int, environ: dict[str, Any]) -> Iterator[bytes]:
    """So many bytes, and then a reset."""
    left = most
    for part in parts:
        yield part[:left]
        left -= len(part[:left])
        if left <= 0:
            break
    time.sleep(0.05)  # so that they are on their way before the reset overtakes them
    sockets.reset(environ)


def _streaming(response: HttpResponseBase) -> StreamingHttpResponse:
    if isinstance(response, StreamingHttpResponse):
        return response
    assert isinstance(response, HttpResponse)
    body = response.content
    streamed = StreamingHttpResponse(
        iter([body]), status=response.status_code, headers=dict(response.headers)
    )
    streamed["Content-Length"] = str(len(body))
    return streamed


def _drops(parts: Iterable[bytes], size: int, seconds: float) -> Iterator[bytes]:
    pause = seconds / max(size, 1)
    for part in parts:
        step = max(1, len(part) // PIECES) if len(part) > PIECES * 10 else 1
        for place in range(0, len(part), step):
            yield part[place : place + step]
            holding.hold("drip", pause * step)
