"""What every API for outside clients has in common: refusals, faults and the list of requests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from braze_partners.sandbox import project_keys
from braze_partners.sandbox.upload import seen

# How a client may say yes in a query.
TRUE = ("1", "true")

Handler = Callable[[HttpRequest, datetime], HttpResponseBase]


class Refused(Exception):
    """Answered with this status; `text` goes into an `error` member, or stands as it is."""

    def __init__(self, status: int, text: str, *, plain: bool = False) -> None:
        super().__init__(text)
        self.status, self.plain = status, plain


def answered(request: HttpRequest, name: str, handler: Handler) -> HttpResponseBase:
    now = timezone.now()
    error = ""
    try:
        response = handler(request, now)
    except Refused as refused:
        error = str(refused)
        response = _refusal(refused)
    seen.note(seen.Request(now, name, response.status_code, 0, 0, error, ()))
    return response


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


def _refusal(refused: Refused) -> HttpResponse:
    if refused.plain:
        text = str(refused)
        answer = HttpResponse(text, status=refused.status, content_type="text/plain; charset=utf-8")
    else:
        answer = as_json({"error": str(refused)}, refused.status)
    if refused.status == 401 and not refused.plain:
        answer["WWW-Authenticate"] = 'Basic realm="Amplitude"'
    return answer
