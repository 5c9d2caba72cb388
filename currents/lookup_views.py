"""Screens that look single events up: by id, by person, as they come in. HTTP only."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import lookup, lookup_words
from currents.condition import Condition
from currents.connection_views import current_or_404
from currents.filters import LookUpForm
from currents.lookup import Page, Seen
from currents.models import Current
from currents.page_views import head, shown_condition

ROWS_PER_PAGE = 50
TAIL_ROWS = 25
TAB = "events"


@may(May.SEE)
@require_GET
def look_up(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """What is looked for stands in the URL; without it the latest events."""
    shown = shown_condition(request, pk)
    form = LookUpForm(request.GET)
    asked = form.given
    found = _found(shown.current, asked)
    context = head(shown, TAB) | {"form": form, "asked": asked, "found": found}
    context["rows"] = lookup_words.rows(found.events, shown.now) if found else []
    if found is None:
        context |= _tail(request, shown.current)
    elif len(found.events) == 1 and asked.get("event_id"):
        context |= _whole(found.events[0], shown)
    return render(request, "currents/events.html", context)


def _found(current: Current, asked: dict[str, Any]) -> Page | None:
    """None where nothing is looked for."""
    if asked.get("event_id"):
        return lookup.by_event_id(current, asked["event_id"])
    if asked.get("user"):
        return lookup.by_person(current, asked["user"], asked.get("before"), ROWS_PER_PAGE)
    if asked.get("dropped"):
        row = get_object_or_404(current.dropped.all(), pk=asked["dropped"])
        return lookup.dropped(current, row, ROWS_PER_PAGE)
    return None


@may(May.SEE)
@require_GET
def event(request: WorkspaceRequest, pk: int, sequence: int) -> HttpResponse:
    """One event whole; its payload for those who may see bodies."""
    shown = shown_condition(request, pk)
    seen = lookup.one(shown.current, sequence)
    if seen is None:
        context = head(shown, TAB) | {"form": LookUpForm(), "found": Page([]), "rows": []}
        return render(request, "currents/events.html", context, status=404)
    context = head(shown, TAB) | {"form": LookUpForm()} | _whole(seen, shown)
    return render(request, "currents/event.html", context)


def _whole(seen: Seen, shown: Condition) -> dict[str, Any]:
    whole = lookup.whole(seen)
    return {
        "row": lookup_words.row(seen, shown.now),
        "whole": whole,
        "changes": [(lookup_words.HOW[one.how], one) for one in whole.changes],
        "payload_note": lookup_words.payload_note(seen),
        "no_payload": lookup_words.no_payload(whole),
        "attempts": lookup.attempts_of(seen),
    }


@may(May.SEE)
@require_GET
def tail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The latest events, for the page that polls them."""
    current = current_or_404(request, pk)
    context = {"current": current} | _tail(request, current)
    return render(request, "currents/tail.html", context)


def _tail(request: WorkspaceRequest, current: Current) -> dict[str, Any]:
    latest, now = lookup.latest(current, None, TAIL_ROWS), timezone.now()
    return {
        "rows": lookup_words.rows(latest.events, now),
        "paused": bool(request.GET.get("paused")),
        "read_at": now,
    }
