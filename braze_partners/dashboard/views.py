"""Home, the first-steps story, search. HTTP only; this room's other modules find the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from braze_partners.dashboard import home, home_export, story
from braze_partners.dashboard.searching import search_workspace
from braze_partners.dashboard.shell import attention_of
from braze_partners.people.numbers import universe
from braze_partners.running import sandbox_address
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts.segments import listing as segment_listing

IMPORT_STEPS = {
    "key": _("Key generated"),
    "request": _("First request"),
    "cohort": _("First cohort"),
    "members": _("First members"),
}
EXPORT_STEPS = {
    "launched": _("Launched"),
    "received": _("First event received"),
    "delivered": pgettext_lazy("events", "Delivered"),
}


@may(May.SEE)
@require_GET
def home_page(request: WorkspaceRequest) -> HttpResponse:
    """What costs most, the stories and the starred segments, the page asks for by itself."""
    context = _figures(request, timezone.now()) | {
        "people": universe(request.workspace.pk).size,
        "attention": attention_of(request),
        "stories_are_told": bool(sandbox_address()),
        "stories_are_over": story.is_over(request.workspace, request.member.account),
    }
    return render(request, "dashboard/home.html", context)


@may(May.SEE)
@require_GET
def home_figures(request: WorkspaceRequest) -> HttpResponse:
    """What needs attention, tiles and both halves, for the page that polls them."""
    context = _figures(request, timezone.now()) | {"attention": attention_of(request)}
    return render(request, "dashboard/home_figures.html", context)


def _figures(request: WorkspaceRequest, now: datetime) -> dict[str, Any]:
    done = home.set_up(request.workspace)
    export = home_export.export_figures(request.workspace, now)
    return {
        "now": now,
        "figures": home.import_figures(request.workspace, now),
        "runs": home.latest_runs(request.workspace),
        "set_up": [(done[step], label) for step, label in IMPORT_STEPS.items()],
        "set_up_done": sum(at is not None for at in done.values()),
        "export": export,
        "export_set_up": [(export.set_up[step], label) for step, label in EXPORT_STEPS.items()],
        "export_set_up_done": sum(export.set_up.values()),
    }


@may(May.SEE)
@require_GET
def starred(request: WorkspaceRequest) -> HttpResponse:
    """The starred segments, whose sizes are counted as of now."""
    now = timezone.now()
    filters = segment_listing.Filters(starred=True)
    found = segment_listing.found(request.workspace, request.member.account, filters)
    rows = home.starred_segments(request.workspace, list(found[: home.STARRED_SHOWN]), now)
    return render(request, "dashboard/home_starred_card.html", {"starred": rows, "loaded": True})


@may(May.SEE)
@require_GET
def search(request: WorkspaceRequest) -> HttpResponse:
    """Everything of the workspace that the words name; for htmx the results alone."""
    words = request.GET.get("q", "").strip()
    context = {"words": words, "groups": search_workspace(request.workspace, words)}
    template = "search_results.html" if request.headers.get("HX-Request") else "search.html"
    return render(request, f"dashboard/{template}", context)
