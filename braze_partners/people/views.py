"""The screens of people: search, list, one person. HTTP only: people come from finding."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from braze_partners.people import (
    finding,
    identifying,
    numbers,
    portrait_facts,
    profiles,
    search_words,
    searching,
    wire,
)
from braze_partners.people.errors import PersonGone, ValueRefused
from braze_partners.people.limits import PEOPLE_PER_PAGE
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


@may(May.SEE)
@require_safe
def search(request: WorkspaceRequest) -> HttpResponse:
    """Everybody by number, or those known by what was searched or by what begins with it."""
    text = request.GET.get("q", "").strip()
    by = _kind(request.GET.get("by", ""))
    page = _found(request, text, by) if text else _everybody(request)
    context = {
        "text": text,
        "by": by or "",
        "kinds": search_words.CHOICES,
        "total": numbers.universe(request.workspace.pk).size,
    }
    return render(request, "people/search.html", context | page)


def _found(request: WorkspaceRequest, text: str, by: searching.By | None) -> dict[str, Any]:
    """A cursor that no page gave leads to the first page."""
    cursor = request.GET.get("cursor", "")
    size, workspace_id = PEOPLE_PER_PAGE, request.workspace.pk
    try:
        people, following = finding.search(workspace_id, text, size, by, cursor)
    except searching.BadCursor:
        cursor = ""
        people, following = finding.search(workspace_id, text, size, by)
    asked = {"q": text, "by": by or ""}
    link = urlencode(asked | {"cursor": following}) if following else ""
    return {"people": people, "first": not cursor, "following": link}


def _everybody(request: WorkspaceRequest) -> dict[str, Any]:
    after = _number(request.GET.get("after", ""))
    people, following = finding.page_of(request.workspace.pk, after, PEOPLE_PER_PAGE)
    link = "" if following is None else urlencode({"after": following})
    listed = [finding.FoundPerson(one) for one in people]
    return {"people": listed, "first": after is None, "following": link}


def _kind(text: str) -> searching.By | None:
    return searching.By(text) if text in list(searching.By) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


@may(May.SEE)
@require_safe
def person(request: WorkspaceRequest, number: int) -> HttpResponse:
    return _page(request, number)


def _page(request: WorkspaceRequest, number: int, **more: str) -> HttpResponse:
    found = finding.portrait_of(request.workspace.pk, number)
    if found is None:
        raise Http404
    known, unset = portrait_facts.profile_facts(found.profile)
    context = {"person": found, "known": known, "unset": unset, **more}
    return render(request, "people/person.html", context)


@may(May.DELETE)
@require_POST
def identify_person(request: WorkspaceRequest, number: int) -> HttpResponse:
    """Gives somebody an external id, or makes them part of the person who has it."""
    text = request.POST.get("external_id", "").strip()
    try:
        external_id = wire.identifier("external_id", text) if text else ""
        if not external_id:
            raise ValueRefused("external_id", _("Enter the external ID."))
        now_is = identifying.identify_person(
            request.workspace.pk, number, external_id, timezone.now()
        )
    except ValueRefused as refused:
        return _page(request, number, external_id=text, identify_error=str(refused))
    except PersonGone:
        raise Http404 from None
    if now_is == number:
        record_for(request, "person.identified", f"number {number}")
        messages.success(request, _("The person has this external ID now."))
    else:
        record_for(request, "person.merged", f"number {number} into {now_is}")
        messages.success(request, _("The two are one person now, whose page this is."))
    return redirect("people:person", request.workspace.slug, now_is)


@may(May.DELETE)
@require_POST
def delete_person(request: WorkspaceRequest, number: int) -> HttpResponse:
    """Data protection: the person goes at once; their number stays taken for ever."""
    workspace_id = request.workspace.pk
    found = next(iter(finding.identifiers_of(workspace_id, [number])), None)
    if found is None or not profiles.delete_profiles(workspace_id, [number], timezone.now()):
        raise Http404
    # The log keeps no identifier of somebody who asked to be forgotten.
    record_for(request, "person.deleted", f"number {number}", {"known_by": found.kind.value})
    messages.success(request, _("The person has been deleted, with everything known of them."))
    return redirect("people:search", request.workspace.slug)
