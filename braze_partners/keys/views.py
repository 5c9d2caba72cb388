"""The page of REST API keys; HTTP only."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from braze_partners.keys import issuing, listing
from braze_partners.keys.errors import NotRotatable
from braze_partners.keys.forms import GenerateRestKeyForm, RotateForm
from braze_partners.keys.issuing import By, Issued
from braze_partners.keys.models import RestApiKey
from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may

GENERATED_ALREADY = _("That key was generated already; it can’t be shown again.")
NOT_ROTATABLE = _("%(key)s was rotated or invalidated before; nothing was changed.")


def _by(request: WorkspaceRequest) -> By:
    return By(request.member.account, client_address(request))


def _key(request: WorkspaceRequest, pk: int) -> RestApiKey:
    found = RestApiKey.objects.filter(workspace=request.workspace, pk=pk)
    key = found.select_related("workspace").first()
    if key is None:
        raise Http404
    return key


def _page(
    request: WorkspaceRequest,
    form: GenerateRestKeyForm,
    issued: Issued[RestApiKey] | None = None,
    replaced: RestApiKey | None = None,
) -> HttpResponse:
    rows = listing.rest_key_rows(request.workspace, timezone.now())
    context = {
        "rows": rows,
        "counts": listing.counts(rows),
        "form": form,
        "rotate_form": RotateForm(),
        "issued": issued,
        "replaced": replaced,
    }
    response = render(request, "keys/rest_keys.html", context)
    if issued is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


@may(May.ADMINISTER)
def rest_keys(request: WorkspaceRequest) -> HttpResponse:
    """A POST generates; its answer shows the key, this once."""
    if request.method != "POST":
        return _page(request, GenerateRestKeyForm())
    form = GenerateRestKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    if form.sent_before():
        messages.info(request, GENERATED_ALREADY)
        return redirect("keys:rest", request.workspace.slug)
    issued = issuing.generate_rest_key(
        request.workspace,
        form.cleaned_data["permissions"],
        form.cleaned_data["label"],
        _by(request),
        timezone.now(),
        form.cleaned_data["addresses"],
    )
    return _page(request, GenerateRestKeyForm(), issued)


@may(May.ADMINISTER)
def rotate_rest_key(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """As generating: the answer shows the successor, this once."""
    key, form = _key(request, pk), RotateForm(request.POST)
    here = redirect("keys:rest", request.workspace.slug)
    if request.method != "POST" or not form.is_valid():
        return here
    if form.sent_before():
        messages.info(request, GENERATED_ALREADY)
        return here
    try:
        grace = timedelta(seconds=form.cleaned_data["grace"])
        issued = issuing.rotate(key, grace, _by(request), timezone.now())
    except NotRotatable:
        messages.error(request, NOT_ROTATABLE % {"key": key.masked})
        return here
    return _page(request, GenerateRestKeyForm(), issued, key)


@may(May.ADMINISTER)
def invalidate_rest_key(request: WorkspaceRequest, pk: int) -> HttpResponse:
    key = _key(request, pk)
    if request.method == "POST" and issuing.invalidate(key, _by(request), timezone.now()):
        said = _("%(key)s is invalidated. Calls with it are refused from now on.")
        messages.success(request, said % {"key": key.masked})
    return redirect("keys:rest", request.workspace.slug)
