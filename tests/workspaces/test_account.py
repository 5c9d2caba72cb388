"""A person's own page: profile, password, sessions."""

from __future__ import annotations

import pytest
from django.test import Client

from braze_partners.workspaces.models import BrowserSession
from braze_partners.workspaces.sessions import browser_in_words
from tests.cast import Cast
from tests.workspaces.factories import PASSWORD, AccountFactory

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "a wholly new passphrase"


def _signed_in(cast: Cast, browser: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": browser})
    client.post("/sign-in/", {"username": cast.bob.email, "password": PASSWORD})
    return client


def test_it_needs_a_signed_in_person() -> None:
    assert Client().get("/account/")["Location"] == "/sign-in/?next=/account/"


def test_it_works_for_someone_without_a_workspace(db: None) -> None:
    client = Client()
    client.force_login(AccountFactory.create())
    assert client.get("/account/").status_code == 200


def test_name_language_and_theme_are_changed(cast: Cast) -> None:
    client = cast.client(cast.bob)
    client.post("/account/", {"name": "Robert", "language": "fr", "theme": "dark"})
    cast.bob.refresh_from_db()
    assert (cast.bob.name, cast.bob.language, cast.bob.theme) == ("Robert", "fr", "dark")
    page = client.get("/account/")
    assert 'lang="fr"' in page.content.decode()


def test_an_empty_name_is_refused_with_what_to_enter(cast: Cast) -> None:
    answer = cast.client(cast.bob).post("/account/", {"name": " ", "language": "en", "theme": "x"})
    assert answer.status_code == 422
    assert "Enter a name." in answer.content.decode()


def test_a_new_password_keeps_this_session_and_ends_the_others(cast: Cast) -> None:
    here, there = _signed_in(cast), _signed_in(cast)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/account/password/", form).status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_the_current_password_is_asked_for(cast: Cast) -> None:
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    answer = cast.client(cast.bob).post("/account/password/", form)
    assert answer.status_code == 422
    assert "This is not your current password" in answer.content.decode()


def test_sessions_are_listed_with_browser_and_address_but_never_their_key(cast: Cast) -> None:
    client = _signed_in(cast)
    page = client.get("/account/").content.decode()
    assert "Firefox, Linux" in page and "127.0.0.1" in page and "This session" in page
    assert str(client.session.session_key) not in page


def test_one_other_session_or_all_others_can_be_ended(cast: Cast) -> None:
    here, there, further = _signed_in(cast), _signed_in(cast, "curl/8"), _signed_in(cast)
    rows = here.get("/account/").context["sessions"]
    (curl,) = [row for row in rows if row.browser == "curl"]
    here.post(f"/account/sessions/{curl.handle}/end/")
    assert there.get("/account/").status_code == 302
    assert further.get("/account/").status_code == 200
    here.post("/account/sessions/end/")
    assert further.get("/account/").status_code == 302
    assert BrowserSession.objects.filter(account=cast.bob).count() == 1


def test_nobody_ends_the_session_of_another_person(cast: Cast) -> None:
    theirs = _signed_in(cast)
    handle = theirs.get("/account/").context["sessions"][0].handle
    answer = cast.client(cast.mallory).post(f"/account/sessions/{handle}/end/")
    assert answer.status_code == 404
    assert theirs.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iOS"),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words
