"""`Idempotency-Key` on creating calls: the same call twice creates once and answers the same.

- The key is bound to method, path and body: with another body it is refused (422).
- A second call while the first is in progress is refused (409).
- Only successes are remembered; a refused call frees its key.
- What was created and what was answered are one transaction, so neither exists without the other.
- A secret in an answer is never stored: the replay has null in its place. Whoever lost it
  invalidates that key and generates another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, Conflict, Unprocessable
from braze_partners.rest.callers import key_of
from braze_partners.rest.limits import (
    IDEMPOTENCY_HOURS,
    IDEMPOTENCY_LEASE_SECONDS,
    MAX_IDEMPOTENCY_KEY,
)
from braze_partners.rest.models import RememberedAnswer
from braze_partners.rest.views import ApiView

HEADER = "Idempotency-Key"
IDEMPOTENCY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY},
    OpenApiParameter.HEADER,
    description="The same key with the same body answers the same, and creates once.",
)

View = TypeVar("View", bound=ApiView)
Handler = Callable[..., Response]


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= MAX_IDEMPOTENCY_KEY and key.isascii() and key.isprintable()):
        sentence = f"Must be 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters."
        raise BadRequest("Some headers are not valid", fields={HEADER: [sentence]})
    return key


def _fingerprint(request: Request) -> bytes:
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    said = f"{request.method} {request.path}\n".encode() + body
    return hashlib.sha256(said).digest()


def _begin(view: ApiView, key: str, fingerprint: bytes, now: datetime) -> RememberedAnswer | None:
    """None when this call is the first; otherwise the earlier one's row."""
    auth = key_of(view.request)
    identity = {"workspace_id": auth.workspace_id, "caller": auth.key_id, "key": key}
    RememberedAnswer.objects.filter(**identity).filter(_over(now)).delete()
    try:
        with transaction.atomic():
            RememberedAnswer.objects.create(**identity, fingerprint=fingerprint, begun_at=now)
    except IntegrityError:
        earlier = RememberedAnswer.objects.filter(**identity).first()
        if earlier is None:  # refused and freed between our two statements
            raise _in_progress() from None
        return earlier
    return None


def _in_progress() -> Conflict:
    return Conflict(f"A request with this {HEADER} is still in progress")


def _over(now: datetime) -> Q:
    """Kept long enough, or begun by a process that did not live to answer."""
    forgotten = Q(begun_at__lt=now - timedelta(hours=IDEMPOTENCY_HOURS))
    abandoned = Q(status=None, begun_at__lt=now - timedelta(seconds=IDEMPOTENCY_LEASE_SECONDS))
    return forgotten | abandoned


def _replay(earlier: RememberedAnswer, fingerprint: bytes) -> Response:
    if bytes(earlier.fingerprint) != fingerprint:
        raise Unprocessable(f"This {HEADER} was used with another request body")
    if earlier.status is None:
        raise _in_progress()
    return Response(earlier.body, earlier.status, headers={"Idempotency-Replayed": "true"})


def _storable(data: Any, secrets: tuple[str, ...]) -> Any:
    plain = json.loads(json.dumps(data, default=str))
    return {name: None if name in secrets else value for name, value in plain.items()}


def idempotent(*secrets: str) -> Callable[[Handler], Handler]:
    """On a creating method of an ApiView; `secrets` are fields of the answer never stored."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def once(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = _key_of(request)
            if key is None:
                return handler(view, request, *args, **kwargs)
            fingerprint = _fingerprint(request)
            earlier = _begin(view, key, fingerprint, timezone.now())
            if earlier is not None:
                return _replay(earlier, fingerprint)
            auth = key_of(request)
            row = RememberedAnswer.objects.filter(
                workspace_id=auth.workspace_id, caller=auth.key_id, key=key
            )
            try:
                with transaction.atomic():
                    response = handler(view, request, *args, **kwargs)
                    row.update(
                        status=response.status_code,
                        body=_storable(response.data, secrets),
                    )
            except BaseException:
                row.filter(status=None).delete()
                raise
            return response

        return once

    return decorate


def forget_old(now: datetime) -> int:
    """Drops what is past its day; how many."""
    return RememberedAnswer.objects.filter(_over(now)).delete()[0]
