"""Setting a new password by a link in an e-mail."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from braze_partners.workspaces.models import Account
from tests.cast import Cast
from tests.workspaces.letters import letter_html

NEW = "a wholly new passphrase"

pytestmark = pytest.mark.usefixtures("eager_tasks")


def _ask(email: str) -> str:
    return Client().post("/password-reset/", {"email": email}).content.decode()


def _link() -> str:
    found = re.search(r"http://testserver(/password-reset/\S+)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def test_a_mailed_link_sets_a_new_password_once(cast: Cast) -> None:
    _ask("BOB@example.org")
    client = Client()
    page = client.get(_link(), follow=True)
    form_address = page.redirect_chain[-1][0]
    stored = client.post(form_address, {"new_password1": NEW, "new_password2": NEW})
    assert stored["Location"] == "/sign-in/"
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(NEW)
    again = Client().get(_link(), follow=True).content.decode()
    assert "This link does not work any more" in again


def test_an_unknown_address_gets_the_same_answer_and_no_mail(cast: Cast) -> None:
    known = _ask("bob@example.org").replace("bob@", "x@")
    unknown = _ask("nobody@example.org").replace("nobody@", "x@")
    strip = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert strip.sub("", known) == strip.sub("", unknown)
    assert len(mail.outbox) == 1


def test_at_most_one_link_a_minute_is_mailed(cast: Cast) -> None:
    _ask("bob@example.org")
    _ask("bob@example.org")
    assert len(mail.outbox) == 1


def test_the_mail_is_text_and_html_in_the_receivers_language(cast: Cast) -> None:
    Account.objects.filter(pk=cast.bob.pk).update(language="fr")
    _ask("bob@example.org")
    html, kind = letter_html(mail.outbox[0])
    assert kind == "text/html" and 'lang="fr"' in html
    assert _link() in html


def test_a_weak_password_is_refused_with_what_to_enter(cast: Cast) -> None:
    _ask("bob@example.org")
    client = Client()
    address = client.get(_link(), follow=True).redirect_chain[-1][0]
    page = client.post(address, {"new_password1": "bob", "new_password2": "bob"}).content.decode()
    assert "at least 10 characters" in page
    page = client.post(address, {"new_password1": NEW, "new_password2": NEW + "x"}).content.decode()
    assert "The two passwords differ" in page


def test_every_open_session_ends_with_the_old_password(cast: Cast) -> None:
    open_elsewhere = cast.client(cast.bob)
    _ask("bob@example.org")
    client = Client()
    address = client.get(_link(), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert open_elsewhere.get("/account/")["Location"] == "/sign-in/?next=/account/"
