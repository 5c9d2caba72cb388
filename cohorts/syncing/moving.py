"""Moves a sync run from state to state by compare-and-set: the only writer of states."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from cohorts.syncing.models import ProjectCall, SyncRun
from cohorts.syncing.signals import sync_ended
from cohorts.syncing.states import ACTIVE, MOVES, State

# What no run needs any longer once nobody can go on with it.
ENDED: dict[str, Any] = {
    "due_at": None,
    "lease_until": None,
    "lease_token": "",
    "waiting_for": "",
}
FORGOTTEN: dict[str, Any] = {"target_bits": None, "unknown_ids": None, "target_kept": False}


def move(
    pk: int,
    after: State,
    now: datetime,
    before: Collection[State] = tuple(State),
    *,
    token: str | None = None,
    **changes: Any,
) -> bool:
    """Whether it moved: only from a state that the table allows and that is one of `before`, only
    by who holds the lease where `token` is given, in one statement. `changes` are columns that
    change with it."""
    allowed = [one for one, reachable in MOVES.items() if after in reachable and one in before]
    rows = SyncRun.objects.filter(pk=pk, state__in=allowed)
    if token is not None:
        rows = rows.filter(lease_token=token)
    if after not in ACTIVE:
        changes = {**ENDED, "finished_at": now, **changes}
    moved = rows.update(state=after, state_since=now, **changes) == 1
    if moved and after not in ACTIVE:
        ProjectCall.objects.filter(run=pk, ended_at=None).update(ended_at=now)
        sync_ended.send(SyncRun, pk=pk, state=after, now=now)
    return moved
