"""The editor's first steps, for campaigns and Canvases: name and channels, then the target
audience with its live figures. HTTP only: the form's rows are the segment editor's, the figures
are evaluation's, the writing is saving's.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from braze_partners.messaging import saving, showing, target_form
from braze_partners.messaging.drafts import Draft, Target, one_variant, stored
from braze_partners.messaging.errors import (
    EditedMeanwhile,
    FieldRefused,
    Incomplete,
    OutreachRefused,
    TargetRefused,
)
from braze_partners.messaging.kinds import WORDS, Words
from braze_partners.messaging.models import Channel, Outreach
from braze_partners.messaging.views import addresses, frame, outreach_or_404, write_down
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts.segments import acts
from cohorts.segments import listing as segments_listing
from cohorts.segments import showing as segments_showing
from cohorts.segments.editing import Edited
from cohorts.segments.errors import Problem
from cohorts.segments.models import Segment

SAVE, NEXT = "save", "next"


def version_of(request: WorkspaceRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def status_of(refused: OutreachRefused | None) -> int:
    if isinstance(refused, EditedMeanwhile):
        return 409
    return 422 if refused else 200


def refusal(refused: OutreachRefused | None, request: WorkspaceRequest) -> dict[str, Any]:
    """What the page says of it: a notice of a conflict, or sentences by field ("" is all of it)."""
    errors: Mapping[str, str] = {}
    match refused:
        case EditedMeanwhile():
            return {"conflict": refused, "errors": {}, "version": refused.version}
        case FieldRefused():
            errors = {refused.field: refused.text}
        case Incomplete():
            errors = {
                "": _("It is active, so it can't be without this: %(what)s")
                % {"what": " ".join(refused.sentences)}
            }
        case TargetRefused():
            whole = [str(each) for each in refused.problems if not each.path]
            errors = {"": " ".join(whole)} if whole else {}
    return {"errors": errors} | ({"version": version_of(request)} if refused else {})


def saved(request: WorkspaceRequest, words: Words, outreach: Outreach, here: str) -> HttpResponse:
    """After a save: on to the next step, or the same one again."""
    write_down(request, "edited", outreach)
    if request.POST.get("act") == NEXT:
        here = showing.step_after(words, here)
    else:
        messages.success(request, _("“%(name)s” is saved.") % {"name": outreach.name})
    return redirect(f"{words.namespace}:{here}", request.workspace.slug, outreach.pk)


@may(May.EDIT_MESSAGING)
@require_http_methods(["GET", "POST"])
def create(request: WorkspaceRequest, kind: str) -> HttpResponse:
    words = WORDS[kind]
    if request.method == "GET":
        return _create_page(request, words, Draft(""))
    draft = _details(request.POST, Draft(""))
    if kind == Outreach.Kind.CANVAS:
        draft = replace(draft, variants=one_variant(_("Variant 1")))
    if segment := _segment_asked(request, request.POST.get("segment", "")):
        draft = replace(draft, target=Target((segment.pk,)))
    now = timezone.now()
    try:
        made = saving.create(request.workspace, kind, draft, by=request.member.account, now=now)
    except OutreachRefused as refused:
        return _create_page(request, words, draft, refused)
    write_down(request, "created", made)
    return redirect(f"{words.namespace}:target", request.workspace.slug, made.pk)


def _segment_asked(request: WorkspaceRequest, text: str) -> Segment | None:
    """The segment from whose page somebody came to create a campaign."""
    try:
        pk = uuid.UUID(text)
    except ValueError:
        return None
    return Segment.objects.filter(workspace=request.workspace, pk=pk).first()


def _details(posted: QueryDict, draft: Draft) -> Draft:
    return replace(
        draft,
        name=posted.get("name", ""),
        description=posted.get("description", "").replace("\r\n", "\n"),
        tags=(*posted.getlist("tag"), *posted.get("typed-tag", "").split(",")),
        channels=tuple(posted.getlist("channel")),
    )


def _create_page(
    request: WorkspaceRequest, words: Words, draft: Draft, refused: OutreachRefused | None = None
) -> HttpResponse:
    asked = request.POST.get("segment", "") or request.GET.get("segment", "")
    context = _details_context(request, draft) | refusal(refused, request)
    context |= {
        "words": words,
        "addresses": addresses(words),
        "nav_steps": showing.nav_steps(words, None, False, "edit"),
        "from_segment": _segment_asked(request, asked),
    }
    return render(request, "messaging/create.html", context, status=status_of(refused))


def _details_context(request: WorkspaceRequest, draft: Draft) -> dict[str, Any]:
    tags = [tag for tag in (" ".join(each.split()) for each in draft.tags) if tag]
    return {
        "given": draft,
        "channels": [(value, label, value in draft.channels) for value, label in Channel.choices],
        "tag_pairs": [(tag, tag) for tag in tags],
    }


@may(May.EDIT_MESSAGING)
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Name, description, tags and channels."""
    outreach = outreach_or_404(request, kind, pk)
    was = stored(outreach)
    if request.method == "GET":
        return _edit_page(request, outreach, was, was)
    draft = _details(request.POST, was)
    if kind == Outreach.Kind.CANVAS:
        draft = replace(draft, channels=was.channels)
    try:
        done = _update(request, outreach, draft)
    except OutreachRefused as refused:
        return _edit_page(request, outreach, was, draft, refused)
    return saved(request, WORDS[kind], done, "edit")


