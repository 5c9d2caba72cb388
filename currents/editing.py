"""Creates and changes Currents from checked drafts, and writes down who did it. Knows rows and the
audit log; what may be stored is drafts.py's to say, moving from state to state moving.py's.

An edit only takes where nothing has changed since its form was opened: `changed_at` is the
version, and the engine, which moves states, does not touch it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _

from braze_partners.keys import credentials
from braze_partners.partners.amplitude.project import project_of
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.models import AuditEntry, Workspace
from currents import moving
from currents.drafts import Checked, Draft, Stage, checked
from currents.errors import Difference, DraftRefused, EditedMeanwhile
from currents.models import Current
from currents.states import REFUSED, State

SETTINGS = ("name", "contact_email", "region", "include_anonymous", "event_types")
EDITS = ("current.edited", "current.key_entered")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def version_of(current: Current) -> int:
    """Microseconds since the epoch of the latest edit."""
    return (current.changed_at - EPOCH) // MICROSECOND


def draft_of(current: Current) -> Draft:
    return Draft(
        name=current.name,
        contact_email=current.contact_email,
        region=current.region,
        include_anonymous=current.include_anonymous,
        event_types=tuple(current.event_types),
    )


def create(workspace: Workspace, wanted: Checked, actor: Actor, now: datetime) -> Current:
    """A draft: nothing is sent before it is launched."""
    with transaction.atomic():
        current = Current.objects.create(
            workspace=workspace,
            state=State.DRAFT,
            state_since=now,
            created_by=actor.account,
            created_at=now,
            changed_at=now,
            **_settings(wanted),
            **_key_columns(wanted.api_key, wanted.region),
        )
        detail = {"region": current.region, "event_types": len(current.event_types)}
        _record(current, actor, "current.created", detail)
    return current


def update(
    current: Current, wanted: Checked, actor: Actor, now: datetime, version: int | None = None
) -> Current:
    """The Current as it stands then. `version` is the one that the form was opened with. Raises
    EditedMeanwhile."""
    differences = differing(current, wanted)
    if not differences:
        return current
    if version is not None and version != version_of(current):
        raise EditedMeanwhile(current, differences)
    changes = _key_columns(wanted.api_key, wanted.region)
    if wanted.region != current.region and not wanted.api_key:
        changes |= {"project": _project_elsewhere(current, wanted.region)}
    with transaction.atomic():
        if not _change(current, now, _settings(wanted) | changes):
            fresh = Current.objects.get(pk=current.pk)
            raise EditedMeanwhile(fresh, differing(fresh, wanted))
        _record(current, actor, "current.edited", _in_the_log(differences))
    return Current.objects.select_related("workspace").get(pk=current.pk)


def enter_key(current: Current, wanted: Checked, actor: Actor, now: datetime) -> None:
    """Takes a new key, whatever but the region has been edited meanwhile. A Current that stopped
    over the old key is probed at once, and goes on by itself when that is accepted."""
    changes = _key_columns(wanted.api_key, current.region)
    with transaction.atomic():
        rows = Current.objects.filter(pk=current.pk, region=current.region)
        rows = rows.exclude(state=State.DELETED)
        if not rows.update(changed_at=_later(current, now), due_at=_probed_at(now), **changes):
            raise EditedMeanwhile(Current.objects.get(pk=current.pk), [])
        _record(current, actor, "current.key_entered", {"key": changes["api_key_hint"]})


def launch(current: Current, actor: Actor, now: datetime) -> None:
    """Raises DraftRefused for a draft that is not complete, MoveRefused for what is no draft."""
    checked(draft_of(current), Stage.LAUNCH, stored_key=current.api_key is not None)
    moving.launch(current, actor, now)


def stored_key(current: Current) -> str:
    """Empty without one. Raises CredentialUnreadable."""
    return credentials.decrypt(current.api_key) if current.api_key is not None else ""


def latest_edit(current: Current) -> AuditEntry | None:
    rows = AuditEntry.objects.filter(workspace_id=current.workspace_id, action__in=EDITS)
    return rows.filter(detail__current=current.pk).order_by("-pk").first()


def differing(current: Current, wanted: Checked) -> list[Difference]:
    """A key differs when one was entered: what is stored can't be looked at."""
    stored = draft_of(current)
    found = [
        Difference(name, getattr(stored, name), getattr(wanted, name))
        for name in SETTINGS
        if getattr(stored, name) != getattr(wanted, name)
    ]
    if wanted.api_key:
        hint = credentials.hint(wanted.api_key)
        found.append(Difference("api_key", current.api_key_hint, hint))
    return found


def _settings(wanted: Checked) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "contact_email": wanted.contact_email,
        "region": wanted.region,
        "include_anonymous": wanted.include_anonymous,
        "event_types": list(wanted.event_types),
    }


def _key_columns(key: str, region: str) -> dict[str, Any]:
    """Nothing where no key was entered."""
    if not key:
        return {}
    return {
        "api_key": credentials.encrypt(key),
        "api_key_hint": credentials.hint(key),
        "project": project_of(region, key),
    }


def _project_elsewhere(current: Current, region: str) -> str:
    """The stored key's project in another region."""
    try:
        key = stored_key(current)
    except credentials.CredentialUnreadable as error:
        unreadable = _("The stored key can’t be read. Enter it again.")
        raise DraftRefused({"api_key": unreadable}) from error
    return project_of(region, key) if key else ""


def _change(current: Current, now: datetime, changes: Mapping[str, Any]) -> bool:
    """Compare-and-set on the version."""
    rows = Current.objects.filter(pk=current.pk, changed_at=current.changed_at)
    extra = {"due_at": _probed_at(now)} if "project" in changes else {}
    rows = rows.exclude(state=State.DELETED)
    return rows.update(changed_at=_later(current, now), **changes, **extra) == 1


def _later(current: Current, now: datetime) -> datetime:
    """Every edit has a version of its own, also where the clock was set back."""
    return max(now, current.changed_at + MICROSECOND)


def _probed_at(now: datetime) -> Case:
    """Another key or another host: what was refused or out of reach is tried at once."""
    waiting = When(state__in=[*REFUSED, State.FAILING], then=Value(now))
    return Case(waiting, default=F("due_at"))


def _in_the_log(differences: list[Difference]) -> dict[str, Any]:
    """Before and after; of long lists only what changed; of a key that it is another."""
    told: dict[str, Any] = {"before": {}, "after": {}}
    for difference in differences:
        if difference.field == "event_types":
            stored, entered = set(difference.stored), set(difference.entered)
            told["added"] = [name for name in difference.entered if name not in stored]
            told["removed"] = [name for name in difference.stored if name not in entered]
            continue
        told["before"][difference.field] = difference.stored
        told["after"][difference.field] = difference.entered
    return {name: value for name, value in told.items() if value}


def _record(current: Current, actor: Actor, action: str, detail: Mapping[str, Any]) -> None:
    record_by(actor, current.workspace, action, current.name, {"current": current.pk, **detail})
