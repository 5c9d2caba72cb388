"""Sources & Destinations, what has no page, and whether the process is well."""

from __future__ import annotations

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from braze_partners.sandbox import api, destinations, forms, state_files
from braze_partners.sandbox.views import uploads


@require_http_methods(["GET", "POST"])
def destinations_page(request: HttpRequest) -> HttpResponse:
    destination = destinations.current()
    posted = request.method == "POST"
    initial = {"rest_endpoint": destination.rest_endpoint if destination else ""}
    form = forms.DestinationForm(request.POST if posted else None, initial=initial)
    if posted and form.is_valid() and _saved(request, form):
        return redirect("destinations")
    context = {
        "section": "destinations",
        "destination": destination,
        "form": form,
        "own_endpoint": state_files.dashboard_address(),
    }
    return render(request, "sandbox/destinations.html", context)


@require_POST
def test_key(request: HttpRequest) -> HttpResponse:
    """The badge after an actual call with the stored key; pages put it where they need it."""
    destination = destinations.current()
    if destination:
        destinations.test(destination, timezone.now())
    return render(request, "sandbox/key_badge.html", {"destination": destination})


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = _("This request cannot be understood, or it came under a name that is not ours.")
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/sandbox/api/"):
        return api.error(404, "not_found", _("There is nothing at this address."))
    if request.method not in ("GET", "HEAD"):
        return uploads.wrong_path(request)  # a sender, not a browser
    return render(request, "sandbox/not_found.html", status=404)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = _("This did not come from a page of the sandbox, or the page was too old. Load it anew.")
    return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")


def server_error(request: HttpRequest) -> HttpResponse:
    text = _("Something failed here; the sandbox's log has the details.")
    if request.path.startswith("/sandbox/api/"):
        return api.error(500, "failed", text)
    return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")


def _saved(request: HttpRequest, form: forms.DestinationForm) -> bool:
    data, now = form.cleaned_data, timezone.now()
    try:
        destination = destinations.save(data["api_key"], data["rest_endpoint"], now)
    except destinations.DestinationRefused as refused:
        form.add_error(refused.field, str(refused))
        return False
    destinations.test(destination, now)
    if destination.accepted:
        messages.success(request, _("Braze was saved, and it accepts the key."))
    else:
        messages.warning(request, _("Braze was saved, but it does not accept the key yet."))
    return True
