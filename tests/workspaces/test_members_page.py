"""The members screen: list, roles, removal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from braze_partners.workspaces.models import AuditEntry, Member, Role
from tests.cast import Cast
from tests.workspaces.factories import MemberFactory

PAGE = "/w/lumen/settings/members/"


def _post(client: Client, name: str, pk: int, data: dict[str, str] | None = None) -> Any:
    return client.post(reverse(f"workspaces:{name}", args=["lumen", pk]), data or {}, follow=True)


def _member(cast: Cast, name: str) -> Member:
    return Member.objects.get(workspace=cast.workspace, account__email=f"{name}@example.org")


def test_it_lists_members_with_role_and_when_they_were_last_seen(cast: Cast) -> None:
    Member.objects.filter(account=cast.bob).update(last_seen_at=timezone.now() - timedelta(days=1))
    page = cast.client(cast.alice).get(PAGE).content.decode()
    for words in ("bob@example.org", "Marketer", "Viewer", "Never", "The last Admin stays"):
        assert words in page


def test_it_asks_the_database_no_more_for_more_members(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = cast.client(cast.alice)
    client.get(PAGE)
    MemberFactory.create_batch(20, workspace=cast.workspace)
    with django_assert_max_num_queries(15):
        client.get(PAGE)


def test_a_role_is_changed_and_confirmed_in_words(cast: Cast) -> None:
    bob = _member(cast, "bob")
    answer = _post(cast.client(cast.alice), "change-role", bob.pk, {"role": "viewer"})
    assert "Bob is Viewer now." in answer.content.decode()
    assert _member(cast, "bob").role == Role.VIEWER


def test_an_unknown_role_changes_nothing(cast: Cast) -> None:
    bob = _member(cast, "bob")
    answer = _post(cast.client(cast.alice), "change-role", bob.pk, {"role": "owner"})
    assert "Nothing was changed" in answer.content.decode()
    assert _member(cast, "bob").role == Role.MARKETER


def test_the_last_admin_is_told_why_not(cast: Cast) -> None:
    alice = _member(cast, "alice")
    answer = _post(cast.client(cast.alice), "remove-member", alice.pk)
    assert "This is the last Admin of the workspace" in answer.content.decode()


def test_a_removed_member_loses_access_at_once(cast: Cast) -> None:
    bobs = cast.client(cast.bob)
    home = reverse("dashboard:home", args=["lumen"])
    assert bobs.get(home).status_code == 200
    _post(cast.client(cast.alice), "remove-member", _member(cast, "bob").pk)
    assert bobs.get(home).status_code == 404
    assert AuditEntry.objects.get(action="member.removed").target == "bob@example.org"


def test_who_gives_up_being_admin_is_led_home(cast: Cast) -> None:
    Member.objects.filter(account=cast.bob).update(role=Role.ADMIN)
    alice = _member(cast, "alice")
    answer = _post(cast.client(cast.alice), "change-role", alice.pk, {"role": "viewer"})
    assert answer.redirect_chain[0][0] == "/"
    assert answer.status_code == 200


def test_a_member_of_another_workspace_is_not_found_by_id(cast: Cast) -> None:
    stranger = Member.objects.get(account=cast.mallory)
    for name in ("change-role", "remove-member"):
        assert _post(cast.client(cast.alice), name, stranger.pk).status_code == 404
    assert Member.objects.filter(pk=stranger.pk).exists()


def test_a_page_view_notes_when_a_member_was_seen(cast: Cast) -> None:
    client = cast.client(cast.alice)
    with time_machine.travel("2026-05-12 10:00:00Z", tick=False):
        cast.workspace.members.update(last_seen_at=None)
        client = cast.client(cast.alice)
        client.get(PAGE)
        assert _member(cast, "alice").last_seen_at == timezone.now()
