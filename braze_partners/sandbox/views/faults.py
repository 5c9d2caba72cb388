"""Pages of faults: what is on, what there is, and the form that switches one on."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from braze_partners.sandbox.fault_form import FaultForm
from braze_partners.sandbox.faults import switching, wording
from braze_partners.sandbox.faults.kinds import GROUPS, KINDS, Kind


@require_safe
def fault_list(request: HttpRequest) -> HttpResponse:
    on = wording.described(switching.switched_on(timezone.now()))
    names = {row.kind.name for row in on}
    groups = [
        (GROUPS[group], [(kind, kind.name in names) for kind in kinds])
        for group, kinds in groupby(KINDS.values(), lambda kind: kind.group)
    ]
    context = {"section": "faults", "on": on, "groups": groups}
    return render(request, "sandbox/faults.html", context)


@require_safe
def active(request: HttpRequest) -> HttpResponse:
    """What the header of every page says; asked for again and again while a fault is on."""
    return render(request, "sandbox/faults_active.html")


@require_http_methods(["GET", "POST"])
def fault_page(request: HttpRequest, kind: str) -> HttpResponse:
    found = _kind(kind)
    now = timezone.now()
    fault = switching.switched_on(now).filter(kind=kind).first()
    form = FaultForm(found, fault, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        switching.switch_on(form.wanted(), now)
        messages.success(request, _("The fault is on from the next request on."))
        return redirect("faults")
    context = {"section": "faults", "kind": found, "fault": fault, "form": form}
    return render(request, "sandbox/fault.html", context)


@require_POST
def switch_off(request: HttpRequest, kind: str) -> HttpResponse:
    switching.switch_off(_kind(kind).name)
    messages.success(request, _("The fault is off from the next request on."))
    return redirect("faults")


@require_POST
def switch_all_off(request: HttpRequest) -> HttpResponse:
    switching.switch_off()
    messages.success(request, _("All faults are off."))
    return redirect("faults")


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]
