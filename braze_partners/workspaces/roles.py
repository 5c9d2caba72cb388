"""The role table of product.md 2, and how a screen says which right it needs.

Knows roles and rights; knows nothing of what the rights protect.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from django.http import HttpResponseBase

from braze_partners.workspaces.models import Role


class May(StrEnum):
    """What a person may do in a workspace."""

    SEE = "see"
    EDIT_SEGMENTS = "edit_segments"
    EDIT_MESSAGING = "edit_messaging"
    EXPORT_MEMBERS = "export_members"
    EDIT_CURRENTS = "edit_currents"
    RUN_IMPORTS = "run_imports"
    SEE_BODIES = "see_bodies"
    ADMINISTER = "administer"
    DELETE = "delete"


_MARKETER = frozenset(
    {
        May.SEE,
        May.EDIT_SEGMENTS,
        May.EDIT_MESSAGING,
        May.EXPORT_MEMBERS,
        May.EDIT_CURRENTS,
        May.RUN_IMPORTS,
        May.SEE_BODIES,
    }
)

ROLE_TABLE: dict[str, frozenset[May]] = {
    Role.VIEWER: frozenset({May.SEE}),
    Role.MARKETER: _MARKETER,
    Role.ADMIN: _MARKETER | {May.ADMINISTER, May.DELETE},
}

# Who could do it, for the page that says no.
ROLES_BY_RIGHT: dict[May, list[Role]] = {
    right: [role for role in Role if right in ROLE_TABLE[role]] for right in May
}

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def may(right: May) -> Callable[[View], View]:
    """Declares the right that a workspace screen needs; WorkspaceMiddleware enforces it."""

    def declare(view: View) -> View:
        view.may = right  # type: ignore[attr-defined]
        return view

    return declare


def allows(role: str, right: May) -> bool:
    return right in ROLE_TABLE.get(role, frozenset())
