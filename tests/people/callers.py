"""A client that identifies, names and deletes people over Braze's endpoints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from braze_partners.people import finding
from braze_partners.people.finding import Portrait
from braze_partners.people.identity import resolve_aliases
from braze_partners.people.models import Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from braze_partners.workspaces.models import Workspace
from tests.keys.factories import RestApiKeyFactory
from tests.workspaces.factories import WorkspaceFactory

SECRET = "brk_" + "i" * 43
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)
PERMISSIONS = ["users.identify", "users.alias.new", "users.delete"]


def an_alias(name: str, label: str = "crm") -> dict[str, str]:
    return {"alias_name": name, "alias_label": label}


@dataclass(slots=True)
class Caller:
    """Calls with a key of its workspace."""

    workspace: Workspace
    client: Client

    def post(self, path: str, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post(
            f"/users/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {SECRET}", **headers},
        )

    def identify(self, *pairs: tuple[str, str], **other: Any) -> Any:
        """Each pair is the name of an alias `crm:…` and an external id."""
        told = [{"external_id": to, "user_alias": an_alias(name)} for name, to in pairs]
        return self.post("identify", {"aliases_to_identify": told, **other})

    def add(self, name: str | None = None, external_id: str | None = None, **other: Any) -> Profile:
        """Makes somebody, with an alias `crm:NAME`, an external id, or both; `devices` by id."""
        person = NewPerson(
            external_id=external_id,
            aliases=[] if name is None else [("crm", name)],
            devices=[NewDevice(*one) for one in other.pop("devices", {}).items()],
            attributes=other.pop("attributes", {}),
        )
        person.fields = other.pop("fields", {})
        (number,) = create_profiles(self.workspace.pk, [person], other.pop("at", NOW))
        return Profile.objects.get(workspace=self.workspace, number=number)

    def whose(self, name: str, label: str = "crm") -> int | None:
        return resolve_aliases(self.workspace.pk, [(label, name)])[0]

    def portrait(self, number: int) -> Portrait:
        found = finding.portrait_of(self.workspace.pk, number)
        assert found is not None
        return found


def make_caller(slug: str = "lumen") -> Caller:
    workspace = WorkspaceFactory.create(slug=slug)
    RestApiKeyFactory.create(workspace=workspace, secret=SECRET, permissions=PERMISSIONS)
    return Caller(workspace, Client())
