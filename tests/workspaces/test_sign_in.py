"""Signing in and out, and being locked out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from braze_partners.workspaces.limits import MAX_FAILURES_PER_ADDRESS
from braze_partners.workspaces.models import BrowserSession, Member
from braze_partners.workspaces.tasks import forget_expired
from tests.cast import Cast
from tests.workspaces.factories import (
    PASSWORD,
    AccountFactory,
    BrowserSessionFactory,
    MemberFactory,
    WorkspaceFactory,
)

SIGN_IN = "/sign-in/"


def _try(client: Client, email: str, password: str, address: str = "127.0.0.1") -> Any:
    form = {"username": email, "password": password}
    return client.post(SIGN_IN, form, REMOTE_ADDR=address)


def test_the_first_page_leads_to_sign_in_and_then_to_the_workspace(cast: Cast) -> None:
    client = Client()
    assert client.get("/")["Location"] == "/sign-in/?next=/"
    answer = _try(client, "Bob@Example.org ", PASSWORD)
    assert answer.status_code == 302
    assert client.get("/")["Location"] == "/w/lumen/"


def test_the_first_page_remembers_the_workspace_seen_last(cast: Cast) -> None:
    second = WorkspaceFactory.create(slug="second")
    member = MemberFactory.create(workspace=second, account=cast.bob)
    Member.objects.filter(pk=member.pk).update(last_seen_at=timezone.now())
    assert cast.client(cast.bob).get("/")["Location"] == "/w/second/"


def test_who_belongs_nowhere_is_told_so(db: None) -> None:
    client = Client()
    client.force_login(AccountFactory.create(email="lost@example.org"))
    assert "no workspace has you as a member" in client.get("/").content.decode()


def test_it_goes_on_to_our_own_page_and_never_to_another_site(cast: Cast) -> None:
    safe = {"username": cast.bob.email, "password": PASSWORD, "next": "/w/lumen/segments/"}
    assert Client().post(SIGN_IN, safe)["Location"] == "/w/lumen/segments/"
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert Client().post(SIGN_IN, safe | {"next": elsewhere})["Location"] == "/"


def test_the_session_key_changes_at_sign_in(cast: Cast) -> None:
    client = Client()
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = str(before)
    _try(client, cast.bob.email, PASSWORD)
    assert client.session.session_key != before
    row = BrowserSession.objects.get(session_key=client.session.session_key)
    assert row.account == cast.bob and row.address == "127.0.0.1"


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(cast: Cast) -> None:
    known = _try(Client(), cast.bob.email, "wrong")
    unknown = _try(Client(), "nobody@example.org", "wrong")
    words = "E-mail address and password do not match"
    assert words in known.content.decode() and words in unknown.content.decode()
    assert known.status_code == unknown.status_code


def test_five_failures_lock_the_address_out_in_words_and_the_time_ends_it(cast: Cast) -> None:
    client = Client()
    with time_machine.travel("2026-05-12 10:00:00Z", tick=False) as clock:
        for _n in range(4):
            assert _try(client, cast.bob.email, "wrong").status_code == 200
        locked = _try(client, "BOB@example.org", "wrong")
        assert locked.status_code == 429 and locked["Retry-After"] == "900"
        assert "try again in 15 minutes" in locked.content.decode()
        clock.shift(timedelta(minutes=14))
        still = _try(client, cast.bob.email, PASSWORD)
        assert still.status_code == 429 and "in 1 minute, at 10:15:00 UTC" in still.content.decode()
        clock.shift(timedelta(minutes=1, seconds=1))
        assert _try(client, cast.bob.email, PASSWORD).status_code == 302


def test_a_lock_out_is_for_one_address_only(cast: Cast) -> None:
    for _n in range(5):
        _try(Client(), cast.bob.email, "wrong")
    assert _try(Client(), cast.bob.email, PASSWORD, address="192.0.2.7").status_code == 302


def test_one_address_cannot_try_many_accounts(cast: Cast) -> None:
    for n in range(MAX_FAILURES_PER_ADDRESS):
        _try(Client(), f"guess{n}@example.org", "wrong")
    assert _try(Client(), cast.bob.email, PASSWORD).status_code == 429
    assert _try(Client(), cast.bob.email, PASSWORD, address="192.0.2.7").status_code == 302


def test_a_success_forgets_the_failures_before(cast: Cast) -> None:
    for _n in range(4):
        _try(Client(), cast.bob.email, "wrong")
    assert _try(Client(), cast.bob.email, PASSWORD).status_code == 302
    assert _try(Client(), cast.bob.email, "wrong").status_code == 200


def test_signing_out_takes_a_post_and_ends_the_session(cast: Cast) -> None:
    client = cast.client(cast.bob)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert client.get("/")["Location"] == "/sign-in/?next=/"
    assert not BrowserSession.objects.filter(account=cast.bob).exists()


def test_a_form_without_its_token_is_refused_in_words(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = _try(client, cast.bob.email, PASSWORD)
    assert answer.status_code == 403
    assert "The form has expired" in answer.content.decode()


@pytest.mark.embedded
def test_what_a_signed_in_person_sees_is_never_stored(cast: Cast) -> None:
    answer = cast.client(cast.alice).get(reverse("workspaces:members", args=["lumen"]))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(cast: Cast) -> None:
    cookie = _try(Client(), cast.bob.email, PASSWORD).cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.embedded
def test_what_has_expired_is_forgotten(cast: Cast) -> None:
    past = timezone.now() - timedelta(days=1)
    BrowserSessionFactory.create(expire_date=past)
    kept = BrowserSessionFactory.create()
    with time_machine.travel(past):
        _try(Client(), cast.bob.email, "wrong")
    forget_expired()
    assert list(BrowserSession.objects.all()) == [kept]
    assert not AccessAttempt.objects.exists()
