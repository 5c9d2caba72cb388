"""Who belongs to a workspace and with which role; the last Admin stays.

Knows no screen. Whoever changes who may come in holds the workspace's row while doing so.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.errors import LastAdminError, UnknownMemberError
from braze_partners.workspaces.limits import LAST_SEEN_INTERVAL
from braze_partners.workspaces.models import Account, Member, Role, Workspace


def hold(workspace: Workspace) -> None:
    """Inside a transaction: others who change members wait; those who only refer to it do not."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def members_of(workspace: Workspace) -> QuerySet[Member]:
    rows = Member.objects.filter(workspace=workspace).select_related("account")
    return rows.order_by("account__name", "account__email")


def memberships(account: Account) -> list[Member]:
    """Of all workspaces that the person is in, by name: few, and each page needs the list."""
    rows = Member.objects.filter(account=account).select_related("workspace")
    found = list(rows.order_by("workspace__name", "pk"))
    for member in found:
        member.account = account
    return found


def latest_membership(account: Account) -> Member | None:
    """Where the person was last; of several never visited ones the first joined."""
    rows = Member.objects.filter(account=account).select_related("workspace", "account")
    seen = rows.exclude(last_seen_at=None).order_by("-last_seen_at")
    return seen.first() or rows.order_by("id").first()


def join(workspace: Workspace, account: Account, role: str, actor: Actor) -> Member:
    """Makes someone a member; who is one already keeps their role."""
    member, new = Member.objects.get_or_create(
        workspace=workspace, account=account, defaults={"role": role}
    )
    if new:
        record_by(actor, workspace, "member.joined", account.email, {"role": role})
    return member


@transaction.atomic
def change_role(workspace: Workspace, member_id: int, role: str, actor: Actor) -> Member:
    hold(workspace)
    member = _member(workspace, member_id)
    if member.role == role:
        return member
    if role != Role.ADMIN:
        _leave_an_admin(member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    detail = {"before": {"role": before}, "after": {"role": role}}
    record_by(actor, workspace, "member.role_changed", member.account.email, detail)
    return member


@transaction.atomic
def remove(workspace: Workspace, member_id: int, actor: Actor) -> Member:
    hold(workspace)
    member = _member(workspace, member_id)
    _leave_an_admin(member)
    Member.objects.filter(pk=member.pk).delete()
    record_by(actor, workspace, "member.removed", member.account.email, {"role": member.role})
    return member


def note_seen(member: Member, now: datetime) -> None:
    """Writes when a member was last here, at most once a minute and never further back."""
    due = Q(last_seen_at=None) | Q(last_seen_at__lt=now - LAST_SEEN_INTERVAL)
    Member.objects.filter(due, pk=member.pk).update(last_seen_at=now)


def seen_lately(member: Member, now: datetime) -> bool:
    return member.last_seen_at is not None and member.last_seen_at > now - LAST_SEEN_INTERVAL


def _member(workspace: Workspace, member_id: int) -> Member:
    member = members_of(workspace).filter(pk=member_id).first()
    if member is None:
        raise UnknownMemberError
    return member


def _leave_an_admin(leaving: Member) -> None:
    others = Member.objects.filter(
        workspace_id=leaving.workspace_id, role=Role.ADMIN, account__is_active=True
    ).exclude(pk=leaving.pk)
    if leaving.role == Role.ADMIN and not others.exists():
        raise LastAdminError
