"""Opens the door to a workspace's screens: who is signed in, member of what, with which right.

Knows no screen; a view says with `may` what it needs, and gets a request with its workspace.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from braze_partners.workspaces import members
from braze_partners.workspaces.models import Account, Member, Workspace
from braze_partners.workspaces.roles import ROLES_BY_RIGHT, May, allows

GetResponse = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


class WorkspaceRequest(HttpRequest):
    """What a workspace screen gets: the request with its workspace and member."""

    workspace: Workspace
    member: Member
    user: Account
    htmx: HtmxDetails


class PrivatePagesMiddleware:
    """What a signed-in person is shown is kept by no cache, not even their own browser's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(
            request.user, Account
        )
        if signed_in and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class WorkspaceMiddleware:
    """For a view with a `workspace` kwarg: sign in, else 404 unless member, 403 unless allowed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if "workspace" not in kwargs:
            return None
        slug = kwargs.pop("workspace")
        if not isinstance(request.user, Account):
            return _to_sign_in(request)
        memberships = members.memberships(request.user)
        member = next((one for one in memberships if one.workspace.slug == slug), None)
        if member is None:
            raise Http404
        request.memberships = memberships  # type: ignore[attr-defined]
        enter(request, member)
        now = timezone.now()
        if not members.seen_lately(member, now):
            members.note_seen(member, now)
        right = getattr(view, "may", None)
        if right is None or not allows(member.role, right):
            return _refused(request, right)
        return None


def enter(request: HttpRequest, member: Member) -> None:
    """From here on the request is in the member's workspace and speaks in its time zone."""
    request.workspace = member.workspace  # type: ignore[attr-defined]
    request.member = member  # type: ignore[attr-defined]
    timezone.activate(zoneinfo.ZoneInfo(member.workspace.time_zone))


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To sign-in and back to the page, not to a fragment of it nor to what only takes a POST."""
    if getattr(request, "htmx", False):
        page = urlsplit(request.htmx.current_url_abs_path or "/")  # type: ignore[attr-defined]
        answer = redirect_to_login(page.geturl())
        return HttpResponseClientRedirect(answer.url)
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    return redirect_to_login(resolve_url("home"))


def _refused(request: HttpRequest, right: May | None) -> HttpResponse:
    """A page in words; for a fragment also the sentence that app.js shows as a toast."""
    roles = [str(role.label) for role in ROLES_BY_RIGHT[right]] if right else []
    context = {"roles": roles}
    if not getattr(request, "htmx", False):
        return render(request, "403.html", context, status=403)
    response = render(request, "403_fragment.html", context, status=403)
    response["X-Message"] = quote(gettext("Your role does not allow this. Nothing was changed."))
    return response
