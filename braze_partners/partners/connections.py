"""How each partner stands to a workspace, by the evidence of its keys; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Max, Min, Q

from braze_partners.keys.models import DataImportKey
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
_ACTIVE = Q(invalidated_at=None)


def connections(workspace: Workspace) -> dict[str, Connection]:
    """By partner's slug, in one query; a partner without any key is not in it."""
    rows = (
        DataImportKey.objects.filter(workspace=workspace)
        .values("partner")
        .annotate(
            active=Count("pk", filter=_ACTIVE),
            last=Max("last_used_at", filter=_ACTIVE),
            generated=Min("created_at", filter=_ACTIVE),
        )
    )
    return {row["partner"]: _connection(row) for row in rows}


def _connection(row: Mapping[str, object]) -> Connection:
    last, generated, active = row["last"], row["generated"], row["active"]
    assert last is None or isinstance(last, datetime)
    assert generated is None or isinstance(generated, datetime)
    assert isinstance(active, int)
    if not active:
        return Connection(State.NO_KEY, ever_had_a_key=True)
    state = State.CONNECTED if last else State.NOT_CONNECTED
    return Connection(state, last, generated, active, True)


def connection(workspace: Workspace, partner: str) -> Connection:
    return connections(workspace).get(partner, NONE)
