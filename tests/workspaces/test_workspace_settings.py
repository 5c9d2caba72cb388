"""Workspace settings: the rule, the form, the record of each change."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from braze_partners.workspaces import workspace_settings
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.errors import UnknownTimeZoneError
from braze_partners.workspaces.models import AuditEntry
from braze_partners.workspaces.workspace_settings import WorkspaceSettings
from tests.cast import Cast

PAGE = "/w/lumen/settings/workspace/"
FORM = {
    "name": "Lumen",
    "time_zone": "Europe/Paris",
    "language": "fr",
    "create_unknown_users": "on",
}


@pytest.mark.embedded
def test_a_change_is_stored_and_recorded_with_before_and_after(cast: Cast) -> None:
    answer = cast.client(cast.alice).post(PAGE, FORM, follow=True)
    assert "The settings are saved." in answer.content.decode()
    cast.workspace.refresh_from_db()
    assert cast.workspace.time_zone == "Europe/Paris" and cast.workspace.create_unknown_users
    entry = AuditEntry.objects.get(action="workspace.settings_changed")
    assert entry.detail["before"]["create_unknown_users"] is False
    assert entry.detail["after"] == {
        "name": "Lumen",
        "time_zone": "Europe/Paris",
        "language": "fr",
        "create_unknown_users": True,
    }


def test_only_what_differs_is_recorded(cast: Cast) -> None:
    client = cast.client(cast.alice)
    client.post(PAGE, FORM)
    client.post(PAGE, FORM)
    client.post(PAGE, FORM | {"name": "Lumen Two"})
    newest = AuditEntry.objects.order_by("-id")
    assert newest.count() == 2
    assert newest[0].detail == {"before": {"name": "Lumen"}, "after": {"name": "Lumen Two"}}


def test_a_zone_that_does_not_exist_is_refused(cast: Cast) -> None:
    answer = cast.client(cast.alice).post(PAGE, FORM | {"time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "Choose one of the zones in the list." in answer.content.decode()
    wanted = WorkspaceSettings("Lumen", "Mars/Olympus", "en", False)
    with pytest.raises(UnknownTimeZoneError):
        workspace_settings.change(cast.workspace, wanted, Actor())


def test_an_empty_name_is_refused_and_a_long_one_names_the_limit(cast: Cast) -> None:
    client = cast.client(cast.alice)
    assert "Enter a name." in client.post(PAGE, FORM | {"name": ""}).content.decode()
    page = client.post(PAGE, FORM | {"name": "x" * 121}).content.decode()
    assert "at most 120 characters" in page


def test_a_slug_is_taken_once(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        workspace_settings.create("lumen", "Again", "UTC", Actor())