def _update(request: WorkspaceRequest, outreach: Outreach, draft: Draft) -> Outreach:
    return saving.update(
        outreach,
        draft,
        version=version_of(request),
        by=request.member.account,
        now=timezone.now(),
    )


def _edit_page(
    request: WorkspaceRequest,
    outreach: Outreach,
    was: Draft,
    draft: Draft,
    refused: OutreachRefused | None = None,
) -> HttpResponse:
    context = frame(WORDS[outreach.kind], outreach, was, "edit")
    context |= _details_context(request, draft) | refusal(refused, request)
    return render(request, "messaging/edit.html", context, status=status_of(refused))


@may(May.EDIT_MESSAGING)
@require_http_methods(["GET", "POST"])
def target(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Whom it targets: segments chosen whole, and filters of its own."""
    outreach = outreach_or_404(request, kind, pk)
    was = stored(outreach)
    if request.method == "GET":
        return _target_page(request, outreach, was, target_form.of_target(was.target))
    edited = target_form.read(request.POST)
    act = request.POST.get("act", SAVE)
    if act not in (SAVE, NEXT):
        _apply(request, edited, act)
        return _target_page(request, outreach, was, edited)
    try:
        done = _update(request, outreach, replace(was, target=target_form.to_target(edited)))
    except OutreachRefused as refused:
        return _target_page(request, outreach, was, edited, refused)
    return saved(request, WORDS[kind], done, "target")


def _apply(request: WorkspaceRequest, edited: Edited, act: str) -> None:
    """Without scripts a segment is chosen by its name."""
    named = request.POST.get("typed-choose", "").strip().replace("\x00", "")
    if act == "choose" and named:
        found = segments_listing.segment_named(request.workspace, named)
        acts.choose(edited, str(found.pk) if found else "")
    else:
        acts.apply(edited, act, request.POST)


def _target_page(
    request: WorkspaceRequest,
    outreach: Outreach,
    was: Draft,
    edited: Edited,
    refused: OutreachRefused | None = None,
) -> HttpResponse:
    problems = refused.problems if isinstance(refused, TargetRefused) else []
    words = WORDS[outreach.kind]
    context = frame(words, outreach, was, "target") | refusal(refused, request)
    context |= _preview_context(request, outreach, was, edited, problems)
    context |= {"refused": refused, "before": f"{words.namespace}:edit"}
    return render(request, "messaging/target.html", context, status=status_of(refused))


def _preview_context(
    request: WorkspaceRequest,
    outreach: Outreach,
    was: Draft,
    edited: Edited,
    problems: list[Problem],
) -> dict[str, Any]:
    words = WORDS[outreach.kind]
    address = f"{words.namespace}:target_preview"
    return {
        "words": words,
        "shown": segments_showing.show(
            request.workspace,
            edited,
            saved=target_form.of_target(was.target),
            now=timezone.now(),
            problems=[target_form.on_page(each) for each in problems],
        ),
        "preview_url": reverse(address, args=[request.workspace.slug, outreach.pk]),
    }


@may(May.EDIT_MESSAGING)
@require_POST
def target_preview(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """The figures for the form as it stands; after an act the rows as well. Saves nothing."""
    outreach = outreach_or_404(request, kind, pk)
    if not request.headers.get("HX-Request"):
        return HttpResponseNotAllowed([])
    edited = target_form.read(request.POST)
    act = request.POST.get("act", "")
    if act:
        _apply(request, edited, act)
    context = _preview_context(request, outreach, stored(outreach), edited, [])
    template = "messaging/target_preview_rows.html" if act else "messaging/target_preview.html"
    return render(request, template, context)
