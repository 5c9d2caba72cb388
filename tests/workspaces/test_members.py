"""Who may be removed or get another role, also by two requests at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from braze_partners.workspaces import members
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.errors import LastAdminError, UnknownMemberError
from braze_partners.workspaces.models import AuditEntry, Member, Role
from tests.cast import Cast
from tests.workspaces.at_once import at_once
from tests.workspaces.factories import MemberFactory, WorkspaceFactory


def _member(cast: Cast, name: str) -> Member:
    return Member.objects.get(workspace=cast.workspace, account__email=f"{name}@example.org")


@pytest.mark.embedded
def test_the_last_admin_can_neither_be_removed_nor_demoted(cast: Cast) -> None:
    alice = _member(cast, "alice")
    with pytest.raises(LastAdminError):
        members.remove(cast.workspace, alice.pk, Actor(cast.alice))
    with pytest.raises(LastAdminError):
        members.change_role(cast.workspace, alice.pk, Role.VIEWER, Actor(cast.alice))
    assert _member(cast, "alice").role == Role.ADMIN


def test_an_admin_who_is_switched_off_does_not_count(cast: Cast) -> None:
    other = MemberFactory.create(workspace=cast.workspace, account__is_active=False)
    assert other.role == Role.ADMIN
    with pytest.raises(LastAdminError):
        members.remove(cast.workspace, _member(cast, "alice").pk, Actor())


def test_a_change_of_role_is_recorded_with_before_and_after(cast: Cast) -> None:
    actor = Actor(cast.alice, "192.0.2.1")
    members.change_role(cast.workspace, _member(cast, "bob").pk, Role.VIEWER, actor)
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert entry.detail == {"before": {"role": "marketer"}, "after": {"role": "viewer"}}
    assert (entry.actor, entry.target, entry.address) == (
        cast.alice,
        "bob@example.org",
        "192.0.2.1",
    )


def test_the_same_role_again_changes_and_records_nothing(cast: Cast) -> None:
    members.change_role(cast.workspace, _member(cast, "bob").pk, Role.MARKETER, Actor())
    assert not AuditEntry.objects.exists()


def test_a_member_of_another_workspace_is_unknown(cast: Cast) -> None:
    stranger = Member.objects.get(account=cast.mallory)
    with pytest.raises(UnknownMemberError):
        members.remove(cast.workspace, stranger.pk, Actor())
    assert Member.objects.filter(pk=stranger.pk).exists()


def test_last_seen_is_written_at_most_once_a_minute(cast: Cast) -> None:
    member, now = _member(cast, "bob"), timezone.now()
    members.note_seen(member, now)
    members.note_seen(member, now + timedelta(seconds=59))
    member.refresh_from_db()
    assert member.last_seen_at == now
    members.note_seen(member, now + timedelta(seconds=61))
    member.refresh_from_db()
    assert member.last_seen_at == now + timedelta(seconds=61)


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_two_requests_at_once_leave_one_admin(turn: int) -> None:
    workspace = WorkspaceFactory.create()
    first, second = (MemberFactory.create(workspace=workspace) for _n in range(2))
    ended = at_once(
        lambda: members.remove(workspace, first.pk, Actor()),
        lambda: members.change_role(workspace, second.pk, Role.VIEWER, Actor()),
    )
    assert ended == ["LastAdminError", "done"]
    assert Member.objects.filter(workspace=workspace, role=Role.ADMIN).count() == 1
