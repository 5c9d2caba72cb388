"""create_workspace and create_admin: the first run without the demo."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from braze_partners.workspaces.models import Account, AuditEntry, Member, Role, Workspace
from tests.cast import Cast

PASSWORD = "a wholly new passphrase"


def _admin(**options: object) -> str:
    out = StringIO()
    given = {"workspace": "lumen", "email": "Grace@example.org", "name": "Grace"} | options
    call_command("create_admin", stdout=out, **given)
    return out.getvalue()


@pytest.mark.embedded
def test_a_workspace_is_created_and_recorded(db: None) -> None:
    out = StringIO()
    call_command("create_workspace", slug="shop", name="Shop", time_zone="Europe/Paris", stdout=out)
    assert Workspace.objects.get(slug="shop").time_zone == "Europe/Paris"
    assert AuditEntry.objects.get().actor_text == "command line"
    assert "/w/shop/" in out.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {"slug": "lumen", "name": "Again"},
        {"slug": "a b", "name": "Spaces"},
        {"slug": "new", "name": ""},
        {"slug": "new", "name": "New", "time_zone": "Mars/Olympus"},
    ],
)
def test_a_workspace_that_cannot_be_is_refused(cast: Cast, options: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_workspace", **options)
    assert Workspace.objects.count() == 2


def test_an_admin_gets_a_one_time_link_of_where_we_serve(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.RUN_FILE = tmp_path / "run.json"
    settings.RUN_FILE.write_text(json.dumps({"web": "http://127.0.0.1:8123"}))
    printed = _admin()
    found = re.search(r"^http://127\.0\.0\.1:8123(/password-reset/\S+)$", printed, re.M)
    assert found
    client = Client()
    address = client.get(found.group(1), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert Account.objects.get(email="grace@example.org").check_password(PASSWORD)
    assert Member.objects.get(account__email="grace@example.org").role == Role.ADMIN


def test_the_password_can_come_from_standard_input(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
    printed = _admin(password_stdin=True)
    assert "http" not in printed and PASSWORD not in printed
    assert Account.objects.get(email="grace@example.org").check_password(PASSWORD)


def test_a_weak_password_makes_no_account(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("grace\n"))
    with pytest.raises(CommandError, match="10 characters"):
        _admin(password_stdin=True)
    assert not Account.objects.filter(email="grace@example.org").exists()


def test_an_account_that_exists_keeps_its_password_and_becomes_admin(cast: Cast) -> None:
    before = cast.bob.password
    assert "keeps its password" in _admin(email="bob@example.org")
    cast.bob.refresh_from_db()
    assert cast.bob.password == before
    assert Member.objects.get(workspace=cast.workspace, account=cast.bob).role == Role.ADMIN


def test_an_unknown_workspace_or_a_bad_address_is_refused(cast: Cast) -> None:
    with pytest.raises(CommandError, match="no workspace"):
        _admin(workspace="nowhere")
    with pytest.raises(CommandError):
        _admin(email="not an address")
