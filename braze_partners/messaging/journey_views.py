"""The editor's step of a Canvas's own: named steps, variants and the control group. HTTP only."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from braze_partners.messaging import journey_form, limits, saving
from braze_partners.messaging.drafts import Draft, stored
from braze_partners.messaging.editor_views import (
    NEXT,
    SAVE,
    refusal,
    saved,
    status_of,
    version_of,
)
from braze_partners.messaging.errors import FieldRefused, OutreachRefused
from braze_partners.messaging.journey_form import EditedJourney
from braze_partners.messaging.kinds import CANVAS
from braze_partners.messaging.models import Channel, Outreach
from braze_partners.messaging.views import frame, outreach_or_404
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


@may(May.EDIT_MESSAGING)
@require_http_methods(["GET", "POST"])
def steps(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    canvas = outreach_or_404(request, kind, pk)
    was = stored(canvas)
    if request.method == "GET":
        return _page(request, canvas, was, journey_form.of_draft(was))
    edited = journey_form.read(request.POST)
    act = request.POST.get("act", SAVE)
    if act not in (SAVE, NEXT):
        journey_form.apply(edited, act)
        return _page(request, canvas, was, edited)
    try:
        done = _save(request, canvas, was, edited)
    except OutreachRefused as refused:
        return _page(request, canvas, was, edited, refused)
    return saved(request, CANVAS, done, "steps")


def _save(
    request: WorkspaceRequest, canvas: Outreach, was: Draft, edited: EditedJourney
) -> Outreach:
    journey, variants, control = journey_form.to_parts(edited)
    return saving.update(
        canvas,
        replace(was, steps=journey, variants=variants, control_share=control),
        version=version_of(request),
        by=request.member.account,
        now=timezone.now(),
    )


def _page(
    request: WorkspaceRequest,
    canvas: Outreach,
    was: Draft,
    edited: EditedJourney,
    refused: OutreachRefused | None = None,
) -> HttpResponse:
    context = frame(CANVAS, canvas, was, "steps") | refusal(refused, request)
    context |= _preview_context(request, canvas, was, edited)
    context["before"] = f"{CANVAS.namespace}:target"
    if isinstance(refused, FieldRefused):
        context["error_at"] = edited.places().get(refused.field, "steps")
    return render(request, "messaging/steps.html", context, status=status_of(refused))


def _preview_context(
    request: WorkspaceRequest, canvas: Outreach, was: Draft, edited: EditedJourney
) -> dict[str, Any]:
    return {
        "edited": edited,
        "unsaved": journey_form.unsaved(edited, journey_form.of_draft(was)),
        "all_channels": Channel.choices,
        "room_for_steps": len(edited.steps) < limits.MAX_STEPS,
        "room_for_variants": len(edited.variants) < limits.MAX_VARIANTS,
        "preview_url": reverse("canvas:steps_preview", args=[request.workspace.slug, canvas.pk]),
    }


@may(May.EDIT_MESSAGING)
@require_POST
def steps_preview(request: WorkspaceRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """What the shares add up to; after an act the rows as well. Saves nothing."""
    canvas = outreach_or_404(request, kind, pk)
    if not request.headers.get("HX-Request"):
        return HttpResponseNotAllowed([])
    edited = journey_form.read(request.POST)
    act = request.POST.get("act", "")
    if act:
        journey_form.apply(edited, act)
    context = _preview_context(request, canvas, stored(canvas), edited)
    template = "messaging/steps_preview_rows.html" if act else "messaging/steps_preview.html"
    return render(request, template, context)
