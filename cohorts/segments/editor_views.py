"""The segment editor: its page, its live figures, its search for values, its save. HTTP only:
the form's state is editing's, the figures are evaluation's, the writing is saving's.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts.segments import (
    acts,
    changes,
    editing,
    listing,
    saving,
    showing,
    sizing,
    tagging,
)
from cohorts.segments.definition import CohortFilter, Definition, FilterType, Inclusion, Row, parse
from cohorts.segments.editing import Edited
from cohorts.segments.errors import (
    DefinitionRefused,
    EditedMeanwhile,
    FieldRefused,
    Problem,
    SegmentGone,
    SegmentRefused,
)
from cohorts.segments.models import Segment
from cohorts.segments.planning import stored
from cohorts.segments.views import look_up_context, segment_or_404, take_undo, write_down

SAVE = "save"


def _editor(request: WorkspaceRequest) -> dict[str, str]:
    """Where the filter rows ask for their figures; they stand on other rooms' pages too."""
    return {"preview_url": reverse("segments:preview", args=[request.workspace.slug])}


def saved_state(segment: Segment) -> Edited:
    """The form as it is when nothing has been edited."""
    tags = tagging.names(segment)
    return editing.from_definition(stored(segment), segment.name, segment.description, tags)


@may(May.SEE)
@require_GET
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    segment = segment_or_404(request, pk)
    state = saved_state(segment)
    now = timezone.now()
    shown = showing.show(request.workspace, state, saved=state, now=now, own=pk)
    context = _page(request, segment, shown) | {
        "unseen": changes.unseen(segment, segment.seen_version),
        "undo": take_undo(request),
    }
    if segment.seen_version != segment.version:
        changes.mark_seen(segment, request.member.account, now)
    return render(request, "segments/detail.html", context)


