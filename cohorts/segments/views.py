"""The list of segments, and what is done to whole segments: star, duplicate, archive, members,
user look-up. HTTP only.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from random import SystemRandom
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from braze_partners.pages import page_of
from braze_partners.people.errors import StillCounting
from braze_partners.people.finding import find_person, identifiers_of
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, allows, may
from cohorts.segments import (
    changes,
    evaluation,
    explanation,
    limits,
    listing,
    saving,
    sizing,
    tagging,
    wording,
)
from cohorts.segments.errors import SegmentInUse
from cohorts.segments.listing import Filters
from cohorts.segments.models import Segment, SegmentSegment, Star
from cohorts.segments.planning import learn, stored


def segment_or_404(request: WorkspaceRequest, pk: uuid.UUID) -> Any:
    """With its tags, and what the account has to do with it: `starred`, `seen_version`."""
    account = request.member.account
    stars = Star.objects.filter(segment=OuterRef("pk"), account=account)
    rows = Segment.objects.select_related("edited_by").annotate(
        gathered_tags=tagging.gathered("segments"),
        starred=Exists(stars),
        seen_version=changes.seen_version(account),
    )
    segment: Segment = get_object_or_404(rows, workspace=request.workspace, pk=pk)
    segment.workspace = request.workspace
    return segment


@may(May.SEE)
@require_GET
def segment_list(request: WorkspaceRequest) -> HttpResponse:
    filters = Filters.read(request.GET)
    found = listing.found(request.workspace, request.member.account, filters)
    page = page_of(found, request.GET.get("page"), limits.LIST_PAGE)
    context = {
        "filters": filters,
        "page": page,
        "rows": _grouped(listing.listed(request.workspace, list(page)), filters.group),
        "rail": listing.rail(request.workspace, filters),
        "undo": take_undo(request),
        "by_name": replace(filters, sort="name").query,
        "by_edited": replace(filters, sort="edited").query,
    }
    return render(request, "segments/list.html", context)


def _grouped(
    rows: list[listing.ListedSegment], group: str
) -> list[tuple[str, listing.ListedSegment]]:
    """Each with its group's heading, "" where nothing is grouped."""
    return [(row.in_group(group) if group else "", row) for row in rows]


