"""What is due, and taking it: leases on a Current's lanes, shared out fairly. Sends nothing.

Claims go round the workspaces, then the Currents of a workspace, then their lanes: who waited
longest since the last claim comes first. While others wait, no Current has more than a third of
all threads, and the slow and failing ones together no more than a third either, so that a dead
destination never delays another.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from braze_partners.events import event_log
from currents import holding, ledger
from currents.errors import LeaseLost
from currents.limits import (
    BACKLOG_FOR_ALL_LANES,
    LANES,
    LANES_PER_CLAIM,
    LEASE_MARGIN,
    LONGEST_LEASE,
    LONGEST_WAIT,
    PUT_OFF,
    STEPS_OF_COUNTING,
)
from currents.models import Current, Hold, Lane
from currents.moving import move
from currents.plan import Plan, read_plan
from currents.states import SENDING, State

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Current that may have something to send. `flying` counts its leases under way;
    `due_lanes` are those with holds that are due."""

    current_id: int
    workspace_id: int
    careful: bool  # failing, refused or slow
    single: bool  # failing or refused: one claim at a time
    flying: int
    position: int
    claimed_at: datetime | None
    has_work: bool
    due_lanes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Claimed:
    """Lanes that this worker alone may send from until `until`; positions by lane."""

    plan: Plan
    lanes: range
    token: str
    until: datetime
    positions: dict[int, int]
    tried: dict[int, int]

    @property
    def start(self) -> int:
        return min(self.positions.values())


# Current, workspace, state, slow, leases under way, lowest position, last claim.
_CANDIDATES = """
SELECT c.id, c.workspace_id, c.state, c.slow,
       COUNT(DISTINCT CASE WHEN l.lease_until > %s AND l.lease_until <= %s THEN l.lease_token END),
       MIN(l.position), MAX(l.claimed_at)
  FROM currents_current c JOIN currents_lane l ON l.current_id = c.id
 WHERE c.state IN ({states}) AND (c.due_at IS NULL OR c.due_at <= %s OR c.due_at > %s)
 GROUP BY c.id, c.workspace_id, c.state, c.slow
"""

_LEASE = """
UPDATE currents_lane SET lease_token = %s, lease_until = %s, claimed_at = %s
 WHERE id IN (
   SELECT id FROM currents_lane WHERE current_id = %s AND lane >= %s AND lane < %s
      AND (lease_until IS NULL OR lease_until <= %s OR lease_until > %s)
    ORDER BY lane {lock}
 )
RETURNING lane, position, tried
"""


def claim(threads: int, now: datetime) -> Claimed | None:
    """The next piece of work, with the ledger counted up to it; None when nothing is due or
    others took it. `threads`: how many may work at once on all machines."""
    for candidate in in_turn(candidates(now), threads):
        head = event_log.head(candidate.workspace_id)
        plan = _plan(candidate, head, now)
        if plan is None:
            continue
        for lanes in groups(candidate, head):
            claimed = lease(plan, lanes, now)
            if claimed is not None:
                return claimed
    return None


def _plan(candidate: Candidate, head: int, now: datetime) -> Plan | None:
    """None for a Current that sends nothing now. One whose row can't be read waits a while: it must
    not hold up the others."""
    try:
        return _counted_plan(candidate, head)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble is everybody's
    except Exception:
        log.exception("current_put_off", current=candidate.current_id)
        put_off(candidate.current_id, now)
        return None


def put_off(current_id: int, now: datetime) -> None:
    """After a mistake of ours or a row that can't be read: as a destination that fails."""
    move(current_id, State.FAILING, now, failing_since=now)
    Current.objects.filter(pk=current_id).update(due_at=now + PUT_OFF)


def _counted_plan(candidate: Candidate, head: int) -> Plan | None:
    """Counted first: nothing is read that the ledger has not taken in."""
    current = Current.objects.filter(pk=candidate.current_id).first()
    if current is None or current.state not in SENDING:
        return None
    ledger.count(current, head, STEPS_OF_COUNTING)
    return read_plan(current)


