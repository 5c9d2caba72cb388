"""Replays of a Current on screen: the list with its form, counting, starting, watching, cancelling.
HTTP only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from braze_partners.celery import wake
from braze_partners.workspaces.audit import actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, allows, may
from currents.connection_views import current_or_404
from currents.models import Current
from currents.page_views import head, shown_condition
from currents.replays import asking, tasks, wording
from currents.replays.errors import ReplayRefused
from currents.replays.forms import ReplayForm
from currents.replays.limits import LISTED
from currents.replays.models import Replay

TAB = "replays"


def rows_of(current: Current) -> list[dict[str, Any]]:
    found = Replay.objects.filter(current=current).select_related("created_by", "current")
    return [row_of(replay) for replay in found.order_by("-pk")[:LISTED]]


def row_of(replay: Replay) -> dict[str, Any]:
    return {
        "replay": replay,
        "what": wording.what(replay),
        "waits_for": wording.waits_for(replay),
    }


def _context(form: ReplayForm) -> dict[str, Any]:
    """The form with what it would send, or with what is wrong with it."""
    current = form.current
    if not form.is_valid():
        return {"form": form, "counted": None}
    try:
        counted = asking.count(current, form.wanted())
    except ReplayRefused as refused:
        _put(form, refused)
        return {"form": form, "counted": None}
    nothing = asking.nothing(counted) if not counted.events else ""
    return {"form": form, "counted": counted, "nothing": nothing}


def _put(form: ReplayForm, refused: ReplayRefused) -> None:
    names = {"event_types": "event_type"}
    for name, sentence in refused.problems.items():
        form.add_error(names.get(name, name) or None, sentence)


@may(May.SEE)
@require_GET
def replays(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The form is filled from the address, so that a page can lead to what it speaks of."""
    shown = shown_condition(request, pk)
    given = request.GET if request.GET.get("kind") else {"kind": Replay.Kind.DEAD_LETTERS}
    context = head(shown, TAB) | {"rows": rows_of(shown.current)}
    if allows(request.member.role, May.EDIT_CURRENTS):
        context |= _context(ReplayForm(shown.current, given))
    return render(request, "replays/list.html", context)


@may(May.EDIT_CURRENTS)
@require_GET
def count(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """What the form would send, for the page that asks at every change."""
    current = current_or_404(request, pk)
    context = _context(ReplayForm(current, request.GET)) | {"current": current}
    return render(request, "replays/count.html", context)


@may(May.EDIT_CURRENTS)
@require_POST
def start(request: WorkspaceRequest, pk: int) -> HttpResponse:
    current = current_or_404(request, pk)
    form = ReplayForm(current, request.POST)
    if form.is_valid():
        try:
            made = asking.start(current, form.wanted(), actor_of(request), timezone.now())
        except ReplayRefused as refused:
            _put(form, refused)
        else:
            wake(tasks.run_replay, made.pk)
            messages.success(request, _("The replay has begun."))
            return redirect("currents:replays", request.workspace.slug, pk)
    for sentences in form.errors.values():
        for sentence in sentences:
            messages.error(request, str(sentence))
    return redirect("currents:replays", request.workspace.slug, pk)


@may(May.SEE)
@require_GET
def progress(request: WorkspaceRequest, pk: int, replay: int) -> HttpResponse:
    """A running replay's row, which the page asks for until it has ended."""
    current = current_or_404(request, pk)
    found = _found(current, replay)
    if not found.is_running:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "replays/running.html", {"current": current, "row": row_of(found)})


@may(May.EDIT_CURRENTS)
@require_POST
def cancel(request: WorkspaceRequest, pk: int, replay: int) -> HttpResponse:
    current = current_or_404(request, pk)
    if asking.cancel(_found(current, replay), actor_of(request), timezone.now()):
        messages.success(request, _("The replay is cancelled. What was sent stays sent."))
    return redirect("currents:replays", request.workspace.slug, pk)


def _found(current: Current, replay: int) -> Replay:
    rows = Replay.objects.select_related("current", "created_by")
    found: Replay = get_object_or_404(rows, current=current, pk=replay)
    return found
