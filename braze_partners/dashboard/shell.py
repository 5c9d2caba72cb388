"""What the frame around every page shows: navigation, workspaces, theme, the bell.

Knows the request and other rooms' answers; decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from braze_partners.dashboard import navigation
from braze_partners.dashboard.attention import attention_items
from braze_partners.dashboard.attention_item import AttentionItem
from braze_partners.dashboard.preferences import theme_of
from braze_partners.running import sandbox_address
from braze_partners.workspaces import members
from braze_partners.workspaces.models import Language, Member, Theme, Workspace
from braze_partners.workspaces.roles import ROLE_TABLE, May, may


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. What costs a query is lazy, so that fragments do not pay for it."""
    context: dict[str, Any] = {
        "theme": theme_of(request),
        "themes": Theme.choices,
        "languages": Language.choices,
        "frame": "base_public.html",
    }
    member = getattr(request, "member", None)
    if member is None:
        return context
    workspace = member.workspace
    attention = attention_of(request)
    rights = {right.value: True for right in ROLE_TABLE[member.role]}
    return context | {
        "frame": "base.html",
        "nav_groups": navigation.groups(
            rights,
            workspace.slug,
            request.path,
            lambda name: sum(item.section == name for item in attention),
        ),
        "sandbox_address": sandbox_address(),
        "own_workspaces": SimpleLazyObject(lambda: _workspaces_of(request, member)),
        "attention_count": SimpleLazyObject(lambda: len(attention)),
        "search_address": _address("dashboard:search", workspace.slug),
        "home_address": _address("dashboard:home", workspace.slug) or "/",
        "sign_out_address": _address("sign-out"),
        "account_address": _address("account"),
    }


def attention_of(request: HttpRequest) -> Sequence[AttentionItem]:
    """What needs attention, looked up at the first use and once a request."""
    if not hasattr(request, "attention"):
        member = request.member  # type: ignore[attr-defined]
        request.attention = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: attention_items(member.workspace, member, timezone.now())
        )
    found: Sequence[AttentionItem] = request.attention  # type: ignore[attr-defined]
    return found


def _workspaces_of(request: HttpRequest, member: Member) -> list[Workspace]:
    """The door has looked them up, but for pages that belong to no workspace."""
    known = getattr(request, "memberships", None)
    return [one.workspace for one in known or members.memberships(member.account)]


def _address(name: str, *arguments: str) -> str:
    """An address, or nothing where that page does not exist."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


@require_GET
@may(May.SEE)
def attention_menu(request: HttpRequest) -> HttpResponse:
    """What the bell opens: the same list as Needs attention on the home page."""
    return render(request, "components/attention_menu.html", {"items": attention_of(request)})