def candidates(now: datetime) -> list[Candidate]:
    """Those whose time has come, with or without work."""
    found = _read_candidates(now)
    heads = event_log.heads({row[1] for row in found})
    due_holds = Hold.objects.filter(holding.due_at(now))
    held: dict[int, set[int]] = {}
    for current_id, lane in due_holds.values_list("current_id", "lane").distinct():
        held.setdefault(current_id, set()).add(lane)
    made = []
    for pk, workspace, state, slow, flying, position, claimed_at in found:
        single = state != State.ACTIVE
        made.append(
            Candidate(
                pk,
                workspace,
                single or bool(slow),
                single,
                flying,
                position,
                min(claimed_at, now) if claimed_at else None,
                position < heads[workspace] or pk in held,
                frozenset(held.get(pk, ())),
            )
        )
    return made


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


def groups(candidate: Candidate, head: int) -> list[range]:
    """The lanes to try for: all together while little waits or one claim at a time goes out."""
    everything = range(LANES)
    quarters = [range(at, at + LANES_PER_CLAIM) for at in range(0, LANES, LANES_PER_CLAIM)]
    if candidate.single:
        return [everything]
    if head - candidate.position <= BACKLOG_FOR_ALL_LANES and not candidate.flying:
        return [everything, *quarters]
    return _furthest_behind(candidate, quarters, head)


def _furthest_behind(candidate: Candidate, quarters: Sequence[range], head: int) -> list[range]:
    """Those with something to do; what is under way elsewhere is none of theirs."""
    rows = Lane.objects.filter(current_id=candidate.current_id)
    positions = dict(rows.values_list("lane", "position"))
    behind = {lanes: min(positions[lane] for lane in lanes) for lanes in quarters}
    useful = [
        lanes
        for lanes in quarters
        if behind[lanes] < head or not candidate.due_lanes.isdisjoint(lanes)
    ]
    return sorted(useful, key=lambda lanes: behind[lanes])


def lease(plan: Plan, lanes: range, now: datetime) -> Claimed | None:
    """All of the lanes or none: a range of which somebody holds a part is left alone."""
    token = secrets.token_hex(16)
    until = _leased_until(now)
    lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    free = [_stamp(now), _stamp(now + LONGEST_LEASE)]
    values: list[Any] = [
        token,
        _stamp(until),
        _stamp(now),
        plan.current_id,
        lanes.start,
        lanes.stop,
        *free,
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LEASE.format(lock=lock), values)
        rows = cursor.fetchall()
        if len(rows) != len(lanes):
            transaction.set_rollback(True)
            return None
    positions = {lane: position for lane, position, _ in rows}
    return Claimed(plan, lanes, token, until, positions, {lane: tried for lane, _, tried in rows})


def renew(claimed: Claimed, now: datetime) -> datetime:
    """Makes the lease last for one more request. Raises LeaseLost."""
    until = _leased_until(now)
    rows = Lane.objects.filter(current_id=claimed.plan.current_id, lease_token=claimed.token)
    if rows.update(lease_until=until) != len(claimed.lanes):
        raise LeaseLost
    return until


def _leased_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.DELIVERY_REQUEST_SECONDS) + LEASE_MARGIN


def release(claimed: Claimed) -> None:
    """Gives the lanes back with nothing decided."""
    Lane.objects.filter(current_id=claimed.plan.current_id, lease_token=claimed.token).update(
        lease_token="", lease_until=None
    )


def _read_candidates(now: datetime) -> list[tuple]:  # type: ignore[type-arg]
    states = ", ".join(["%s"] * len(SENDING))
    values: list[Any] = [_stamp(now), _stamp(now + LONGEST_LEASE), *map(str, SENDING)]
    values += [_stamp(now), _stamp(now + LONGEST_WAIT)]
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES.format(states=states), values)
        rows = cursor.fetchall()
    return [(*row[:6], _moment(row[6])) for row in rows]


def _stamp(moment: datetime) -> Any:
    """A moment as this database's own cursor takes it."""
    return connection.ops.adapt_datetimefield_value(moment)


def _moment(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(f"{value}+00:00")
