"""Answering an invitation: as a new person, as an existing account, or as the wrong one.

The token leaves the address bar at once: its digest waits in the session.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from braze_partners.workspaces import invitations
from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.errors import RefusedError
from braze_partners.workspaces.forms import NewAccountForm
from braze_partners.workspaces.invitations import InvitationState
from braze_partners.workspaces.models import Account, Invitation

IN_SESSION = "invitation"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_http_methods(["GET", "HEAD"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    digest = invitations.digest_of(token)
    if invitations.found_by(digest) is None:
        return _unusable(request, None, 404)
    request.session[IN_SESSION] = digest.hex()
    return redirect("invitation-answer")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    digest = request.session.get(IN_SESSION, "")
    found = invitations.found_by(bytes.fromhex(digest))
    if found is None:
        return _unusable(request, None, 404)
    if invitations.state_of(found, timezone.now()) is not InvitationState.OPEN:
        return _unusable(request, found, 410)
    if isinstance(request.user, Account):
        return _as_signed_in(request, found, request.user)
    if invitations.account_of(found):
        return _page(request, found, "sign_in")
    return _as_new(request, found)


def _as_signed_in(request: HttpRequest, found: Invitation, account: Account) -> HttpResponse:
    if account.email != found.email:
        return _page(
            request,
            found,
            "wrong_account",
            status=409 if request.method == "POST" else 200,
        )
    if request.method != "POST":
        return _page(request, found, "join")
    try:
        invitations.accept(found, account, client_address(request), timezone.now())
    except RefusedError as refusal:
        return _page(request, found, "join", refusal=refusal, status=409)
    return _welcome(request, found)


def _as_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = NewAccountForm(request.POST or None, email=found.email)
    if request.method != "POST" or not form.is_valid():
        return _page(request, found, "new", form=form)
    try:
        account = invitations.accept_as_new(
            found,
            form.cleaned_data["name"],
            form.cleaned_data["password"],
            translation.get_language() or found.workspace.language,
            client_address(request),
            timezone.now(),
        )
    except RefusedError as refusal:
        return _page(request, found, "new", form=form, refusal=refusal, status=409)
    login(request, account, backend=BACKEND)
    return _welcome(request, found)


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    request.session.pop(IN_SESSION, None)
    name = found.workspace.name
    messages.success(request, _("You are a member of %(workspace)s now.") % {"workspace": name})
    return redirect(f"/w/{found.workspace.slug}/")


def _page(
    request: HttpRequest,
    found: Invitation,
    case: str,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    context |= {"invitation": found, "case": case, "account": request.user}
    return render(request, "workspaces/invitation.html", context, status=status)


def _unusable(request: HttpRequest, found: Invitation | None, status: int) -> HttpResponse:
    state = invitations.state_of(found, timezone.now()).value if found else "unknown"
    context = {"invitation": found, "state": state}
    return render(request, "workspaces/invitation_unusable.html", context, status=status)
