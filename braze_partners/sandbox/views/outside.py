"""What every API for outside clients has in common: refusals, faults and the list of requests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from braze_partners.sandbox import project_keys
from braze_partners.sandbox.faults import effects, line, sockets, switching
from braze_partners.sandbox.faults.active import Active
from braze_partners.sandbox.faults.effects import Reply
from braze_partners.sandbox.upload import seen
from braze_partners.sandbox.upload.wire import Answer

# How a client may say yes in a query.
TRUE = ("1", "true")


class Refused(Exception):
    """Answered with this status; `text` goes into an `error` member, or stands as it is."""

    def __init__(self, status: int, text: str, *, plain: bool = False) -> None:
        super().__init__(text)
        self.status, self.plain = status, plain


@dataclass(frozen=True, slots=True)
class Call:
    """One request with the faults that may strike it."""

    request: HttpRequest
    active: Active
    now: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """How an API says no to a key and to too many requests."""

    unauthorized: tuple[str, bool]
    too_many: tuple[str, bool]


Handler = Callable[[Call], HttpResponseBase]


def answered(request: HttpRequest, place: str, words: Words, handler: Handler) -> HttpResponseBase:
    """The handler's answer, or that of a fault, as the line lets it through."""
    now = timezone.now()
    active = Active.of(switching.switched_on(now), place)
    if effects.is_dropped(active):
        sockets.reset(request.META)
        _note(now, place, None, "", active)
        return HttpResponse()  # goes nowhere
    over = line.line(active)
    error = ""
    try:
        _refuse(active, words)
        response = _instead(active) or handler(Call(request, active, now))
    except Refused as refused:
        error = str(refused)
        response = _refusal(refused)
    _note(now, place, response.status_code, error, active)
    return line.through(response, over, request.META)


def as_json(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), status=status, content_type="application/json")


def require_pair(request: HttpRequest) -> None:
    """HTTP Basic with the project's API key and secret key."""
    scheme, _space, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        pair = ""
    key, colon, secret = pair.partition(":")
    if scheme.lower() != "basic" or not colon or not project_keys.accepts_pair(key, secret):
        raise Refused(401, "Unauthorized")


def _instead(active: Active) -> HttpResponse | None:
    failing = effects.instead(active)
    if failing is None:
        return None
    reply = Reply.of(failing) if isinstance(failing, Answer) else failing
    return reply.rendered()


def _refuse(active: Active, words: Words) -> None:
    if active.drawn("unauthorized") is not None:
        text, plain = words.unauthorized
        raise Refused(401, text, plain=plain)
    if active.drawn("forbidden") is not None:
        raise Refused(403, "Forbidden")
    if active.drawn("too_many_requests") is not None:
        text, plain = words.too_many
        raise Refused(429, text, plain=plain)


def _refusal(refused: Refused) -> HttpResponse:
    if refused.plain:
        text = str(refused)
        answer = HttpResponse(text, status=refused.status, content_type="text/plain; charset=utf-8")
    else:
        answer = as_json({"error": str(refused)}, refused.status)
    if refused.status == 401 and not refused.plain:
        answer["WWW-Authenticate"] = 'Basic realm="Amplitude"'
    return answer


def _note(now: datetime, place: str, status: int | None, error: str, active: Active) -> None:
    switching.count_hits(active.hit)
    seen.note(seen.Request(now, place, status, 0, 0, error, tuple(active.hit)))
