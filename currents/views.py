"""The list of Currents, and what is done to a whole one: launch, pause, resume, new key, delete.
HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from braze_partners.workspaces.audit import Actor, actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import editing, finding, listing, moving
from currents.connection_views import current_or_404
from currents.drafts import checked_key
from currents.errors import DraftRefused, EditedMeanwhile, MoveRefused
from currents.form_views import removed_words
from currents.models import Current

CURRENTS_PER_PAGE = 50
# What Braze has besides; named as it is there, and not part of the product.
OTHER_TYPES = ("Amazon S3", "Google Cloud Storage", "Mixpanel Export", "Segment Data Export")

Move = Callable[[Current, Actor, datetime], None]


@may(May.SEE)
@require_GET
def current_list(request: WorkspaceRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    found = finding.named(request.workspace, search)
    page = Paginator(found, CURRENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": listing.listed(list(page), timezone.now()),
        "page": page,
        "search": search,
        "other_types": OTHER_TYPES,
        "here": request.get_full_path(),
    }
    return render(request, "currents/list.html", context)


@may(May.EDIT_CURRENTS)
@require_POST
def launch(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Of a stored draft; one that is not complete is opened with what it lacks."""
    current = current_or_404(request, pk)
    try:
        editing.launch(current, actor_of(request), timezone.now())
    except DraftRefused:
        address = redirect("currents:edit", request.workspace.slug, pk)
        address["Location"] += "?missing=1"
        return address
    except MoveRefused as refused:
        return _refused(request, current, refused)
    said = _("“%(name)s” is launched: events received from now on are sent.")
    messages.success(request, said % {"name": current.name})
    return _back(request, current)


@may(May.EDIT_CURRENTS)
@require_POST
def pause(request: WorkspaceRequest, pk: int) -> HttpResponse:
    said = _("“%(name)s” is paused. Events wait and will be sent on resume.")
    return _moved(request, pk, moving.pause, said)


@may(May.EDIT_CURRENTS)
@require_POST
def resume(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _moved(request, pk, moving.resume, _("“%(name)s” tries to send at once."))


@may(May.DELETE)
@require_POST
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    current = current_or_404(request, pk)
    try:
        moving.delete(current, actor_of(request), timezone.now())
    except MoveRefused as refused:
        raise Http404 from refused
    said = _("“%(name)s” is deleted and its key forgotten. Nothing more is sent.")
    messages.success(request, said % {"name": current.name})
    return redirect("currents:list", request.workspace.slug)


@may(May.EDIT_CURRENTS)
@require_POST
def enter_key(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The first step of the guided path on the Current's page."""
    current = current_or_404(request, pk)
    try:
        wanted = checked_key(request.POST.get("api_key", ""), current.region, current.region)
        editing.enter_key(current, wanted, actor_of(request), timezone.now())
    except DraftRefused as refused:
        for sentence in refused.problems.values():
            messages.error(request, sentence)
    except EditedMeanwhile:
        messages.error(request, _("Somebody else changed this Current meanwhile. Try again."))
    else:
        said = [_("The new key is stored."), removed_words(wanted.removed)]
        messages.success(request, " ".join(said).strip())
    return redirect("currents:detail", request.workspace.slug, pk)


def _moved(request: WorkspaceRequest, pk: int, move: Move, said: str) -> HttpResponse:
    current = current_or_404(request, pk)
    try:
        move(current, actor_of(request), timezone.now())
    except MoveRefused as refused:
        return _refused(request, current, refused)
    messages.success(request, said % {"name": current.name})
    return _back(request, current)


def _refused(request: WorkspaceRequest, current: Current, refused: MoveRefused) -> HttpResponse:
    said = _("Nothing was changed: “%(name)s” is in the state %(state)s by now.")
    state = current_or_404(request, current.pk).get_state_display()
    messages.error(request, said % {"name": current.name, "state": state})
    return _back(request, current)


def _back(request: WorkspaceRequest, current: Current) -> HttpResponse:
    """To the list as it was where the act was there, else to the Current's page."""
    address, own = (
        request.POST.get("back", ""),
        reverse("currents:list", args=[request.workspace.slug]),
    )
    if address == own or address.startswith(f"{own}?"):
        return redirect(address)
    return redirect("currents:detail", request.workspace.slug, current.pk)
