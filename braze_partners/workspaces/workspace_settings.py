"""A workspace's own settings and how a workspace begins. Every change is in the audit log."""

from __future__ import annotations

import zoneinfo
from dataclasses import asdict, dataclass
from functools import lru_cache

from django.db import transaction

from braze_partners.workspaces import members
from braze_partners.workspaces.audit import Actor, record_by
from braze_partners.workspaces.errors import UnknownTimeZoneError
from braze_partners.workspaces.models import Language, Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    name: str
    time_zone: str
    language: str
    create_unknown_users: bool


@lru_cache(maxsize=1)
def time_zones() -> list[str]:
    """Places and UTC; without the zones that are only other spellings of an offset."""
    named = {zone for zone in zoneinfo.available_timezones() if "/" in zone}
    return [
        "UTC",
        *sorted(z for z in named if not z.startswith(("Etc/", "SystemV/", "US/"))),
    ]


def current(workspace: Workspace) -> WorkspaceSettings:
    return WorkspaceSettings(
        workspace.name,
        workspace.time_zone,
        workspace.language,
        workspace.create_unknown_users,
    )


@transaction.atomic
def change(workspace: Workspace, wanted: WorkspaceSettings, actor: Actor) -> bool:
    """Whether anything differed; what did stands in the audit log with before and after."""
    _require_zone(wanted.time_zone)
    members.hold(workspace)
    stored = Workspace.objects.get(pk=workspace.pk)
    before, after = asdict(current(stored)), asdict(wanted)
    changed = [name for name, value in after.items() if before[name] != value]
    if not changed:
        return False
    Workspace.objects.filter(pk=workspace.pk).update(**{name: after[name] for name in changed})
    detail = {
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }
    record_by(actor, workspace, "workspace.settings_changed", wanted.name, detail)
    return True


@transaction.atomic
def create(
    slug: str, name: str, time_zone: str, actor: Actor, language: str = Language.ENGLISH
) -> Workspace:
    _require_zone(time_zone)
    workspace = Workspace(slug=slug, name=name, time_zone=time_zone, language=language)
    workspace.full_clean()
    workspace.save()
    record_by(actor, workspace, "workspace.created", name, {"time_zone": time_zone})
    return workspace


def _require_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise UnknownTimeZoneError
