"""Currents of one workspace, as screens and endpoints find them. Deleted ones are not found."""

from __future__ import annotations

from django.db.models import QuerySet

from braze_partners.workspaces.models import Workspace
from currents.models import Current
from currents.states import State


def currents_of(workspace: Workspace) -> QuerySet[Current]:
    found = Current.objects.filter(workspace=workspace).exclude(state=State.DELETED)
    return found.select_related("workspace")


def named(workspace: Workspace, search: str) -> QuerySet[Current]:
    """In the order of their names."""
    found = currents_of(workspace).order_by("name", "pk")
    return found.filter(name__icontains=search) if search else found
