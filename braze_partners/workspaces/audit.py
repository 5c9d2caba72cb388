"""The audit log's only writer: who did what, when, from where, to which object."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from braze_partners.workspaces.models import Account, AuditEntry, Workspace


def record(
    workspace: Workspace,
    actor: Account | None,
    action: str,
    target: str,
    *,
    address: str | None,
    detail: dict[str, Any] | None = None,
) -> None:
    """`action` is a dotted name such as `data_import_key.generated`; `detail` holds no secret."""
    AuditEntry.objects.create(
        workspace=workspace,
        at=timezone.now(),
        actor=actor,
        actor_text=f"{actor.name} <{actor.email}>" if actor else "command line",
        address=address,
        action=action,
        target=target,
        detail=detail or {},
    )
