"""A Current's own page: state, clock, ledger, attempts, dead letters. HTTP only."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import finding


@may(May.SEE)
@require_GET
def detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    current = get_object_or_404(finding.currents_of(request.workspace), pk=pk)
    return render(request, "currents/detail.html", {"current": current})
