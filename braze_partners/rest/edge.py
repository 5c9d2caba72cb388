"""The door of the machine endpoints: whatever happens behind it, the answer is JSON.

Knows paths and statuses; knows no endpoint.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.handlers.exception import convert_exception_to_response
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults

from braze_partners.busy import busy_answer, is_passing
from braze_partners.errors import (
    BY_STATUS,
    BodyTooLarge,
    Forbidden,
    NotFound,
    Refusal,
    answer,
    is_machine_path,
)
from braze_partners.rest.bodies import (
    accept_chunks,
    declared_length,
    refuse_compressed,
)
from braze_partners.rest.limits import EVENTS_PATH, MAX_BODY_BYTES, MAX_EVENTS_BODY_BYTES
from braze_partners.rest.straight import STRAIGHT_PATHS, StraightHandler

KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
DJANGOS: dict[type[Exception], type[Refusal]] = {
    RequestDataTooBig: BodyTooLarge,
    Http404: NotFound,
    PermissionDenied: Forbidden,
}

GetResponse = Callable[[HttpRequest], HttpResponse]


class MachineEdgeMiddleware:
    """Renders refusals, and Django's own error pages, in the shape of the path."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        on_error = (self.process_exception, busy_exception)
        self.straight: GetResponse = convert_exception_to_response(  # type: ignore[assignment]
            StraightHandler(on_error)
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_machine_path(request.path):
            return self.get_response(request)
        carries_events = request.path.startswith(EVENTS_PATH)
        limit_bytes = MAX_EVENTS_BODY_BYTES if carries_events else MAX_BODY_BYTES
        try:
            if not carries_events:
                refuse_compressed(request)
            accept_chunks(request, limit_bytes)
            if declared_length(request) > limit_bytes:
                raise BodyTooLarge
        except Refusal as refusal:
            return answer(request, refusal)
        way = self.straight if request.path.startswith(STRAIGHT_PATHS) else self.get_response
        response = as_json(request, way(request))
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_machine_path(request.path):
            return None
        if isinstance(error, Refusal):
            return answer(request, error)
        for raised, refusal in DJANGOS.items():
            if isinstance(error, raised):
                return answer(request, refusal())
        return None


def busy_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
    return busy_answer(request) if is_passing(error) else None


def as_json(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Django's own pages for 400, 403, 404, 405 and 500, in our shape; others as they are."""
    if response.status_code < 400 or "json" in response.headers.get("Content-Type", ""):
        return response
    kind = BY_STATUS.get(response.status_code, Refusal)
    kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    shaped = answer(request, kind(headers=kept))
    shaped.status_code = response.status_code
    return shaped


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: a page only for people."""
    if is_machine_path(request.path):
        return answer(request, NotFound())
    return defaults.page_not_found(request, exception)
