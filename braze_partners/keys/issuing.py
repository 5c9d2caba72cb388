"""Makes keys, replaces them and takes them back, and writes down who did; keeps no key itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from braze_partners.keys import secrets
from braze_partners.keys.errors import NotRotatable
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
    with transaction.atomic():
        key = DataImportKey(workspace=workspace, partner=partner, label=label.strip())
        secret = _store(key, secrets.Prefix.DATA_IMPORT, by, now)
        _write_down("data_import_key.generated", key, by, {"partner": partner})
    return Issued(key, secret)


def generate_rest_key(
    workspace: Workspace,
    permissions: Sequence[str],
    label: str,
    by: By,
    now: datetime,
    addresses: Sequence[str] = (),
) -> Issued[RestApiKey]:
    """`permissions` are kept in the order of the table, each once; `addresses` are addresses and
    networks as `addresses.read` gives them, none for any."""
    with transaction.atomic():
        key = RestApiKey(
            workspace=workspace,
            permissions=list(dict.fromkeys(permissions)),
            allowed_addresses=list(addresses),
            label=label.strip(),
        )
        secret = _store(key, secrets.Prefix.REST, by, now)
        detail = {"permissions": key.permissions}
        if key.allowed_addresses:
            detail["addresses"] = key.allowed_addresses
        _write_down("rest_api_key.generated", key, by, detail)
    return Issued(key, secret)


def rotate(key: Key, grace: timedelta, by: By, now: datetime) -> Issued[Key]:
    """A successor that may do the same; the old key stays valid until the grace ends. Raises
    NotRotatable for a key that was rotated or invalidated before."""
    with transaction.atomic():
        successor = _successor(key)
        secret = _store(successor, secrets.Prefix(key.prefix[:4]), by, now)
        changed = _unended(key).update(rotated_at=now, ends_at=now + grace, successor=successor)
        if not changed:
            raise NotRotatable
        key.rotated_at, key.ends_at, key.successor = now, now + grace, successor
        detail = {"successor": successor.masked, "grace_seconds": int(grace.total_seconds())}
        _write_down(f"{_kind(key)}.rotated", key, by, detail)
    return Issued(successor, secret)


def _successor(key: Key) -> Key:
    same: dict[str, object] = {"workspace": key.workspace, "label": key.label}
    for name in ("partner", "permissions", "allowed_addresses"):
        if hasattr(key, name):
            same[name] = getattr(key, name)
    return type(key)(**same)


def _store(key: IssuedKey, prefix: secrets.Prefix, by: By, now: datetime) -> str:
    """Makes the secret and keeps its hash and its two ends."""
    secret = secrets.new_secret(prefix)
    key.digest = secrets.digest(secret)
    key.prefix, key.last_four = secrets.start_of(secret), secrets.end_of(secret)
    key.created_by, key.created_at = by.account, now
    key.save(force_insert=True)
    return secret


def _unended(key: Key) -> QuerySet[Key]:
    found = type(key)._default_manager.filter(pk=key.pk, workspace_id=key.workspace_id)
    return found.filter(invalidated_at=None, ends_at=None)


def invalidate(key: IssuedKey, by: By, now: datetime) -> bool:
    """Works at once and cannot be undone; False when it was invalidated before, or its grace has
    ended."""
    with transaction.atomic():
        changed = (
            type(key)
            ._default_manager.filter(pk=key.pk, workspace_id=key.workspace_id, invalidated_at=None)
            .exclude(ends_at__lte=now)
            .update(invalidated_at=now, invalidated_by=by.account)
        )
        if not changed:
            return False
        key.invalidated_at, key.invalidated_by = now, by.account
        _write_down(f"{_kind(key)}.invalidated", key, by, {})
    return True


def _kind(key: IssuedKey) -> str:
    return "data_import_key" if isinstance(key, DataImportKey) else "rest_api_key"


def _write_down(action: str, key: IssuedKey, by: By, detail: Mapping[str, object]) -> None:
    target = f"{key.masked} {key.label}".strip()
    record(
        key.workspace,
        by.account,
        action,
        target,
        address=by.address,
        detail=dict(detail),
        actor_text=by.text,
    )
