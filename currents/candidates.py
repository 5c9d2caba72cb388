"""Which Currents may have something to send now, and whose turn it is. Takes nothing.

Turns go round the workspaces, then the Currents of a workspace, then their lanes: who waited
longest since the last claim comes first. While others wait, no Current has more than a third of
all threads, and the slow and failing ones together no more than a third either, so that a dead
destination never delays another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from braze_partners.events import event_log
from currents import holding
from currents.limits import (
    LANES,
    LANES_PER_CLAIM,
    LONGEST_LEASE,
    LONGEST_WAIT,
    WORTH_A_REQUEST,
)
from currents.models import Hold
from currents.states import SENDING, State

QUARTERS = tuple(range(at, at + LANES_PER_CLAIM) for at in range(0, LANES, LANES_PER_CLAIM))


@dataclass(frozen=True, slots=True)
class Quarter:
    """Neighbouring lanes that are claimed together. `position` is that of the furthest behind,
    `token` that of a lease under way on any of them."""

    lanes: range
    position: int
    token: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Current that may have something to send. `flying` counts its leases under way; `head` is
    its log's; `due_lanes` are those with holds that are due."""

    current_id: int
    workspace_id: int
    careful: bool  # failing, refused or slow
    single: bool  # failing or refused: one claim at a time
    flying: int
    position: int
    claimed_at: datetime | None
    has_work: bool
    head: int = 0
    due_lanes: frozenset[int] = frozenset()
    quarters: tuple[Quarter, ...] = ()


_UNDER_WAY = "l.lease_until > %s AND l.lease_until <= %s"
_QUARTERS = ", ".join(
    f"MIN(CASE WHEN l.lane >= {lanes.start} AND l.lane < {lanes.stop} THEN l.position END),"
    f" MAX(CASE WHEN l.lane >= {lanes.start} AND l.lane < {lanes.stop} AND {_UNDER_WAY}"
    " THEN l.lease_token END)"
    for lanes in QUARTERS
)
_CANDIDATES = f"""
SELECT c.id, c.workspace_id, c.state, c.slow, MAX(l.claimed_at), {_QUARTERS}
  FROM currents_current c JOIN currents_lane l ON l.current_id = c.id
 WHERE c.state IN ({", ".join(["%s"] * len(SENDING))})
   AND (c.due_at IS NULL OR c.due_at <= %s OR c.due_at > %s)
 GROUP BY c.id, c.workspace_id, c.state, c.slow
"""


def candidates(now: datetime, gathering: float = 0) -> list[Candidate]:
    """Those whose time has come, with or without work. For `gathering` seconds after a claim less
    than half a request counts as none."""
    rows = _rows(now)
    heads = event_log.heads({row[1] for row in rows})
    due = _due_lanes(now)
    return [
        _candidate(row, heads[row[1]], due.get(row[0], frozenset()), now, gathering) for row in rows
    ]


def _candidate(
    row: Sequence[Any], head: int, due_lanes: frozenset[int], now: datetime, gathering: float
) -> Candidate:
    current_id, workspace_id, state, slow, last, *rest = row
    quarters = tuple(
        Quarter(lanes, position, token or "")
        for lanes, position, token in zip(QUARTERS, rest[::2], rest[1::2], strict=True)
    )
    position = min(quarter.position for quarter in quarters)
    single = state != State.ACTIVE
    claimed_at = _moment(last)
    return Candidate(
        current_id,
        workspace_id,
        single or bool(slow),
        single,
        len({quarter.token for quarter in quarters} - {""}),
        position,
        min(claimed_at, now) if claimed_at else None,
        bool(due_lanes) or _is_worth_a_request(head - position, claimed_at, now, gathering),
        head,
        due_lanes,
        quarters,
    )


def _is_worth_a_request(
    waiting: int, claimed_at: datetime | None, now: datetime, gathering: float
) -> bool:
    """Anything is, but shortly after another claim only what half fills a request."""
    if waiting >= WORTH_A_REQUEST or claimed_at is None:
        return waiting > 0
    return waiting > 0 and not 0 <= (now - claimed_at).total_seconds() < gathering


def _rows(now: datetime) -> list[Any]:
    under_way = [stamp(now), stamp(now + LONGEST_LEASE)] * len(QUARTERS)
    due = [stamp(now), stamp(now + LONGEST_WAIT)]
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, [*under_way, *map(str, SENDING), *due])
        return cursor.fetchall()


def _due_lanes(now: datetime) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    due = Hold.objects.filter(holding.due_at(now))
    for current_id, lane in due.values_list("current_id", "lane").distinct():
        found.setdefault(current_id, set()).add(lane)
    return {current_id: frozenset(lanes) for current_id, lanes in found.items()}


def stamp(moment: datetime) -> Any:
    """A moment as this database's own cursor takes it."""
    return connection.ops.adapt_datetimefield_value(moment)


def _moment(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(f"{value}+00:00")


def in_turn(found: Sequence[Candidate], threads: int) -> list[Candidate]:
    """Those with work, who waited longest first, without those that have their share."""
    share = max(1, threads // 3)
    careful = sum(candidate.flying for candidate in found if candidate.careful)
    ready = [
        candidate
        for candidate in found
        if candidate.has_work and not (candidate.single and candidate.flying)
    ]
    others = len({candidate.current_id for candidate in ready}) > 1
    kept = [
        candidate
        for candidate in ready
        if candidate.flying < (share if others else max(1, threads - share))
        and not (candidate.careful and careful >= _careful_share(threads, share, ready))
    ]
    return _round_robin(kept)


def _careful_share(threads: int, share: int, ready: Iterable[Candidate]) -> int:
    """A third of the threads while a quick one waits; else all but a third, for who comes next."""
    quick_waits = any(not candidate.careful for candidate in ready)
    return share if quick_waits else max(1, threads - share)


def _round_robin(found: Sequence[Candidate]) -> list[Candidate]:
    def waited(candidate: Candidate) -> float:
        return candidate.claimed_at.timestamp() if candidate.claimed_at else 0.0

    of_workspace: dict[int, float] = {}
    for candidate in found:
        last = of_workspace.get(candidate.workspace_id, 0.0)
        of_workspace[candidate.workspace_id] = max(last, waited(candidate))
    return sorted(found, key=lambda one: (of_workspace[one.workspace_id], waited(one)))
