"""A person's own page: name, language, theme, password, sessions. HTTP only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from braze_partners.workspaces import members, sessions
from braze_partners.workspaces.forms import ChangePasswordForm, ProfileForm
from braze_partners.workspaces.middleware import enter
from braze_partners.workspaces.models import Account

PROFILE_FIELDS = ("name", "language", "theme")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, profile=form, status=422)
    person = _person(request)
    for name in PROFILE_FIELDS:
        setattr(person, name, form.cleaned_data[name])
    person.save(update_fields=PROFILE_FIELDS)
    translation.activate(person.language)
    messages.success(request, _("Your account is saved."))
    return redirect("account")


@sensitive_post_parameters()
@require_POST
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Ends every other session: theirs carry the old password's hash."""
    form = ChangePasswordForm(_person(request), request.POST)
    if not form.is_valid():
        return _page(request, password=form, status=422)
    person = form.save()
    update_session_auth_hash(request, person)
    sessions.end_sessions(person, keep_key=request.session.session_key)
    messages.success(request, _("The new password is stored; other sessions have ended."))
    return redirect("account")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    count = sessions.end_sessions(_person(request), keep_key=request.session.session_key)
    text = ngettext(
        "%(count)d other session was ended.",
        "%(count)d other sessions were ended.",
        count,
    )
    messages.success(request, text % {"count": count})
    return redirect("account")


@require_POST
@login_required
def end_session(request: HttpRequest, handle: str) -> HttpResponse:
    if not sessions.end_session(_person(request), handle):
        raise Http404
    messages.success(request, _("The session was ended."))
    return redirect("account")


def _person(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    """In the frame of the workspace that the person was in last, where there is one."""
    person = _person(request)
    member = members.latest_membership(person)
    if member:
        enter(request, member)
    stored = {name: getattr(person, name) for name in PROFILE_FIELDS}
    rows = sessions.open_sessions(person, request.session.session_key, timezone.now())
    context = {
        "profile": forms.get("profile") or ProfileForm(initial=stored),
        "password": forms.get("password") or ChangePasswordForm(person),
        "sessions": rows,
        "others": len(rows) - 1,
    }
    return render(request, "workspaces/account.html", context, status=status)
