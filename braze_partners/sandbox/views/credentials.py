"""API credentials: the project's own keys and the further ones, shown as Amplitude shows them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from braze_partners.sandbox import forms, project_keys, state_files
from braze_partners.sandbox.models import ProjectKey


@require_safe
def credentials_page(request: HttpRequest) -> HttpResponse:
    return _page(request, forms.KeyForm())


@require_POST
def add_key(request: HttpRequest) -> HttpResponse:
    form = forms.KeyForm(request.POST)
    if form.is_valid():
        try:
            project_keys.add(
                form.cleaned_data["label"], form.cleaned_data["api_key"], timezone.now()
            )
        except project_keys.KeyRefused as refused:
            form.add_error("api_key", str(refused))
        else:
            messages.success(request, _("The key was added and is accepted from now on."))
            return redirect("credentials")
    return _page(request, form)


@require_POST
def revoke_key(request: HttpRequest, number: int) -> HttpResponse:
    if project_keys.revoke(number, timezone.now()):
        messages.success(request, _("The key was revoked; the next request with it is refused."))
    return redirect("credentials")


def _page(request: HttpRequest, form: forms.KeyForm) -> HttpResponse:
    context = {
        "section": "credentials",
        "credentials": state_files.project_credentials(),
        "app_id": settings.APP_ID,
        "keys": [(row, project_keys.text_of(row)) for row in ProjectKey.objects.all()],
        "form": form,
    }
    return render(request, "sandbox/credentials.html", context)
