"""The short way to the endpoints that carry the load. Knows which middleware they need; knows no
endpoint.

Sessions, CSRF tokens, languages, messages and content policies are for pages. On the partners'
endpoints, where it was measured, they did nothing and cost 1.3 ms of processor time a request, a
tenth of a push of 1,000 ids (`make bench`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django_prometheus.middleware import PrometheusAfterMiddleware

STRAIGHT_PATHS = ("/partners/", "/users/", "/currents/")
OnError = Callable[[HttpRequest, Exception], HttpResponse | None]


class StraightHandler(BaseHandler):
    """Resolves the address and calls its view, with metrics and error answers only."""

    def __init__(self, on_error: Sequence[OnError]) -> None:
        super().__init__()
        answer = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        metrics = PrometheusAfterMiddleware(answer)
        self._view_middleware = [metrics.process_view]
        self._template_response_middleware: list[object] = []
        self._exception_middleware = [metrics.process_exception, *on_error]
        self._metrics = metrics

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.get_host()  # refuses hosts that are not ours, as CommonMiddleware does
        with translation.override(settings.LANGUAGE_CODE):  # a page may have left its own behind
            response: HttpResponse = self._metrics(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not response.streaming:  # a file says its length itself
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
