"""Refuses a request whose address or cookies hold a NUL character, before anything reads them.

PostgreSQL holds no NUL in a text and answers an error to a query that brings one, so without this
door each look-up of each page and endpoint would have to know. Knows the raw request line; knows
no endpoint. Bodies are read elsewhere: forms and serializers refuse the character by field.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from braze_partners.errors import BadRequest, answer, is_machine_path

SENTENCE = "The address holds a NUL character (%00)"


def holds_nul(request: HttpRequest) -> bool:
    """Quoted cookies write the character as \\000."""
    return (
        "\x00" in request.path_info
        or "%00" in request.META.get("QUERY_STRING", "")
        or "\\000" in request.META.get("HTTP_COOKIE", "")
    )


class NulMiddleware:
    """Answers 400, as JSON to machines and as a page to people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not holds_nul(request):
            return self.get_response(request)
        if is_machine_path(request.path):
            return answer(request, BadRequest(SENTENCE))
        with translation.override(translation.get_language_from_request(request)):
            return HttpResponse(render_to_string("400.html"), status=400)
