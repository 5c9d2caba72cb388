"""What screens and endpoints tell of keys; reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Case, DateTimeField, Exists, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from braze_partners.keys import usage
from braze_partners.keys.limits import ENDED_TOLD_HOURS, QUIET_SECONDS
from braze_partners.keys.models import DataImportKey, KeyUse, RestApiKey
from braze_partners.keys.secrets import Prefix
from braze_partners.keys.standing import Advice, Standing, advice, standing
from braze_partners.workspaces.models import Workspace

Key = TypeVar("Key", DataImportKey, RestApiKey)
SomeModel = type[DataImportKey] | type[RestApiKey]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key with its calls of the last 24 hours; `advice` is there while it is ending."""

    key: DataImportKey | RestApiKey
    calls: int
    standing: Standing
    advice: Advice | None = None
    grace_left: timedelta | None = None

    @property
    def active(self) -> bool:
        """It may be given to someone: an ending one may not."""
        return self.standing is Standing.ACTIVE

    @property
    def valid(self) -> bool:
        return self.standing.is_valid


@dataclass(frozen=True, slots=True)
class KeyCounts:
    active: int
    ending: int
    ended: int
    invalidated: int


def _listed(keys: QuerySet[Key], now: datetime) -> QuerySet[Key]:
    """Newest first, those that are over last."""
    ended = Case(When(ends_at__lte=now, then=F("ends_at")), output_field=DateTimeField())
    over = Coalesce("invalidated_at", ended)
    found = keys.select_related("created_by", "successor")
    return found.order_by(over.desc(nulls_first=True), "-created_at", "-pk")


def import_keys(workspace: Workspace, partner: str, now: datetime) -> QuerySet[DataImportKey]:
    return _listed(DataImportKey.objects.filter(workspace=workspace, partner=partner), now)


def rest_keys(workspace: Workspace, now: datetime) -> QuerySet[RestApiKey]:
    return _listed(RestApiKey.objects.filter(workspace=workspace), now)


def with_calls(
    kind: str, keys: list[DataImportKey] | list[RestApiKey], now: datetime
) -> list[KeyRow]:
    """One query more, however many keys."""
    calls = usage.calls_last_day(kind, [key.pk for key in keys], now)
    return [_row(key, calls.get(key.pk, 0), now) for key in keys]


def _row(key: DataImportKey | RestApiKey, calls: int, now: datetime) -> KeyRow:
    how = standing(key, now)
    if how is not Standing.ENDING or key.ends_at is None:
        return KeyRow(key, calls, how)
    return KeyRow(key, calls, how, advice(key, now), key.ends_at - now)


def import_key_rows(workspace: Workspace, partner: str, now: datetime) -> list[KeyRow]:
    return with_calls(KeyUse.Kind.DATA_IMPORT, list(import_keys(workspace, partner, now)), now)


def rest_key_rows(workspace: Workspace, now: datetime) -> list[KeyRow]:
    return with_calls(KeyUse.Kind.REST, list(rest_keys(workspace, now)), now)


def counts(rows: list[KeyRow]) -> KeyCounts:
    by_standing = Counter(row.standing for row in rows)
    return KeyCounts(
        by_standing[Standing.ACTIVE],
        by_standing[Standing.ENDING],
        by_standing[Standing.ENDED],
        by_standing[Standing.INVALIDATED],
    )


def find(workspace: Workspace, shown: str) -> DataImportKey | RestApiKey | None:
    """A key by what is shown of it: `bpi_8Yw2…k4Tz`, or the part before the dots where only one
    key begins so."""
    model: SomeModel = RestApiKey if shown.startswith(Prefix.REST) else DataImportKey
    start, _, end = shown.partition("…")
    found: QuerySet[Any] = model._default_manager.filter(workspace=workspace, prefix=start)
    if end:
        found = found.filter(last_four=end)
    keys: list[DataImportKey | RestApiKey]
    keys = [*found.select_related("workspace", "successor")[:2]]
    return keys[0] if len(keys) == 1 else None


def any_still_told(workspace: Workspace, now: datetime) -> list[Exists]:
    """Conditions of which one holds where `ending_while_used` may find something."""
    told = _still_told(workspace, now)
    return [Exists(model._default_manager.filter(told)) for model in (DataImportKey, RestApiKey)]


def _still_told(workspace: Workspace, now: datetime) -> Q:
    return Q(
        workspace=workspace,
        invalidated_at=None,
        ends_at__gt=now - timedelta(hours=ENDED_TOLD_HOURS),
        last_used_at__gt=F("rotated_at"),
    )


def ending_while_used(workspace: Workspace, now: datetime) -> list[KeyRow]:
    """Rotated keys that somebody still calls with, and those that ended so within a day. One
    query where there are none, which is on every page."""
    still_told = _still_told(workspace, now)
    models: dict[str, SomeModel] = {"import": DataImportKey, "rest": RestApiKey}
    first, second = (
        model._default_manager.filter(still_told).annotate(kind=Value(kind)).values_list("kind")
        for kind, model in models.items()
    )
    rows = [
        _row(key, 0, now)
        for (kind,) in sorted(first.union(second))
        for key in models[kind]._default_manager.filter(still_told).select_related("successor")
    ]
    return [row for row in rows if _is_trouble(row)]


def _is_trouble(row: KeyRow) -> bool:
    if row.advice is not None:
        return not row.advice.is_safe
    last, end = row.key.last_used_at, row.key.ends_at
    return bool(last and end and last > end - timedelta(seconds=QUIET_SECONDS))
