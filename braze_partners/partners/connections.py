"""How each partner stands to a workspace, by the evidence of its keys; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Max, Min, Q

from braze_partners.keys.models import DataImportKey, IssuedKey
from braze_partners.keys.standing import standing
from braze_partners.workspaces.models import Workspace


class State(StrEnum):
    NO_KEY = "no_key"  # never had one, or all are invalidated
    NOT_CONNECTED = "not_connected"  # a key, and no request with it yet
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class Connection:
    state: State
    last_request_at: datetime | None = None
    key_generated_at: datetime | None = None
    active_keys: int = 0
    ever_had_a_key: bool = False


NONE = Connection(State.NO_KEY)


def connections(workspace: Workspace, now: datetime) -> dict[str, Connection]:
    """By partner's slug, in one query; a partner without any key is not in it."""
    valid = Q(invalidated_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))
    rows = (
        DataImportKey.objects.filter(workspace=workspace)
        .values("partner")
        .annotate(
            active=Count("pk", filter=valid),
            last=Max("last_used_at", filter=valid),
            generated=Min("created_at", filter=valid),
        )
    )
    return {
        row["partner"]: _connection(row["active"], row["last"], row["generated"]) for row in rows
    }


def _connection(active: int, last: datetime | None, generated: datetime | None) -> Connection:
    if not active:
        return Connection(State.NO_KEY, ever_had_a_key=True)
    state = State.CONNECTED if last else State.NOT_CONNECTED
    return Connection(state, last, generated, active, True)


def connection_of(keys: Sequence[IssuedKey], now: datetime) -> Connection:
    """Of the keys of one partner that are at hand already."""
    if not keys:
        return NONE
    valid = [key for key in keys if standing(key, now).is_valid]
    last = max((key.last_used_at for key in valid if key.last_used_at), default=None)
    return _connection(len(valid), last, min((key.created_at for key in valid), default=None))


def connection(workspace: Workspace, partner: str, now: datetime) -> Connection:
    return connections(workspace, now).get(partner, NONE)