@may(May.SEE)
@require_GET
def change_list(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """What each save changed, inside the dialog."""
    latest = changes.latest(segment_or_404(request, pk))
    return render(request, "segments/changes.html", {"changes": latest})


def _page(request: WorkspaceRequest, segment: Any, shown: showing.ShownEditor) -> dict[str, Any]:
    """What stands around the form of a saved segment."""
    now = shown.counted_at
    size = shown.saved_size or 0
    history = sizing.history(segment, size, now)
    look_up = look_up_context(request, segment, request.GET.get("person", "").strip())
    return {
        **look_up,
        **_editor(request),
        "tab": "details",
        "shown": shown,
        "size": size,
        "version": segment.version,
        "starred": segment.starred,
        "uses": listing.used_by([segment]),
        "targeted_by": listing.targeted_by([segment]),
        "points": history.points,
        "spans_days": sizing.spans_days(history.points),
        "marks": [(at, _("filters changed")) for at in history.changes],
    }


@may(May.EDIT_SEGMENTS)
@require_http_methods(["GET", "POST"])
def create(request: WorkspaceRequest) -> HttpResponse:
    if request.method == "GET":
        return _create_page(request, _begun(request))
    edited = editing.read(request.POST)
    act = request.POST.get("act", SAVE)
    if act != SAVE:
        acts.apply(edited, act, request.POST)
        return _create_page(request, edited)
    try:
        draft = _draft(edited)
        now = timezone.now()
        segment = saving.create(request.workspace, draft, by=request.member.account, now=now)
    except SegmentRefused as refused:
        return _create_page(request, edited, refused)
    return _saved(request, segment, "segment.created")


def _begun(request: WorkspaceRequest) -> Edited:
    """An empty form, or one that begins with the cohort that the address names."""
    asked = request.GET.get("cohort", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 18):
        return Edited()
    cohort = listing.cohort_of(request.workspace, int(asked))
    if cohort is None:
        return Edited()
    chosen = CohortFilter(cohort.partner, Inclusion.INCLUDES, (cohort.cohort_id,))
    return editing.from_definition(Definition((Row((chosen,)),)), cohort.name)


def _create_page(
    request: WorkspaceRequest, edited: Edited, refused: SegmentRefused | None = None
) -> HttpResponse:
    problems, errors = _told(refused)
    shown = showing.show(
        request.workspace,
        edited,
        saved=None,
        now=timezone.now(),
        problems=problems,
        errors=errors,
    )
    context: dict[str, Any] = {"shown": shown, "refused": refused}
    context |= _editor(request)
    return render(request, "segments/create.html", context, status=422 if refused else 200)


@may(May.EDIT_SEGMENTS)
@require_http_methods(["GET", "POST"])
def save(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    segment = segment_or_404(request, pk)
    if request.method == "GET":  # the address of a refused save, opened again
        return redirect("segments:detail", request.workspace.slug, pk)
    edited = editing.read(request.POST)
    act = request.POST.get("act", SAVE)
    if act != SAVE:
        acts.apply(edited, act, request.POST)
        return _edit_page(request, segment, edited)
    try:
        draft = _draft(edited)
        saved = saving.update(
            segment,
            draft,
            version=_version(request),
            by=request.member.account,
            now=timezone.now(),
        )
    except SegmentGone as gone:
        raise Http404 from gone
    except SegmentRefused as refused:
        return _edit_page(request, segment, edited, refused)
    return _saved(request, saved, "segment.edited")


def _version(request: WorkspaceRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _draft(edited: Edited) -> saving.Draft:
    definition = parse(edited.to_data())
    return saving.Draft(edited.name, edited.description, tuple(edited.tags), definition)


def _edit_page(
    request: WorkspaceRequest,
    segment: Segment,
    edited: Edited,
    refused: SegmentRefused | None = None,
) -> HttpResponse:
    problems, errors = _told(refused)
    shown = showing.show(
        request.workspace,
        edited,
        saved=saved_state(segment),
        now=timezone.now(),
        own=segment.pk,
        problems=problems,
        errors=errors,
    )
    context = _page(request, segment, shown) | {"refused": refused}
    if isinstance(refused, EditedMeanwhile):
        context["conflict"] = refused
    elif refused is not None:
        context["version"] = _version(request)
    status = 409 if isinstance(refused, EditedMeanwhile) else 422 if refused else 200
    return render(request, "segments/detail.html", context, status=status)


def _told(refused: SegmentRefused | None) -> tuple[list[Problem], dict[str, str]]:
    """Problems beside their filters; sentences beside their fields, "" is the whole form."""
    match refused:
        case DefinitionRefused():
            whole = [str(each) for each in refused.problems if not each.path]
            return refused.problems, {"": " ".join(whole)} if whole else {}
        case FieldRefused():
            return [], {refused.field: refused.text}
        case _:
            return [], {}


def _saved(request: WorkspaceRequest, segment: Segment, action: str) -> HttpResponse:
    now = timezone.now()
    sizing.measure(request.workspace, [segment], now)
    changes.mark_seen(segment, request.member.account, now)
    write_down(request, action, segment)
    messages.success(request, _("“%(name)s” is saved.") % {"name": segment.name})
    return redirect("segments:detail", request.workspace.slug, segment.pk)


@may(May.EDIT_SEGMENTS)
@require_POST
def preview(request: WorkspaceRequest) -> HttpResponse:
    """The figures for the form as it stands; after an act the rows as well. Saves nothing."""
    if not request.headers.get("HX-Request"):
        return HttpResponseNotAllowed([])
    edited = editing.read(request.POST)
    act = request.POST.get("act", "")
    if act:
        acts.apply(edited, act, request.POST)
    saved = own = None
    if pk := request.POST.get("segment"):
        own = _uuid(pk)
        saved = saved_state(segment_or_404(request, own))
    shown = showing.show(request.workspace, edited, saved=saved, now=timezone.now(), own=own)
    template = "segments/preview_rows.html" if act else "segments/preview.html"
    return render(request, template, {"shown": shown} | _editor(request))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


@may(May.SEE)
@require_GET
def options(request: WorkspaceRequest) -> HttpResponse:
    """What a value box offers while somebody types: cohorts of a partner, segments, tags."""
    kind, _dot, partner = request.GET.get("kind", "").partition(".")
    text = request.GET.get("q", "").strip().replace("\x00", "")
    context: dict[str, Any] = {"text": text}
    if kind == FilterType.COHORT:
        found = listing.cohort_options(request.workspace, partner, text)
        context["cohorts"], context["more"] = found
    elif kind == "tag":
        context["tags"] = listing.tag_options(request.workspace, text)
    elif kind in (FilterType.COUNTRY, FilterType.LANGUAGE):
        context["choices"], context["more"] = listing.code_options(FilterType(kind), text)
    else:
        own = _uuid(request.GET.get("own", ""))
        context["segments"], context["more"] = listing.segment_options(request.workspace, text, own)
    return render(request, "segments/options.html", context)
