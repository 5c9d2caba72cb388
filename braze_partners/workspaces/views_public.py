"""Pages outside any workspace: the first page, sign-in and -out, forgotten passwords. HTTP only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from braze_partners.celery import wake
from braze_partners.workspaces import passwords, sign_in_failures, tasks
from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.forms import (
    ForgottenPasswordForm,
    SetPassword,
    SignInForm,
)
from braze_partners.workspaces.members import latest_membership
from braze_partners.workspaces.models import Account


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the workspace that the person was in last, or to the sentence that there is none."""
    assert isinstance(request.user, Account)
    member = latest_membership(request.user)
    if member is None:
        return render(request, "workspaces/no_workspace.html", {"account": request.user})
    return redirect(f"/w/{member.workspace.slug}/")


class SignIn(auth_views.LoginView):
    form_class = SignInForm
    template_name = "workspaces/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        end = sign_in_failures.address_locked_until(client_address(request), now)
        if end is not None:
            return _locked_page(request, end)
        return super().post(request, *args, **kwargs)


def locked_out(
    request: HttpRequest,
    _response: HttpResponse | None,
    credentials: dict[str, Any] | None,
) -> HttpResponse:
    """What django-axes shows in place of the sign-in page (AXES_LOCKOUT_CALLABLE)."""
    email = str((credentials or {}).get("username") or "")
    address = client_address(request)
    return _locked_page(request, sign_in_failures.locked_until(email, address, timezone.now()))


def _locked_page(request: HttpRequest, end: datetime) -> HttpResponse:
    left = end - timezone.now()
    minutes = max(1, -(-int(left.total_seconds()) // 60))
    context = {"end": end, "minutes": minutes}
    response = render(request, "workspaces/locked_out.html", context, status=429)
    response["Retry-After"] = str(max(1, int(left.total_seconds())))
    return response


class SignOut(auth_views.LogoutView):
    http_method_names = ["post", "options"]
    next_page = "sign-in"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Says the same, as fast, whether or not the address has an account."""
    form = ForgottenPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        account = Account.objects.filter(email=email, is_active=True).first()
        wake(tasks.mail_password_link, account.pk if account else 0, _origin(request))
        context = {"email": email, "days": passwords.link_days()}
        return render(request, "workspaces/password_reset_sent.html", context)
    return render(request, "workspaces/password_reset.html", {"form": form})


@method_decorator(never_cache, name="dispatch")
class PasswordResetConfirm(auth_views.PasswordResetConfirmView):
    form_class = SetPassword
    template_name = "workspaces/password_reset_confirm.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The new password is stored. Sign in with it."))
        return super().form_valid(form)


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
