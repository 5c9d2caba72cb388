"""The page for what failed on our side: made without the database, which may be what failed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

from braze_partners.dashboard.preferences import THEME_COOKIE
from braze_partners.workspaces.models import Theme


def quiet_context(request: HttpRequest) -> dict[str, str]:
    """What the frame needs, from the request alone."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "theme": theme if theme in Theme.values else Theme.SYSTEM.value,
        "request_id": getattr(request, "request_id", ""),
    }


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponseServerError(render_to_string("500.html", quiet_context(request)))
