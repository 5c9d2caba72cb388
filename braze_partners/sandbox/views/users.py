"""Pages of users: list with search, one user, one or many new ones."""

from __future__ import annotations

import json

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from braze_partners.sandbox import event_log, forms, limits, members, users
from braze_partners.sandbox.models import AmplitudeUser, Cohort


@require_safe
def user_list(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()
    cohort = Cohort.objects.filter(pk=request.GET.get("cohort", "")).first()
    found = AmplitudeUser.objects.all()
    if cohort:
        found = found.filter(memberships__cohort=cohort)
    if wanted:
        found = found.filter(Q(user_id__icontains=wanted) | Q(device_id__icontains=wanted))
    page = Paginator(found, limits.ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "wanted": wanted, "cohort": cohort, "section": "users"}
    return render(request, "sandbox/users.html", context)


@require_http_methods(["GET", "POST"])
def add_user(request: HttpRequest) -> HttpResponse:
    form = forms.UserForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        new = users.NewUser(data["user_id"], data["device_id"], data["properties"])
        created, _changed = users.add_users([new], timezone.now())
        members.recompute_rules(timezone.now())
        known = _("This user was known; the properties were added.")
        messages.success(request, _("The user was added.") if created else known)
        return redirect("users")
    return render(request, "sandbox/user_add.html", {"form": form, "section": "users"})


@require_http_methods(["GET", "POST"])
def add_many(request: HttpRequest) -> HttpResponse:
    form = forms.ManyUsersForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        new = [users.NewUser(user_id, None, data["properties"]) for user_id in data["user_ids"]]
        created, changed = users.add_users(new, timezone.now())
        members.recompute_rules(timezone.now())
        text = ngettext("%(count)d user was added", "%(count)d users were added", created)
        known = ngettext("%(count)d was known", "%(count)d were known", changed)
        messages.success(request, f"{text % {'count': created}}, {known % {'count': changed}}.")
        return redirect("users")
    return render(request, "sandbox/user_add_many.html", {"form": form, "section": "users"})


@require_http_methods(["GET", "POST"])
def user_page(request: HttpRequest, amplitude_id: int) -> HttpResponse:
    user = get_object_or_404(AmplitudeUser, pk=amplitude_id)
    form = _user_form(request, user)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        user.device_id = form.cleaned_data["device_id"] or None
        user.properties, user.changed_at = form.cleaned_data["properties"], now
        user.save(update_fields=["device_id", "properties", "changed_at"])
        users.give_devices([user])
        members.recompute_rules(now)
        messages.success(request, _("The user was saved."))
        return redirect("user", user.pk)
    cohorts = Cohort.objects.filter(members__user=user)
    found = list(event_log.of_user(user)[: limits.ROWS_PER_PAGE + 1])
    context = {
        "section": "users",
        "user": user,
        "form": form,
        "cohorts": cohorts,
        "devices": user.devices.values_list("device_id", flat=True),
        "rows": [(event, event_log.of_ms(event.received_ms)) for event in found][
            : limits.ROWS_PER_PAGE
        ],
        "more": len(found) > limits.ROWS_PER_PAGE,
    }
    return render(request, "sandbox/user.html", context)


def _user_form(request: HttpRequest, user: AmplitudeUser) -> django_forms.Form:
    """The form of a known user: their user ID stays as it is, since cohorts are sent by it."""
    held = json.dumps(user.properties, indent=2, ensure_ascii=False)
    initial = {"user_id": user.user_id, "device_id": user.device_id, "properties": held}
    form = forms.UserForm(request.POST if request.method == "POST" else None, initial=initial)
    form.fields["user_id"].disabled = True
    return form
