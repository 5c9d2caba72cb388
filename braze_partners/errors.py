"""The JSON shapes of an error: Braze's on Braze's paths, problem bodies (RFC 9457) on /api/v1/.

Knows statuses and words; knows no room's errors: each room subclasses `Refusal` in its errors.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

import orjson
from django.http import HttpRequest, HttpResponse

# Everything under these answers JSON, whatever happens (product.md 7).
MACHINE_PATHS = (
    "/partners/",
    "/segments/",
    "/campaigns/",
    "/events/",
    "/canvas/",
    "/users/",
    "/currents/",
    "/api/",
)
PROBLEM_PATHS = ("/api/",)
# The only pages for people below a machine path.
HUMAN_PATHS = ("/api/docs/",)

FieldErrors = Mapping[str, Sequence[str]]


class Refusal(Exception):
    """An answer that is not a success: `status`, one plain sentence, errors by field."""

    status: ClassVar[int] = 400
    message: ClassVar[str] = "The request is not valid"

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: FieldErrors | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.text = message or self.message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        super().__init__(self.text)


class BadRequest(Refusal):
    status = 400


class Unauthenticated(Refusal):
    status = 401
    message = "Invalid API key"


class Forbidden(Refusal):
    status = 403
    message = "The API key lacks the permission for this endpoint"


class LacksPermission(Forbidden):
    def __init__(self, permission: str) -> None:
        super().__init__(f"The API key lacks the permission {permission}")


class NotFound(Refusal):
    status = 404
    message = "Not found"


class MethodNotAllowed(Refusal):
    status = 405
    message = "This method is not allowed here"


class Conflict(Refusal):
    status = 409
    message = "The request conflicts with the present state"


class BodyTooLarge(Refusal):
    status = 413
    message = "The request body is too large"


class UnsupportedMediaType(Refusal):
    status = 415
    message = "The request body is of a kind that is not read here"


class Unprocessable(Refusal):
    status = 422
    message = "The request cannot be processed"


class Locked(Refusal):
    status = 423
    message = "Resource locked"


class RateLimited(Refusal):
    status = 429
    message = "Rate limit exceeded"


class InternalError(Refusal):
    status = 500
    message = "Internal server error"


class Unavailable(Refusal):
    status = 503
    message = "The service is busy; retry in a moment"


BY_STATUS: dict[int, type[Refusal]] = {
    kind.status: kind
    for kind in (
        BadRequest,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        BodyTooLarge,
        UnsupportedMediaType,
        Unprocessable,
        Locked,
        RateLimited,
        InternalError,
        Unavailable,
    )
}


def is_machine_path(path: str) -> bool:
    return path.startswith(MACHINE_PATHS) and path not in HUMAN_PATHS


def braze_body(refusal: Refusal) -> dict[str, object]:
    """`{"message": text, "errors": [text, …]}`."""
    by_field = [text for texts in refusal.fields.values() for text in texts]
    return {"message": refusal.text, "errors": by_field or [refusal.text]}


def problem_body(refusal: Refusal, instance: str, request_id: str = "") -> dict[str, object]:
    """RFC 9457; `errors` maps a field's name to its sentences."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.text,
        "instance": instance,
    }
    if refusal.fields:
        body["errors"] = {name: list(texts) for name, texts in refusal.fields.items()}
    if request_id:
        body["request_id"] = request_id
    return body


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal in the shape of the request's path, with the request's id on it."""
    request_id = getattr(request, "request_id", "")
    if request.path.startswith(PROBLEM_PATHS):
        body = problem_body(refusal, request.path, request_id)
        content_type = "application/problem+json"
    else:
        body = braze_body(refusal)
        content_type = "application/json"
    if refusal.status >= 500 and request_id:
        body["request_id"] = request_id
    return HttpResponse(
        orjson.dumps(body),
        status=refusal.status,
        content_type=content_type,
        headers=refusal.headers,
    )
