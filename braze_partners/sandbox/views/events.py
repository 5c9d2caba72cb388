"""The event stream: live list with filters, one event, the last requests, and their deletion."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from braze_partners.sandbox import event_log, forms, limits, tallies
from braze_partners.sandbox.event_log import Filter
from braze_partners.sandbox.models import AmplitudeUser, ReceivedEvent
from braze_partners.sandbox.upload import seen


@require_safe
def stream(request: HttpRequest) -> HttpResponse:
    form = forms.EventFilterForm(request.GET)
    context = {
        "section": "events",
        "form": form,
        "event_types": event_log.event_types(),
        **_rows(request, form),
    }
    return render(request, "sandbox/events.html", context)


@require_safe
def stream_rows(request: HttpRequest) -> HttpResponse:
    form = forms.EventFilterForm(request.GET)
    return render(request, "sandbox/events_rows.html", _rows(request, form))


@require_safe
def event_page(request: HttpRequest, sequence: int) -> HttpResponse:
    event = get_object_or_404(ReceivedEvent, pk=sequence)
    context = {
        "section": "events",
        "event": event,
        "time": _moment(event.time_ms),
        "received_at": event_log.of_ms(event.received_ms),
        "kept": _pretty(event.body),
        "received": _pretty(event.received_body) if event.received_body else None,
        "user": _user_of(event),
    }
    return render(request, "sandbox/event.html", context)


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    return render(request, "sandbox/requests.html", {"section": "events", **_requests()})


@require_safe
def request_rows(request: HttpRequest) -> HttpResponse:
    return render(request, "sandbox/requests_rows.html", _requests())


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        deleted = event_log.delete_all()
        text = ngettext("%(count)d event was deleted.", "%(count)d events were deleted.", deleted)
        messages.success(request, text % {"count": deleted})
        return redirect("events")
    context = {"section": "events", "totals": tallies.totals()}
    return render(request, "sandbox/events_delete.html", context)


def _rows(request: HttpRequest, form: forms.EventFilterForm) -> dict[str, object]:
    """The newest events, or those before `before`: what happens now is on the first page only."""
    wanted = form.wanted() if form.is_valid() else Filter()
    before = request.GET.get("before", "")
    rows = wanted.rows()
    if before.isascii() and before.isdigit():
        rows = rows.filter(sequence__lt=min(int(before), 2**63 - 1))
    found = list(rows[: limits.ROWS_PER_PAGE + 1])
    page = found[: limits.ROWS_PER_PAGE]
    query = request.GET.copy()
    query.pop("before", None)
    return {
        "totals": tallies.totals(),
        "filtered": not wanted.is_empty,
        "rows": [(event, event_log.of_ms(event.received_ms)) for event in page],
        "older": page[-1].sequence if len(found) > len(page) else None,
        "first_page": not before,
        "query": query.urlencode(),
    }


def _requests() -> dict[str, object]:
    return {"rows": seen.latest(limits.ROWS_PER_PAGE), "totals": tallies.totals()}


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def _moment(milliseconds: int) -> datetime | None:
    """None for what no calendar has, such as the year 12000."""
    try:
        return event_log.of_ms(milliseconds)
    except (ValueError, OverflowError, OSError):
        return None


def _user_of(event: ReceivedEvent) -> AmplitudeUser | Any:
    if event.user_id:
        return AmplitudeUser.objects.filter(user_id=event.user_id).first()
    return AmplitudeUser.objects.filter(devices__device_id=event.device_id).first()
