"""The audit log's only writer: who did what, when, from where, to which object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.limits import MAX_ACTOR_LENGTH, MAX_TARGET_LENGTH
from braze_partners.workspaces.models import Account, AuditEntry, Workspace

COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts and from where; `text` names who acts without an account."""

    account: Account | None = None
    address: str | None = None
    text: str = COMMAND_LINE


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person with the address that the request came from."""
    account = request.user if isinstance(request.user, Account) else None
    return Actor(account, client_address(request))


def record(
    workspace: Workspace,
    actor: Account | None,
    action: str,
    target: str,
    *,
    address: str | None,
    detail: dict[str, Any] | None = None,
    actor_text: str = COMMAND_LINE,
) -> None:
    """`action` is a dotted name such as `data_import_key.generated`; `detail` holds no secret.

    `actor_text` names an actor that has no account, such as a REST API key by its label.
    """
    who = f"{actor.name} <{actor.email}>" if actor else actor_text
    AuditEntry.objects.create(
        workspace=workspace,
        at=timezone.now(),
        actor=actor,
        actor_text=who[:MAX_ACTOR_LENGTH],
        address=address,
        action=action,
        target=target[:MAX_TARGET_LENGTH],
        detail=detail or {},
    )


def record_by(
    actor: Actor,
    workspace: Workspace,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """`record` for rules that were handed who acts and from where."""
    record(
        workspace,
        actor.account,
        action,
        target,
        address=actor.address,
        detail=detail,
        actor_text=actor.text,
    )


def record_for(
    request: HttpRequest, action: str, target: str, detail: dict[str, Any] | None = None
) -> None:
    """`record` for a screen: workspace, person and address are those of its request."""
    record_by(actor_of(request), request.workspace, action, target, detail)  # type: ignore[attr-defined]
