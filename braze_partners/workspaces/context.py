"""What every template of a workspace may read: `workspace`, `member`, `may`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from braze_partners.workspaces.roles import ROLE_TABLE


def workspace(request: HttpRequest) -> dict[str, Any]:
    """Outside a workspace the first two are None and no right is there."""
    member = getattr(request, "member", None)
    if member is None:
        return {"workspace": None, "member": None, "may": {}}
    rights = {right.value: True for right in ROLE_TABLE[member.role]}
    return {"workspace": member.workspace, "member": member, "may": rights}
