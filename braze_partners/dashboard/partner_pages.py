"""Technology Partners: the grid, a partner's page with its keys, its guide; HTTP only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from braze_partners.dashboard import partner_evidence, partner_grid
from braze_partners.keys import issuing
from braze_partners.keys.errors import NotRotatable
from braze_partners.keys.forms import GenerateForm, RotateForm
from braze_partners.keys.issuing import By, Issued
from braze_partners.keys.models import DataImportKey
from braze_partners.keys.views import GENERATED_ALREADY, NOT_ROTATABLE
from braze_partners.partners import directory
from braze_partners.partners.directory import Capability, Partner
from braze_partners.partners.endpoint import cohorts_path, rest_endpoint
from braze_partners.partners.snippets import KEY_VARIABLE, snippets
from braze_partners.running import sandbox_address
from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may


def _partner(slug: str) -> Partner:
    found = directory.find(slug)
    if found is None:
        raise Http404
    return found


def _key(request: WorkspaceRequest, slug: str, pk: int) -> DataImportKey:
    found = DataImportKey.objects.filter(workspace=request.workspace, partner=slug, pk=pk)
    key = found.select_related("workspace").first()
    if key is None:
        raise Http404
    return key


def by(request: WorkspaceRequest) -> By:
    return By(request.member.account, client_address(request))


@may(May.SEE)
def partner_list(request: WorkspaceRequest) -> HttpResponse:
    search, category = request.GET.get("q", ""), request.GET.get("category", "")
    context = {
        "grid": partner_grid.grid(request.workspace, search, category, timezone.now()),
        "search": search,
        "category": category,
        "categories": partner_grid.CATEGORY_CHOICES,
    }
    fragment = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    template = "dashboard/partner_tiles.html" if fragment else "dashboard/partners.html"
    return render(request, template, context)


def _page_context(request: WorkspaceRequest, partner: Partner) -> dict[str, Any]:
    endpoint = rest_endpoint(f"{request.scheme}://{request.get_host()}")
    path = cohorts_path(partner.slug)
    is_set = bool(settings.PARTNER_API_KEYS.get(partner.slug))
    return {
        "partner": partner,
        "has_beside": Capability.SCHEDULED_SYNCS in partner.capabilities,
        "category": directory.CATEGORY_NAMES[partner.category],
        "capabilities": partner_grid.capability_names(partner),
        "endpoint": endpoint,
        "path": path,
        "snippets": snippets(endpoint + path, "PARTNER_API_KEY" if is_set else "any"),
        "key_variable": KEY_VARIABLE,
        "partner_key_is_set": is_set,
        "sandbox": sandbox_address() if partner.slug == "amplitude" else "",
    }


def _page(
    request: WorkspaceRequest,
    partner: Partner,
    form: GenerateForm,
    issued: Issued[DataImportKey] | None = None,
    replaced: DataImportKey | None = None,
) -> HttpResponse:
    now = timezone.now()
    context = _page_context(request, partner) | {
        "activity": partner_evidence.activity(request.workspace, partner.slug, now),
        "form": form,
        "rotate_form": RotateForm(),
        "issued": issued,
        "replaced": replaced,
    }
    response = render(request, "dashboard/partner.html", context)
    if issued is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


@may(May.SEE)
def partner_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    return _page(request, _partner(slug), GenerateForm())


@may(May.SEE)
def partner_activity(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """What the page asks for while it is looked at; 204 while nothing has changed."""
    partner = _partner(slug)
    activity = partner_evidence.activity(request.workspace, slug, timezone.now())
    if request.GET.get("seen") == activity.seen:
        return HttpResponse(status=204)
    context = _page_context(request, partner) | {"activity": activity, "polled": True}
    return render(request, "dashboard/partner_activity.html", context)


@may(May.SEE)
def partner_beside(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Its scheduled syncs and Currents, which the page asks for once it stands."""
    beside = partner_evidence.beside(request.workspace, _partner(slug), timezone.now())
    if beside is None:
        raise Http404
    return render(request, "dashboard/partner_beside.html", {"beside": beside})


@may(May.SEE)
def partner_guide(request: WorkspaceRequest, slug: str) -> HttpResponse:
    return render(request, "dashboard/partner_guide.html", _page_context(request, _partner(slug)))


@may(May.ADMINISTER)
def generate_key(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """The answer itself shows the key, this once; nothing keeps it."""
    partner = _partner(slug)
    here = redirect("dashboard:partner", request.workspace.slug, slug)
    if request.method != "POST":
        return here
    form = GenerateForm(request.POST)
    if not form.is_valid():
        return _page(request, partner, form)
    if form.sent_before():
        messages.info(request, GENERATED_ALREADY)
        return here
    issued = issuing.generate_import_key(
        request.workspace, slug, form.cleaned_data["label"], by(request), timezone.now()
    )
    return _page(request, partner, GenerateForm(), issued)


@may(May.ADMINISTER)
def rotate_key(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """As generating: the answer shows the successor, this once."""
    partner, key = _partner(slug), _key(request, slug, pk)
    here = redirect("dashboard:partner", request.workspace.slug, slug)
    form = RotateForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return here
    if form.sent_before():
        messages.info(request, GENERATED_ALREADY)
        return here
    try:
        grace = timedelta(seconds=form.cleaned_data["grace"])
        issued = issuing.rotate(key, grace, by(request), timezone.now())
    except NotRotatable:
        messages.error(request, NOT_ROTATABLE % {"key": key.masked})
        return here
    return _page(request, partner, GenerateForm(), issued, key)


@may(May.ADMINISTER)
def invalidate_key(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    partner, key = _partner(slug), _key(request, slug, pk)
    if request.method == "POST" and issuing.invalidate(key, by(request), timezone.now()):
        said = _("%(key)s is invalidated. Requests of %(partner)s with it are refused from now on.")
        messages.success(request, said % {"key": key.masked, "partner": partner.name})
    return redirect("dashboard:partner", request.workspace.slug, slug)
