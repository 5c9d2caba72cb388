"""What screens and endpoints tell of keys; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from braze_partners.keys import usage
from braze_partners.keys.models import DataImportKey, KeyUse, RestApiKey
from braze_partners.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key with its calls of the last 24 hours."""

    key: DataImportKey | RestApiKey
    calls: int

    @property
    def active(self) -> bool:
        return self.key.invalidated_at is None


@dataclass(frozen=True, slots=True)
class KeyCounts:
    active: int
    invalidated: int


def import_keys(workspace: Workspace, partner: str | None = None) -> QuerySet[DataImportKey]:
    """Newest first, the invalidated last."""
    found = DataImportKey.objects.filter(workspace=workspace).select_related("created_by")
    if partner is not None:
        found = found.filter(partner=partner)
    return found.order_by(F("invalidated_at").desc(nulls_first=True), "-created_at", "-pk")


def rest_keys(workspace: Workspace) -> QuerySet[RestApiKey]:
    found = RestApiKey.objects.filter(workspace=workspace).select_related("created_by")
    return found.order_by(F("invalidated_at").desc(nulls_first=True), "-created_at", "-pk")


def with_calls(
    kind: str, keys: list[DataImportKey] | list[RestApiKey], now: datetime
) -> list[KeyRow]:
    """One query more, however many keys."""
    calls = usage.calls_last_day(kind, [key.pk for key in keys], now)
    return [KeyRow(key, calls.get(key.pk, 0)) for key in keys]


def import_key_rows(workspace: Workspace, partner: str, now: datetime) -> list[KeyRow]:
    return with_calls(KeyUse.Kind.DATA_IMPORT, list(import_keys(workspace, partner)), now)


def rest_key_rows(workspace: Workspace, now: datetime) -> list[KeyRow]:
    return with_calls(KeyUse.Kind.REST, list(rest_keys(workspace)), now)


def counts(rows: list[KeyRow]) -> KeyCounts:
    active = sum(row.active for row in rows)
    return KeyCounts(active, len(rows) - active)
