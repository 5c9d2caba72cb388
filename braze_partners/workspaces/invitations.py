"""Invitations from being sent to being accepted; keeps a token's digest, never the token.

Knows no mail and no screen: what is to be mailed is handed back.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from braze_partners.workspaces import members
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.errors import (
    AccountExistsError,
    AlreadyInvitedError,
    AlreadyMemberError,
    TooManyInvitationsError,
    UnknownInvitationError,
    WrongAccountError,
)
from braze_partners.workspaces.limits import INVITATION_LIFETIME, MAX_OPEN_INVITATIONS
from braze_partners.workspaces.models import Account, Invitation, Member, Workspace

TOKEN_BYTES = 32


class InvitationState(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


def state_of(invitation: Invitation, now: datetime) -> InvitationState:
    if invitation.accepted_at:
        return InvitationState.ACCEPTED
    if invitation.revoked_at:
        return InvitationState.REVOKED
    return InvitationState.OPEN if invitation.expires_at > now else InvitationState.EXPIRED


def waiting(workspace: Workspace) -> QuerySet[Invitation]:
    """Neither accepted nor revoked; expired ones too, since they can be sent again."""
    rows = Invitation.objects.filter(workspace=workspace, accepted_at=None, revoked_at=None)
    return rows.select_related("invited_by").order_by("-created_at", "-id")


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def found_by(digest: bytes) -> Invitation | None:
    rows = Invitation.objects.select_related("workspace", "invited_by")
    return rows.filter(token_digest=digest).first()


@transaction.atomic
def invite(
    workspace: Workspace, email: str, role: str, actor: Actor, now: datetime
) -> tuple[Invitation, str]:
    """A new invitation with the token for its mail, the only place where it is ever seen."""
    members.hold(workspace)
    email = email.strip().lower()
    if Member.objects.filter(workspace=workspace, account__email=email).exists():
        raise AlreadyMemberError
    if waiting(workspace).filter(email=email).exists():
        raise AlreadyInvitedError
    if waiting(workspace).count() >= MAX_OPEN_INVITATIONS:
        raise TooManyInvitationsError
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=email,
        role=role,
        token_digest=digest_of(token),
        invited_by=actor.account,
        expires_at=now + INVITATION_LIFETIME,
    )
    record_by(actor, workspace, "invitation.sent", email, {"role": role})
    return invitation, token


@transaction.atomic
def resend(
    workspace: Workspace, invitation_id: int, actor: Actor, now: datetime
) -> tuple[Invitation, str]:
    """A new token and a new week; the link sent before stops working."""
    invitation = _held(workspace, invitation_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.token_digest = digest_of(token)
    invitation.expires_at = now + INVITATION_LIFETIME
    invitation.save(update_fields=["token_digest", "expires_at"])
    record_by(actor, workspace, "invitation.resent", invitation.email)
    return invitation, token


@transaction.atomic
def revoke(workspace: Workspace, invitation_id: int, actor: Actor, now: datetime) -> Invitation:
    invitation = _held(workspace, invitation_id)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    record_by(actor, workspace, "invitation.revoked", invitation.email)
    return invitation


@transaction.atomic
def accept(invitation: Invitation, account: Account, address: str | None, now: datetime) -> Member:
    """Makes the person whose address was invited a member, once."""
    held = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if held.token_digest != invitation.token_digest:
        raise UnknownInvitationError
    if state_of(held, now) is not InvitationState.OPEN:
        raise UnknownInvitationError
    if account.email != held.email:
        raise WrongAccountError
    held.accepted_at = now
    held.save(update_fields=["accepted_at"])
    return members.join(invitation.workspace, account, held.role, Actor(account, address))


def accept_as_new(
    invitation: Invitation,
    name: str,
    password: str,
    language: str,
    address: str | None,
    now: datetime,
) -> Account:
    """Creates the invited person's account and makes it a member, or does neither."""
    try:
        with transaction.atomic():
            account = Account.objects.create_account(invitation.email, password, name, language)
            accept(invitation, account, address, now)
    except IntegrityError as error:
        raise AccountExistsError from error
    return account


def account_of(invitation: Invitation) -> Account | None:
    return Account.objects.filter(email=invitation.email).first()


def _held(workspace: Workspace, invitation_id: int) -> Invitation:
    rows = Invitation.objects.select_for_update(no_key=True).filter(
        workspace=workspace, accepted_at=None, revoked_at=None
    )
    invitation = rows.filter(pk=invitation_id).first()
    if invitation is None:
        raise UnknownInvitationError
    return invitation