@may(May.SEE)
@require_GET
def quick_view(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """What one wants to know of a segment without leaving the list."""
    segment = segment_or_404(request, pk)
    definition = stored(segment)
    known = learn(request.workspace.pk, [definition], zone=request.workspace.time_zone)
    context: dict[str, object] = {
        "segment": segment,
        "tags": tagging.names(segment),
        "rows": wording.say_rows(definition, known),
    }
    try:
        context["funnel"] = evaluation.funnel(request.workspace.pk, definition, known)
    except StillCounting as still:
        context["counting"] = still
    return render(request, "segments/quick_view.html", context)


@may(May.EDIT_SEGMENTS)
@require_POST
def archive(request: WorkspaceRequest) -> HttpResponse:
    """Archives or brings back the chosen ones; what others still use is asked about first."""
    chosen = _chosen(request)
    archived = request.POST.get("archived", "1") == "1"
    uses = _active_users(chosen) if archived else []
    targets = _active_targets(chosen) if archived else []
    if (uses or targets) and request.POST.get("confirmed") != "1":
        return render(
            request,
            "segments/confirm_archive.html",
            {"chosen": chosen, "uses": uses, "targets": targets, "back": _back(request)},
        )
    actor = request.member.account
    changed = saving.set_archived(chosen, archived, by=actor, now=timezone.now())
    for segment in changed:
        write_down(request, "segment.archived" if archived else "segment.unarchived", segment)
    _say_archived(request, changed, archived)
    return redirect(_back(request))


def _active_users(chosen: list[Segment]) -> list[SegmentSegment]:
    return [use for use in listing.used_by(chosen) if use.segment.archived_at is None]


def _active_targets(chosen: list[Segment]) -> list[listing.MessagingUse]:
    """Archived campaigns and Canvases are nobody's concern any more."""
    return [use for use in listing.targeted_by(chosen) if use.outreach.archived_at is None]


def _chosen(request: WorkspaceRequest) -> list[Segment]:
    try:
        pks = [uuid.UUID(text) for text in request.POST.getlist("segment")]
    except ValueError as error:
        raise Http404 from error
    found = list(Segment.objects.filter(workspace=request.workspace, pk__in=pks))
    if not found or len(found) != len(set(pks)):
        raise Http404
    return found


UNDO = "segments_archived"


def take_undo(request: WorkspaceRequest) -> list[str]:
    """What the last act archived, once: the page that says so offers to undo it."""
    taken: list[str] = request.session.pop(UNDO, [])
    return taken


def _say_archived(request: WorkspaceRequest, changed: list[Segment], archived: bool) -> None:
    count = len(changed)
    if archived and changed:
        request.session[UNDO] = [str(segment.pk) for segment in changed]
    if archived:
        text = ngettext("%(count)s segment archived.", "%(count)s segments archived.", count)
    else:
        text = ngettext("%(count)s segment is active again.", "%(count)s are active again.", count)
    tags = "undo" if archived and changed else ""
    messages.success(request, text % {"count": count}, extra_tags=tags)


def _back(request: WorkspaceRequest) -> str:
    """The page of this room from which a form came; never an address elsewhere."""
    home = f"/w/{request.workspace.slug}/segments/"
    asked = request.POST.get("back", "")
    return asked if asked.startswith(home) and "\\" not in asked else home


def write_down(request: WorkspaceRequest, action: str, segment: Segment) -> None:
    """The audit log's entry of a change to a segment, whichever screen made it."""
    detail = {"segment": str(segment.pk), "version": segment.version}
    record_for(request, action, segment.name, detail)


@may(May.SEE)
@require_POST
def star(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Each person's own; a second press takes it off."""
    segment = segment_or_404(request, pk)
    mine = Star.objects.filter(segment=segment, account=request.member.account)
    if starred := not mine.delete()[0]:
        Star.objects.get_or_create(segment=segment, account=request.member.account)
    if request.headers.get("HX-Request"):
        context = {"segment": segment, "starred": starred, "small": "small" in request.GET}
        return render(request, "segments/star.html", context)
    return redirect(_back(request))


@may(May.EDIT_SEGMENTS)
@require_POST
def duplicate(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """A copy of what is saved, under a free name."""
    now = timezone.now()
    source = segment_or_404(request, pk)
    copy = saving.duplicate(source, by=request.member.account, now=now)
    sizing.measure(request.workspace, [copy], now)
    write_down(request, "segment.created", copy)
    messages.success(request, _("This is the copy. The original is unchanged."))
    return redirect("segments:detail", request.workspace.slug, copy.pk)


@may(May.DELETE)
@require_POST
def delete(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """For good, with its history; what something uses stays."""
    segment = segment_or_404(request, pk)
    try:
        saving.delete(segment)
    except SegmentInUse:
        messages.error(
            request,
            _("Not deleted: this segment is in use. Take it out of what stands here first."),
        )
        address = reverse("segments:detail", args=[request.workspace.slug, pk])
        return redirect(f"{address}#used-title")
    write_down(request, "segment.deleted", segment)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": segment.name})
    return redirect("segments:list", request.workspace.slug)


@may(May.SEE)
@require_GET
def sample(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Some members at random, inside the detail page."""
    segment = segment_or_404(request, pk)
    context: dict[str, object] = {"segment": segment}
    try:
        numbers, context["size"] = evaluation.sample(
            request.workspace.pk, stored(segment), limits.SAMPLE, SystemRandom()
        )
        context["people"] = identifiers_of(request.workspace.pk, numbers)
    except StillCounting as still:
        context["counting"] = still
    return render(request, "segments/sample.html", context)


@may(May.SEE)
@require_GET
def members(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    segment = segment_or_404(request, pk)
    after = _number(request.GET.get("after", ""))
    workspace_id, definition = request.workspace.pk, stored(segment)
    counting, size = None, None
    try:
        numbers, size = evaluation.members_and_size(
            workspace_id, definition, after, limits.MEMBERS_PAGE + 1
        )
    except StillCounting as still:
        numbers, counting = [], still
    shown = numbers[: limits.MEMBERS_PAGE]
    context = {
        "segment": segment,
        "tab": "members",
        "counting": counting,
        "size": size,
        "people": identifiers_of(workspace_id, shown),
        "first": after < 0,
        "after": shown[-1] if len(numbers) > len(shown) else None,
        "starred": segment.starred,
    }
    if allows(request.member.role, May.EXPORT_MEMBERS):
        context["exports"] = listing.exports_of(segment)
    return render(request, "segments/members.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1


@may(May.SEE)
@require_GET
def look_up(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Is this person in it, and if not, which filter failed."""
    segment = segment_or_404(request, pk)
    sought = request.GET.get("person", "").strip()
    context = look_up_context(request, segment, sought)
    if request.headers.get("HX-Request"):
        return render(request, "segments/look_up_result.html", context)
    context["starred"] = segment.starred
    context["size"] = evaluation.size_or_none(request.workspace.pk, stored(segment))
    return render(request, "segments/look_up.html", context)


def look_up_context(request: WorkspaceRequest, segment: Segment, sought: str) -> dict[str, object]:
    person = find_person(request.workspace.pk, sought) if sought else None
    context: dict[str, object] = {"segment": segment, "sought": sought, "person": person}
    if person:
        workspace_id, definition = request.workspace.pk, stored(segment)
        try:
            context["explained"] = explanation.explain(workspace_id, definition, person.number)
        except StillCounting as still:
            context["still"] = still
    return context
