"""Invitations: sent, sent again, revoked, accepted by a new person, an account, the wrong one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from braze_partners.workspaces import invitations, limits
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.errors import (
    AccountExistsError,
    TooManyInvitationsError,
    UnknownInvitationError,
    WrongAccountError,
)
from braze_partners.workspaces.models import Account, AuditEntry, Invitation, Member
from tests.cast import Cast
from tests.workspaces.at_once import at_once
from tests.workspaces.factories import PASSWORD, AccountFactory, InvitationFactory, WorkspaceFactory
from tests.workspaces.letters import letter_html

PAGE = "/w/lumen/settings/members/"
GRACE = {"name": "Grace Hopper", "password": "a wholly new passphrase"}


def _invite(cast: Cast, email: str, role: str = "marketer") -> Any:
    data = {"email": email, "role": role}
    return cast.client(cast.alice).post(PAGE, data, follow=True)


def _mailed_link() -> str:
    found = re.search(r"http://testserver(/invitations/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def _open(link: str, client: Client | None = None) -> tuple[Client, str]:
    client = client or Client()
    return client, client.get(link, follow=True).content.decode()


def test_a_new_person_accepts_with_name_and_password_and_is_in(cast: Cast) -> None:
    _invite(cast, "Grace@Example.org")
    client, page = _open(_mailed_link())
    assert "Join Lumen Outfitters" in page and "Alice" in page
    assert client.post("/invitation/", GRACE)["Location"] == "/w/lumen/"
    member = Member.objects.get(account__email="grace@example.org")
    assert (member.workspace, member.role) == (cast.workspace, "marketer")
    assert client.get("/")["Location"] == "/w/lumen/"
    entry = AuditEntry.objects.get(action="member.joined")
    assert entry.actor == member.account and entry.address == "127.0.0.1"


def test_the_token_is_nowhere_but_in_the_mail(cast: Cast) -> None:
    page = _invite(cast, "grace@example.org").content.decode()
    token = _mailed_link().split("/")[2]
    assert token not in page
    row = Invitation.objects.get()
    assert bytes(row.token_digest) == invitations.digest_of(token)
    stored = str(AuditEntry.objects.values()) + str(Invitation.objects.values())
    assert token not in stored
    client, _page = _open(_mailed_link())
    assert token not in client.get("/invitation/").content.decode()


def test_an_existing_account_signs_in_and_joins(cast: Cast) -> None:
    _invite(cast, "mallory@example.org", "viewer")
    client, page = _open(_mailed_link())
    assert "This address has an account" in page
    form = {"username": "mallory@example.org", "password": PASSWORD, "next": "/invitation/"}
    assert client.post("/sign-in/", form)["Location"] == "/invitation/"
    assert client.post("/invitation/")["Location"] == "/w/lumen/"
    assert Member.objects.get(workspace=cast.workspace, account=cast.mallory).role == "viewer"


def test_an_account_with_another_address_is_told_and_does_not_join(cast: Cast) -> None:
    _invite(cast, "grace@example.org")
    client, page = _open(_mailed_link(), cast.client(cast.mallory))
    assert "You are signed in as mallory@example.org" in page
    assert client.post("/invitation/").status_code == 409
    assert not Member.objects.filter(workspace=cast.workspace, account=cast.mallory).exists()


def test_an_account_is_not_taken_over_by_an_invitation(cast: Cast) -> None:
    _invite(cast, "mallory@example.org")
    client, _page = _open(_mailed_link())
    client.post("/invitation/", GRACE)
    cast.mallory.refresh_from_db()
    assert cast.mallory.check_password(PASSWORD)
    assert not Member.objects.filter(workspace=cast.workspace, account=cast.mallory).exists()


def test_it_works_once(cast: Cast) -> None:
    _invite(cast, "grace@example.org")
    link = _mailed_link()
    client, _page = _open(link)
    client.post("/invitation/", GRACE)
    again = Client().get(link, follow=True)
    assert again.status_code == 410 and "accepted already" in again.content.decode()


def test_it_ends_after_seven_days_and_can_be_sent_again(cast: Cast) -> None:
    with time_machine.travel("2026-05-12 10:00:00Z", tick=False) as clock:
        _invite(cast, "grace@example.org")
        old = _mailed_link()
        clock.shift(timedelta(days=7, seconds=1))
        late = Client().get(old, follow=True)
        assert late.status_code == 410 and "send it again" in late.content.decode()
        admin = cast.client(cast.alice)
        assert "Expired" in admin.get(PAGE).content.decode()
        admin.post(reverse("workspaces:resend", args=["lumen", Invitation.objects.get().pk]))
        assert _mailed_link() != old
        assert Client().get(_mailed_link(), follow=True).status_code == 200
        assert Client().get(old, follow=True).status_code == 404


def test_a_revoked_one_stops_working_at_once(cast: Cast) -> None:
    _invite(cast, "grace@example.org")
    client, _page = _open(_mailed_link())
    pk = Invitation.objects.get().pk
    cast.client(cast.alice).post(reverse("workspaces:revoke", args=["lumen", pk]))
    answer = client.post("/invitation/", GRACE)
    assert answer.status_code == 410 and "revoked" in answer.content.decode()
    assert not Account.objects.filter(email="grace@example.org").exists()
    assert "was invited already" not in _invite(cast, "grace@example.org").content.decode()


def test_who_is_a_member_or_invited_already_is_not_invited_again(cast: Cast) -> None:
    assert "already a member" in _invite(cast, "bob@example.org").content.decode()
    _invite(cast, "grace@example.org")
    second = _invite(cast, "GRACE@example.org")
    assert second.status_code == 422
    assert "was invited already" in second.content.decode()
    assert Invitation.objects.count() == 1


def test_there_is_a_limit_to_open_invitations(cast: Cast) -> None:
    InvitationFactory.create_batch(limits.MAX_OPEN_INVITATIONS, workspace=cast.workspace)
    with pytest.raises(TooManyInvitationsError):
        invitations.invite(cast.workspace, "x@example.org", "viewer", Actor(), timezone.now())


def test_an_invitation_of_another_workspace_is_not_found_by_id(cast: Cast) -> None:
    theirs = InvitationFactory.create(workspace=cast.other_workspace)
    for name in ("resend", "revoke"):
        answer = cast.client(cast.alice).post(
            reverse(f"workspaces:{name}", args=["lumen", theirs.pk])
        )
        assert answer.status_code == 404


def test_an_accepted_one_can_no_longer_be_revoked_or_sent_again(cast: Cast) -> None:
    done = InvitationFactory.create(workspace=cast.workspace, accepted_at=timezone.now())
    for name in ("resend", "revoke"):
        address = reverse(f"workspaces:{name}", args=["lumen", done.pk])
        page = cast.client(cast.alice).post(address, follow=True).content.decode()
        assert "no longer open" in page
    with pytest.raises(UnknownInvitationError):
        invitations.accept(done, AccountFactory.create(email=done.email), None, timezone.now())


def test_a_rule_below_the_screen_refuses_the_wrong_account(cast: Cast) -> None:
    made = InvitationFactory.create(workspace=cast.workspace)
    with pytest.raises(WrongAccountError):
        invitations.accept(made, cast.mallory, None, timezone.now())


@pytest.mark.embedded
def test_an_account_made_meanwhile_is_not_made_twice(cast: Cast) -> None:
    made = InvitationFactory.create(workspace=cast.workspace)
    AccountFactory.create(email=made.email)
    with pytest.raises(AccountExistsError):
        invitations.accept_as_new(made, "X", "a passphrase", "en", None, timezone.now())


def test_a_weak_password_is_refused_and_makes_no_account(cast: Cast) -> None:
    _invite(cast, "grace@example.org")
    client, _page = _open(_mailed_link())
    answer = client.post("/invitation/", {"name": "Grace", "password": "grace"})
    assert "at least 10 characters" in answer.content.decode()
    assert not Account.objects.filter(email="grace@example.org").exists()


def test_the_mail_is_in_the_workspaces_language_or_in_the_accounts_own(cast: Cast) -> None:
    cast.workspace.language = "fr"
    cast.workspace.save()
    _invite(cast, "grace@example.org")
    assert 'lang="fr"' in letter_html(mail.outbox[-1])[0]
    _invite(cast, "mallory@example.org")
    assert 'lang="en"' in letter_html(mail.outbox[-1])[0]


def test_the_mail_says_who_invites_where_as_what_and_until_when(cast: Cast) -> None:
    with time_machine.travel("2026-05-12 10:00:00Z", tick=False):
        _invite(cast, "grace@example.org")
    message = mail.outbox[-1]
    assert message.subject == "Invitation to Lumen Outfitters on Braze Partners"
    for text in (str(message.body), letter_html(message)[0]):
        assert "Alice invites you to the workspace Lumen Outfitters, as Marketer." in text
        assert "It works until 19 May 2026, 10:00 UTC and once." in text


def test_a_mail_that_cannot_be_sent_is_said_and_the_invitation_stays(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("braze_partners.workspaces.mail.send_letter", fails)
    page = _invite(cast, "grace@example.org").content.decode()
    assert "its e-mail could not be sent" in page
    assert Invitation.objects.count() == 1


def test_a_link_that_was_never_sent_says_so(db: None) -> None:
    answer = Client().get("/invitations/whatever/", follow=True)
    assert answer.status_code == 404
    assert "No invitation belongs to this link" in answer.content.decode()


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_make_one_member() -> None:
    made = InvitationFactory.create()
    account = AccountFactory.create(email=made.email)
    ended = at_once(
        *[lambda: invitations.accept(made, account, None, timezone.now()) for _n in range(2)]
    )
    assert ended == ["UnknownInvitationError", "done"]
    assert Member.objects.filter(workspace=made.workspace).count() == 1
    assert AuditEntry.objects.filter(action="member.joined").count() == 1


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_two_invitations_at_once_of_one_address_make_one() -> None:
    workspace = WorkspaceFactory.create()

    def invite() -> None:
        invitations.invite(workspace, "x@example.org", "viewer", Actor(), timezone.now())

    assert at_once(invite, invite) == ["AlreadyInvitedError", "done"]
