"""The screens that list, create and change Currents. HTTP only."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import finding
from currents.models import Current


def current_or_404(request: WorkspaceRequest, pk: int) -> Current:
    return get_object_or_404(finding.currents_of(request.workspace), pk=pk)


@may(May.SEE)
@require_GET
def current_list(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "currents/list.html", {"rows": finding.named(request.workspace, "")})


@may(May.EDIT_CURRENTS)
@require_http_methods(["GET", "POST"])
def create(request: WorkspaceRequest) -> HttpResponse:
    return HttpResponse(status=204)


@may(May.EDIT_CURRENTS)
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    current_or_404(request, pk)
    return HttpResponse(status=204)


@may(May.EDIT_CURRENTS)
@require_POST
def launch(request: WorkspaceRequest, pk: int) -> HttpResponse:
    raise Http404


@may(May.EDIT_CURRENTS)
@require_POST
def pause(request: WorkspaceRequest, pk: int) -> HttpResponse:
    raise Http404


@may(May.EDIT_CURRENTS)
@require_POST
def resume(request: WorkspaceRequest, pk: int) -> HttpResponse:
    raise Http404


@may(May.DELETE)
@require_POST
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    raise Http404


@may(May.EDIT_CURRENTS)
@require_POST
def enter_key(request: WorkspaceRequest, pk: int) -> HttpResponse:
    raise Http404


@may(May.EDIT_CURRENTS)
@require_POST
def test_saved(request: WorkspaceRequest, pk: int) -> HttpResponse:
    raise Http404
