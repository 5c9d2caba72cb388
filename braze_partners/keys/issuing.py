"""Makes keys and takes them back, and writes down who did; never keeps a key itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db import transaction

from braze_partners.keys import secrets
from braze_partners.keys.models import DataImportKey, IssuedKey, RestApiKey
from braze_partners.workspaces.audit import COMMAND_LINE, record
from braze_partners.workspaces.models import Account, Workspace

Key = TypeVar("Key", bound=IssuedKey)


@dataclass(frozen=True, slots=True)
class Issued(Generic[Key]):
    """The stored key and, this once, its secret."""

    key: Key
    secret: str


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and from where; without an account it is the command line or a REST key."""

    account: Account | None
    address: str | None = None
    rest_key: str = ""

    @property
    def text(self) -> str:
        return f"REST API key {self.rest_key}" if self.rest_key else COMMAND_LINE


def generate_import_key(
    workspace: Workspace, partner: str, label: str, by: By, now: datetime
) -> Issued[DataImportKey]:
    secret = secrets.new_secret(secrets.Prefix.DATA_IMPORT)
    with transaction.atomic():
        key = DataImportKey.objects.create(
            workspace=workspace,
            partner=partner,
            digest=secrets.digest(secret),
            prefix=secrets.start_of(secret),
            last_four=secrets.end_of(secret),
            label=label.strip(),
            created_by=by.account,
            created_at=now,
        )
        _write_down("data_import_key.generated", key, by, {"partner": partner})
    return Issued(key, secret)


def generate_rest_key(
    workspace: Workspace, permissions: Sequence[str], label: str, by: By, now: datetime
) -> Issued[RestApiKey]:
    """`permissions` are kept in the order of the table, each once."""
    secret = secrets.new_secret(secrets.Prefix.REST)
    with transaction.atomic():
        key = RestApiKey.objects.create(
            workspace=workspace,
            permissions=list(dict.fromkeys(permissions)),
            digest=secrets.digest(secret),
            prefix=secrets.start_of(secret),
            last_four=secrets.end_of(secret),
            label=label.strip(),
            created_by=by.account,
            created_at=now,
        )
        _write_down("rest_api_key.generated", key, by, {"permissions": key.permissions})
    return Issued(key, secret)


def invalidate(key: DataImportKey | RestApiKey, by: By, now: datetime) -> bool:
    """Works at once and cannot be undone; False when it was invalidated before."""
    with transaction.atomic():
        changed = (
            type(key)
            ._default_manager.filter(pk=key.pk, workspace_id=key.workspace_id, invalidated_at=None)
            .update(invalidated_at=now, invalidated_by=by.account)
        )
        if not changed:
            return False
        key.invalidated_at, key.invalidated_by = now, by.account
        kind = "data_import_key" if isinstance(key, DataImportKey) else "rest_api_key"
        _write_down(f"{kind}.invalidated", key, by, {})
    return True


def _write_down(
    action: str, key: DataImportKey | RestApiKey, by: By, detail: dict[str, object]
) -> None:
    target = f"{key.masked} {key.label}".strip()
    record(
        key.workspace,
        by.account,
        action,
        target,
        address=by.address,
        detail=detail,
        actor_text=by.text,
    )
