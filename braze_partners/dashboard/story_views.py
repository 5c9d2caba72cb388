"""The stories on the home page, and what their steps do: an event, a flow of events. HTTP only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from braze_partners.dashboard import demo_events, story
from braze_partners.events.errors import LogUnavailable
from braze_partners.running import sandbox_address
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


@may(May.SEE)
@require_GET
def stories(request: WorkspaceRequest) -> HttpResponse:
    """The cards alone, for the page that polls them; nothing while nothing has changed."""
    context = _stories(request)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "dashboard/home_stories.html", context)


@may(May.EDIT_CURRENTS)
@require_POST
def send_event(request: WorkspaceRequest) -> HttpResponse:
    """One event of a demo person, by the intake that everybody uses."""
    _only_beside_a_sandbox()
    try:
        sent = demo_events.send_one(request.workspace.pk, timezone.now())
    except LogUnavailable:
        messages.error(request, _("The log takes no event at the moment. Nothing was sent."))
    else:
        said = _("The event “%(name)s” of %(person)s is in the log.")
        messages.success(request, said % {"name": sent.name, "person": sent.person})
    return redirect("dashboard:home", request.workspace.slug)


@may(May.EDIT_CURRENTS)
@require_POST
def event_flow(request: WorkspaceRequest) -> HttpResponse:
    """Switches the demo's flow of events on or off."""
    _only_beside_a_sandbox()
    now = timezone.now()
    if request.POST.get("on") == "1":
        demo_events.switch_on(request.workspace, now)
        messages.success(request, _("A few events a second come in for ten minutes."))
    else:
        demo_events.switch_off(request.workspace, now)
        messages.success(request, _("No more demo events come in."))
    return redirect("dashboard:home", request.workspace.slug)


def _only_beside_a_sandbox() -> None:
    """Invented events have no place in a workspace that works for a living."""
    if not sandbox_address():
        raise Http404


def _stories(request: WorkspaceRequest) -> dict[str, Any]:
    now = timezone.now()
    told = story.stories(request.workspace, request.member.account)
    flow = demo_events.flow_of(request.workspace, now) if told else None
    done = sum(one.done for one in told)
    over = bool(told) and all(one.is_finished for one in told)
    if over:
        story.note_end(request.workspace, request.member.account, now)
    return {
        "stories": told,
        "flow": flow,
        "is_over": over,
        "seen": f"{done}-{flow.made if flow else 'off'}",
    }
