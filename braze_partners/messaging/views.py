"""The lists of campaigns and Canvases, the page of one, and what is done to whole ones: activate,
duplicate, archive. HTTP only; `kind` comes with the address.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from braze_partners.messaging import checking, limits, listing, saving, showing, target_form
from braze_partners.messaging.drafts import Draft, stored
from braze_partners.messaging.errors import Incomplete
from braze_partners.messaging.kinds import WORDS, Words
from braze_partners.messaging.listing import Filters
from braze_partners.messaging.models import Channel, Outreach
from braze_partners.pages import page_of
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts.segments import showing as segments_showing


def outreach_or_404(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> Outreach:
    found: Outreach = get_object_or_404(listing.whole(request.workspace, kind), pk=pk)
    return found


def frame(words: Words, outreach: Outreach, draft: Draft, current: str) -> dict[str, Any]:
    """What stands around every page of one campaign or Canvas."""
    active = outreach.state == Outreach.State.ACTIVE
    return {
        "words": words,
        "outreach": outreach,
        "draft": draft,
        "version": outreach.version,
        "channel_names": listing.channel_names(outreach.channels),
        "nav_steps": showing.nav_steps(words, draft, active, current),
        "addresses": addresses(words),
    }


def addresses(words: Words) -> dict[str, str]:
    """The names of the kind's addresses, for templates that serve both."""
    names = ("list", "create", "archive", "detail", "edit", "target", "state", "duplicate")
    return {name: f"{words.namespace}:{name}" for name in names}


@may(May.SEE)
@require_GET
def outreach_list(request: WorkspaceRequest, kind: str) -> HttpResponse:
    filters, words = Filters.read(request.GET), WORDS[kind]
    found = listing.found(request.workspace, kind, request.member.account, filters)
    page = page_of(found, request.GET.get("page"), limits.LIST_PAGE)
    context = {
        "words": words,
        "addresses": addresses(words),
        "filters": filters,
        "page": page,
        "rows": listing.listed(request.workspace, list(page)),
        "states": Outreach.State.choices,
        "tags": listing.tags_of(request.workspace, kind),
        "by_name": replace(filters, sort="name").query,
        "by_edited": replace(filters, sort="edited").query,
    }
    return render(request, "messaging/list.html", context)


@may(May.SEE)
@require_GET
def detail(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """All of it to read, exact as of this moment; for editors also the step that confirms."""
    outreach = outreach_or_404(request, kind, pk)
    draft = stored(outreach)
    form = target_form.of_target(draft.target)
    shown = segments_showing.show(request.workspace, form, saved=form, now=timezone.now())
    context = frame(WORDS[kind], outreach, draft, showing.CONFIRM) | {
        "shown": shown,
        "gaps": [
            (gap, f"{WORDS[kind].namespace}:{showing.ADDRESSES[gap.part]}")
            for gap in checking.gaps(draft, kind)
        ],
        "active": outreach.state == Outreach.State.ACTIVE,
        "steps": [(each, Channel(each.channel).label) for each in draft.steps],
        "several_variants": len(draft.variants) > 1,
        "parts": showing.parts(draft, shown.funnel.size),
    }
    return render(request, "messaging/detail.html", context)


@may(May.EDIT_MESSAGING)
@require_POST
def change_state(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """From draft to active, once nothing lacks, or back."""
    outreach = outreach_or_404(request, kind, pk)
    active = request.POST.get("active") == "1"
    actor = request.member.account
    try:
        changed = saving.set_active(outreach, active, by=actor, now=timezone.now())
    except Incomplete as refused:
        messages.error(request, " ".join(refused.sentences))
        return redirect(f"{WORDS[kind].namespace}:detail", request.workspace.slug, pk)
    if changed:
        write_down(request, "activated" if active else "deactivated", changed)
        messages.success(request, str(WORDS[kind].activated if active else WORDS[kind].is_draft))
    return redirect(f"{WORDS[kind].namespace}:detail", request.workspace.slug, pk)


def write_down(request: WorkspaceRequest, act: str, outreach: Outreach) -> None:
    """The audit log's entry of a change, whichever screen made it."""
    facts = {outreach.kind: str(outreach.pk), "version": outreach.version}
    record_for(request, f"{outreach.kind}.{act}", outreach.name, facts)


@may(May.EDIT_MESSAGING)
@require_POST
def duplicate(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """A draft with everything that is saved, under a free name."""
    source = outreach_or_404(request, kind, pk)
    copy = saving.duplicate(source, by=request.member.account, now=timezone.now())
    write_down(request, "created", copy)
    messages.success(request, _("This is the copy, a draft. The original is unchanged."))
    return redirect(f"{WORDS[kind].namespace}:detail", request.workspace.slug, copy.pk)


@may(May.EDIT_MESSAGING)
@require_POST
def archive(request: WorkspaceRequest, kind: str) -> HttpResponse:
    """Archives the chosen ones or brings them back."""
    chosen = _chosen(request, kind)
    archived = request.POST.get("archived", "1") == "1"
    actor = request.member.account
    for outreach in saving.set_archived(chosen, archived, by=actor, now=timezone.now()):
        write_down(request, "archived" if archived else "unarchived", outreach)
    if archived:
        text = ngettext("%(count)s is archived.", "%(count)s are archived.", len(chosen))
    else:
        text = ngettext("%(count)s is back in the list.", "%(count)s are back.", len(chosen))
    messages.success(request, text % {"count": len(chosen)})
    return redirect(_back(request, kind))


def _chosen(request: WorkspaceRequest, kind: str) -> list[Outreach]:
    try:
        pks = {uuid.UUID(text) for text in request.POST.getlist("outreach")}
    except ValueError as error:
        raise Http404 from error
    found = list(Outreach.objects.filter(workspace=request.workspace, kind=kind, pk__in=pks))
    if not found or len(found) != len(pks):
        raise Http404
    return found


def _back(request: WorkspaceRequest, kind: str) -> str:
    """The page of this room from which a form came; never an address elsewhere."""
    home = reverse(f"{WORDS[kind].namespace}:list", args=[request.workspace.slug])
    asked = request.POST.get("back", "")
    return asked if asked.startswith(home) and "\\" not in asked else home
