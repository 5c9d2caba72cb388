"""Moves a Current from state to state by compare-and-set, and what a person's moves bring along:
launch, pause, resume, delete. Knows rows and the audit log; sends nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from braze_partners.events import event_log
from braze_partners.webhooks import noting
from braze_partners.webhooks.kinds import Kind
from braze_partners.workspaces.audit import Actor, record_by
from currents.errors import MoveRefused
from currents.lanes import make_lanes
from currents.models import CredentialFailure, Current
from currents.states import MOVES, REFUSED, State


def move(
    current_id: int,
    after: State,
    now: datetime,
    before: Collection[State] = tuple(State),
    **changes: Any,
) -> bool:
    """Whether it moved: only from a state that the table allows and that is one of `before`, in
    one statement. `changes` are columns that change with it."""
    allowed = [one for one, reachable in MOVES.items() if after in reachable and one in before]
    with transaction.atomic():  # told where it moved, and only there
        moved = Current.objects.filter(pk=current_id, state__in=allowed).update(
            state=after, state_since=now, **changes
        )
        if moved:
            _tell(current_id, after, now)
    return moved == 1


def _tell(current_id: int, after: State, now: datetime) -> None:
    current = Current.objects.values("workspace_id", "name").get(pk=current_id)
    data = {
        "current": current_id,
        "name": current["name"],
        "state": after.value,
        "since": now.isoformat(),
    }
    noting.note(current["workspace_id"], Kind.CURRENT_STATE_CHANGED, data, now)


def launch(current: Current, actor: Actor, now: datetime) -> None:
    """From draft to active: it sees the events that are received from here on. Raises MoveRefused
    for what is no draft; whether the draft is complete is editing's to say, before."""
    with transaction.atomic():
        head = event_log.head(current.workspace_id)
        moved = move(
            current.pk,
            State.ACTIVE,
            now,
            launched_at=now,
            launched_by=actor.account,
            launch_sequence=head,
            counted_sequence=head,
        )
        if not moved:
            raise MoveRefused(current, State.ACTIVE)
        make_lanes(current.pk, head)
        _record(current, actor, "current.launched")


def pause(current: Current, actor: Actor, now: datetime) -> None:
    """Events go on being received and wait. A window that credentials have left to run is over:
    who pauses wants the events kept; refused again after resuming, a new one begins."""
    with transaction.atomic():
        _move_by_hand(current, State.PAUSED, actor, now, "current.paused")
        CredentialFailure.objects.filter(current=current, ended_at=None).update(ended_at=now)


def resume(current: Current, actor: Actor, now: datetime) -> None:
    """Paused or failing: it goes on at once. With refused credentials it is probed at once."""
    with transaction.atomic():
        tried = Current.objects.filter(pk=current.pk, state__in=[*REFUSED, State.FAILING])
        if not (
            move(current.pk, State.ACTIVE, now, [State.PAUSED], due_at=None)
            or tried.update(due_at=now)
        ):
            raise MoveRefused(current, State.ACTIVE)
        _record(current, actor, "current.resumed")


def delete(current: Current, actor: Actor, now: datetime) -> None:
    """It stops at once, and its key is forgotten; what it did stays in the totals."""
    _move_by_hand(
        current, State.DELETED, actor, now, "current.deleted", api_key=None, api_key_hint=""
    )


def _move_by_hand(
    current: Current, after: State, actor: Actor, now: datetime, action: str, **changes: Any
) -> None:
    with transaction.atomic():
        if not move(current.pk, after, now, **changes):
            raise MoveRefused(current, after)
        _record(current, actor, action)


def _record(current: Current, actor: Actor, action: str) -> None:
    record_by(actor, current.workspace, action, current.name, {"current": current.pk})
