"""The part of a person's page that other rooms answer. HTTP only."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from braze_partners.dashboard.person import cohorts_of_person
from braze_partners.people.finding import identifiers_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


@may(May.SEE)
@require_GET
def person_cohorts(request: WorkspaceRequest, number: int) -> HttpResponse:
    """The part of a person's page that is asked for once the page stands."""
    if not identifiers_of(request.workspace.pk, [number]):
        raise Http404
    cohorts, total = cohorts_of_person(request.workspace, number)
    context = {"cohorts": cohorts, "total": total, "more": total - len(cohorts)}
    return render(request, "dashboard/person_cohorts.html", context)
