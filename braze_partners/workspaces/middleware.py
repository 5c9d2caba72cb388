"""Opens the door to a workspace's screens: who is signed in, member of what, with which right."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from braze_partners.workspaces.models import Member
from braze_partners.workspaces.roles import allows

GetResponse = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


class WorkspaceRequest(HttpRequest):
    """What a workspace screen gets: the request with its workspace and member."""

    workspace: Any
    member: Member


class WorkspaceMiddleware:
    """For a view with a `workspace` kwarg: 404 unless member, 403 unless the role may."""

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
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        member = (
            Member.objects.select_related("workspace", "account")
            .filter(workspace__slug=slug, account_id=request.user.pk)
            .first()
        )
        if member is None:
            raise Http404
        right = getattr(view, "may", None)
        if right is None or not allows(member.role, right):
            raise PermissionDenied
        request.workspace = member.workspace  # type: ignore[attr-defined]
        request.member = member  # type: ignore[attr-defined]
        timezone.activate(zoneinfo.ZoneInfo(member.workspace.time_zone))
        return None
