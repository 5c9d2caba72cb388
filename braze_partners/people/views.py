"""The screens of people: search, list, one person. HTTP only: people come from finding."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from braze_partners.people import finding, numbers, portrait_facts, profiles
from braze_partners.people.limits import PEOPLE_PER_PAGE
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


@may(May.SEE)
@require_safe
def search(request: WorkspaceRequest) -> HttpResponse:
    """Everybody by number, or those with exactly the identifier that was searched."""
    text = request.GET.get("q", "").strip()
    after = _number(request.GET.get("after", ""))
    workspace_id = request.workspace.pk
    if text:
        people, following = finding.find_people(workspace_id, text), None
    else:
        people, following = finding.page_of(workspace_id, after, PEOPLE_PER_PAGE)
    context = {
        "text": text,
        "people": people,
        "first": after is None,
        "following": following,
        "total": numbers.universe(workspace_id).size,
    }
    return render(request, "people/search.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


@may(May.SEE)
@require_safe
def person(request: WorkspaceRequest, number: int) -> HttpResponse:
    found = finding.portrait_of(request.workspace.pk, number)
    if found is None:
        raise Http404
    known, unset = portrait_facts.profile_facts(found.profile)
    return render(request, "people/person.html", {"person": found, "known": known, "unset": unset})


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
