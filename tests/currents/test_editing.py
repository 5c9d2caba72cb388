"""Creating and changing Currents: what is stored, who is told, and two people at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from braze_partners.keys import credentials
from braze_partners.partners.amplitude.project import project_of
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import AuditEntry, Workspace
from currents import editing, moving
from currents.drafts import Checked, Draft, checked, checked_key
from currents.errors import DraftRefused, EditedMeanwhile, MoveRefused
from currents.models import Current, Lane
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import API_KEY, EMAIL_OPEN, PURCHASE, CurrentFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

OTHER_KEY = "b9c2" + "1" * 24 + "52e8"
NOW = timezone.now()


@pytest.fixture
def workspace() -> Workspace:
    return WorkspaceFactory.create()


def wanted(**fields: Any) -> Checked:
    draft = Draft(
        name="Export",
        contact_email="crm@lumen.example",
        api_key=API_KEY,
        event_types=(EMAIL_OPEN, PURCHASE),
    )
    return checked(replace(draft, **fields))


def kept(current: Current, **fields: Any) -> Checked:
    """As it stands, but for these."""
    return checked(replace(editing.draft_of(current), **fields))


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def audit() -> dict[str, Any]:
    return dict(AuditEntry.objects.latest("pk").detail)


def test_a_draft_is_stored_with_its_key_encrypted(workspace: Workspace) -> None:
    current = editing.create(workspace, wanted(), Actor(), NOW)

    assert current.state == State.DRAFT
    assert current.event_types == [EMAIL_OPEN, PURCHASE]
    assert API_KEY.encode() not in bytes(current.api_key or b"")
    assert credentials.decrypt(current.api_key or b"") == API_KEY
    assert current.api_key_hint == "a8b1…41f7"
    assert current.project == project_of("us", API_KEY)
    assert API_KEY not in current.project and len(current.project) == 64
    assert not Lane.objects.exists()


def test_two_currents_share_a_project_by_region_and_key(workspace: Workspace) -> None:
    projects = {
        editing.create(workspace, wanted(region=region, api_key=key), Actor(), NOW).project
        for region, key in (("us", API_KEY), ("us", API_KEY), ("eu", API_KEY), ("us", OTHER_KEY))
    }
    assert len(projects) == 3


def test_the_audit_log_says_who_and_what_and_no_secret(cast: Cast) -> None:
    actor = Actor(cast.bob, "192.0.2.7")
    current = editing.create(cast.workspace, wanted(), actor, NOW)
    editing.launch(current, actor, NOW)
    current.refresh_from_db()
    changed = kept(
        current, name="Other", api_key=OTHER_KEY, event_types=(PURCHASE, "users.behaviors.Location")
    )
    editing.update(current, changed, actor, NOW)
    assert audit() == {
        "current": current.pk,
        "before": {"name": "Export", "api_key": "a8b1…41f7"},
        "after": {"name": "Other", "api_key": "b9c2…52e8"},
        "added": ["users.behaviors.Location"],
        "removed": [EMAIL_OPEN],
    }
    current.refresh_from_db()
    editing.enter_key(current, checked_key(API_KEY, "us"), actor, NOW)

    assert actions() == [
        "current.created",
        "current.launched",
        "current.edited",
        "current.key_entered",
    ]
    for entry in AuditEntry.objects.all():
        assert (entry.actor, entry.address) == (cast.bob, "192.0.2.7")
        assert API_KEY not in str(entry.detail) and OTHER_KEY not in str(entry.detail)


def test_nothing_is_launched_that_is_not_complete(workspace: Workspace) -> None:
    current = editing.create(workspace, checked(Draft(name="Later")), Actor(), NOW)
    with pytest.raises(DraftRefused) as refused:
        editing.launch(current, Actor(), NOW)
    assert set(refused.value.problems) == {"contact_email", "api_key", "event_types"}
    current.refresh_from_db()
    assert current.state == State.DRAFT


def test_a_current_is_launched_once(workspace: Workspace) -> None:
    current = editing.create(workspace, wanted(), Actor(), NOW)
    editing.launch(current, Actor(), NOW)
    with pytest.raises(MoveRefused):
        editing.launch(current, Actor(), NOW)
    assert Lane.objects.filter(current=current).count() == 16


def test_a_launched_current_may_lose_all_its_event_types() -> None:
    current = CurrentFactory.create()
    changed = editing.update(current, kept(current, event_types=()), Actor(), NOW)
    assert (changed.event_types, changed.state) == ([], State.ACTIVE)


def test_an_edit_that_changes_nothing_is_no_edit() -> None:
    current = CurrentFactory.create()
    same = editing.update(current, kept(current), Actor(), NOW, version=1)
    assert same.changed_at == current.changed_at
    assert actions() == []


def test_an_edit_is_refused_when_somebody_was_faster_and_says_what_differs(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, name="Before")
    opened = editing.version_of(current)
    editing.update(current, kept(current, name="Theirs"), Actor(cast.alice), NOW, version=opened)

    stale = Current.objects.get(pk=current.pk)
    with pytest.raises(EditedMeanwhile) as met:
        editing.update(
            stale, kept(current, name="Mine", event_types=()), Actor(cast.bob), NOW, version=opened
        )
    assert [(d.field, d.stored, d.entered) for d in met.value.differences] == [
        ("name", "Theirs", "Mine"),
        ("event_types", (EMAIL_OPEN, PURCHASE), ()),
    ]
    latest = editing.latest_edit(met.value.current)
    assert latest is not None and latest.actor == cast.alice
    stale.refresh_from_db()
    assert stale.name == "Theirs"


def test_an_edit_between_reading_and_writing_is_met_as_well() -> None:
    current = CurrentFactory.create()
    read_before = Current.objects.get(pk=current.pk)
    editing.update(current, kept(current, name="Theirs"), Actor(), NOW)
    with pytest.raises(EditedMeanwhile):
        editing.update(read_before, kept(read_before, name="Mine"), Actor(), NOW)


def test_the_same_edit_by_two_people_is_no_conflict() -> None:
    current = CurrentFactory.create()
    opened = editing.version_of(current)
    editing.update(current, kept(current, name="Same"), Actor(), NOW, version=opened)
    current.refresh_from_db()
    again = editing.update(current, kept(current, name="Same"), Actor(), NOW, version=opened)
    assert again.name == "Same"


def test_each_edit_has_a_version_of_its_own_also_when_the_clock_goes_back() -> None:
    current = CurrentFactory.create()
    first = editing.update(current, kept(current, name="One"), Actor(), NOW)
    hour_ago = NOW - timedelta(hours=1)
    second = editing.update(first, kept(first, name="Two"), Actor(), hour_ago)
    assert editing.version_of(second) > editing.version_of(first)


@pytest.mark.parametrize("state", [State.STOPPED, State.DROPPING, State.FAILING])
def test_a_new_key_leaves_it_waiting_and_has_it_probed_at_once(state: State) -> None:
    later = NOW + timedelta(minutes=3)
    current = CurrentFactory.create(state=state, due_at=later)
    editing.enter_key(current, checked_key(OTHER_KEY, "us"), Actor(), NOW)
    current.refresh_from_db()
    assert (current.state, current.due_at) == (state, NOW)
    assert current.project == project_of("us", OTHER_KEY)
    assert editing.stored_key(current) == OTHER_KEY


def test_a_new_key_of_one_that_works_or_is_paused_books_nothing() -> None:
    for state in (State.ACTIVE, State.PAUSED):
        current = CurrentFactory.create(state=state)
        editing.enter_key(current, checked_key(OTHER_KEY, "us"), Actor(), NOW)
        current.refresh_from_db()
        assert (current.state, current.due_at) == (state, None)


def test_another_region_is_another_project_of_the_same_key() -> None:
    later = NOW + timedelta(minutes=3)
    current = CurrentFactory.create(state=State.FAILING, due_at=later)
    moved = editing.update(current, kept(current, region="eu"), Actor(), NOW)
    assert moved.project == project_of("eu", API_KEY)
    assert moved.due_at == NOW
    assert editing.stored_key(moved) == API_KEY


def test_a_key_that_can_no_longer_be_read_must_be_entered_again() -> None:
    current = CurrentFactory.create(api_key=b"encrypted under a key that is gone")
    with pytest.raises(DraftRefused, match="can’t be read"):
        editing.update(current, kept(current, region="eu"), Actor(), NOW)
    moved = editing.update(current, kept(current, region="eu", api_key=OTHER_KEY), Actor(), NOW)
    assert moved.project == project_of("eu", OTHER_KEY)


def test_a_deleted_current_is_not_edited_any_more() -> None:
    current = CurrentFactory.create()
    moving.delete(current, Actor(), NOW)
    with pytest.raises(EditedMeanwhile):
        editing.update(current, kept(current, name="Late"), Actor(), NOW)
    with pytest.raises(EditedMeanwhile):
        editing.enter_key(current, checked_key(OTHER_KEY, "us"), Actor(), NOW)
    current.refresh_from_db()
    assert current.api_key is None and current.api_key_hint == ""
