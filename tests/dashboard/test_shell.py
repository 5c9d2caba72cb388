"""The frame around every page: navigation by role, language, theme, the bell, error pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from braze_partners.dashboard import error_pages, navigation
from braze_partners.workspaces.models import Theme
from braze_partners.workspaces.roles import ROLE_TABLE
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PAGE = "/w/lumen/settings/members/"  # any page in the frame


def _labels(role: str) -> list[str]:
    rights = {right.value: True for right in ROLE_TABLE[role]}
    groups = navigation.groups(rights, "lumen", "/w/lumen/")
    return [str(item.label) for group in groups for item in group.items]


def _html_tag(html: str) -> str:
    start = html.index("<html")
    return " ".join(html[start : html.index(">", start) + 1].split())


def test_a_marketer_does_not_see_what_only_admins_may_open() -> None:
    assert "Members" in _labels("admin")
    assert "Members" not in _labels("marketer")
    assert "Segments" in _labels("viewer")


def test_an_entry_without_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = navigation.Entry("Data", "Elsewhere", "database", "data:elsewhere")
    monkeypatch.setattr(navigation, "ENTRIES", (*navigation.ENTRIES, entry))
    assert "Elsewhere" not in _labels("admin")


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/w/lumen/", "Home"),
        ("/w/lumen/cohorts/7/members/", "Imported Cohorts"),
        ("/w/lumen/cohorts/runs/7/", "Import Runs"),
        ("/w/lumen/settings/audit-log/", "Audit Log"),
        ("/w/lumen/account/", None),
    ],
)
def test_the_closest_entry_is_current(path: str, label: str | None) -> None:
    rights = {right.value: True for right in ROLE_TABLE["admin"]}
    groups = navigation.groups(rights, "lumen", path)
    current = [str(item.label) for group in groups for item in group.items if item.current]
    assert current == ([label] if label else [])


def test_the_page_names_its_language_and_theme(cast: Cast) -> None:
    client = cast.client(cast.alice)
    cast.alice.language, cast.alice.theme = "fr", Theme.DARK
    cast.alice.save()
    html = client.get(PAGE).content.decode()
    assert _html_tag(html) == '<html lang="fr" data-theme="dark">'


def test_a_chosen_language_stays_with_the_account(cast: Cast) -> None:
    client = cast.client(cast.bob)
    answer = client.post(reverse("set-language"), {"language": "fr", "next": "/w/lumen/"})
    assert (answer.status_code, answer["Location"]) == (302, "/w/lumen/")
    cast.bob.refresh_from_db()
    assert cast.bob.language == "fr"


def test_a_chosen_theme_stays_with_the_account_and_the_cookie(cast: Cast) -> None:
    client = cast.client(cast.bob)
    answer = client.post(reverse("set-theme"), {"theme": "dark"})
    cast.bob.refresh_from_db()
    assert cast.bob.theme == Theme.DARK
    assert answer.cookies["theme"].value == "dark"


def test_before_sign_in_the_cookie_decides(db: None) -> None:
    client = Client()
    client.post(reverse("set-theme"), {"theme": "dark"})
    client.post(reverse("set-language"), {"language": "fr"})
    html = client.get(reverse("sign-in")).content.decode()
    assert _html_tag(html) == '<html lang="fr" data-theme="dark">'


@pytest.mark.parametrize("name", ["set-theme", "set-language"])
def test_only_known_choices_are_taken(db: None, name: str) -> None:
    wrong = Client().post(reverse(name), {"theme": "pink", "language": "xx"})
    assert wrong.status_code == 400
    assert Client().get(reverse(name)).status_code == 405


def test_a_choice_leads_back_to_our_own_pages_only(db: None) -> None:
    answer = Client().post(reverse("set-theme"), {"theme": "dark", "next": "https://evil.example"})
    assert answer["Location"] == "/"


def test_the_bell_says_when_nothing_is_wrong(cast: Cast) -> None:
    answer = cast.client(cast.charlie).get("/w/lumen/attention/")
    assert "Nothing needs you now." in answer.content.decode()


def test_the_sandbox_is_linked_while_it_runs(cast: Cast, tmp_path: Path, settings: object) -> None:
    run_file = tmp_path / "run.json"
    run_file.write_text(json.dumps({"sandbox": "http://127.0.0.1:8901"}))
    settings.RUN_FILE = run_file  # type: ignore[attr-defined]
    client = cast.client(cast.alice)
    assert 'href="http://127.0.0.1:8901"' in client.get(PAGE).content.decode()
    run_file.unlink()
    assert "Amplitude sandbox</span>" not in client.get(PAGE).content.decode()


def test_a_page_that_does_not_exist_says_so_in_the_frame(cast: Cast) -> None:
    client = cast.client(cast.alice)
    inside = client.get("/w/lumen/cohorts/999999/")
    outside = client.get("/nowhere/")
    assert (inside.status_code, outside.status_code) == (404, 404)
    assert "This page does not exist" in inside.content.decode()
    assert 'id="nav"' in inside.content.decode()
    assert "This page does not exist" in outside.content.decode()


def test_a_failure_shows_its_request_id_and_needs_no_database() -> None:
    request = RequestFactory().get("/w/lumen/")
    request.request_id = "req_8c1e20"  # type: ignore[attr-defined]
    answer = error_pages.server_error(request)
    assert answer.status_code == 500
    assert "req_8c1e20" in answer.content.decode()


def test_the_policy_allows_nothing_inline(cast: Cast) -> None:
    policy = cast.client(cast.alice).get(PAGE)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
