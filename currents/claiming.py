"""Taking what is due: leases on a Current's lanes, each one worker's alone. Sends nothing.

In whose turn is candidates.py's to say.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from currents import ledger
from currents.candidates import Candidate, candidates, in_turn, stamp
from currents.errors import LeaseLost
from currents.limits import (
    BACKLOG_FOR_ALL_LANES,
    LANES,
    LEASE_MARGIN,
    LONGEST_LEASE,
    PUT_OFF,
    STEPS_OF_COUNTING,
)
from currents.models import Current, Lane
from currents.moving import move
from currents.plan import Plan, read_plan
from currents.states import SENDING, State

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Lanes that this worker alone may send from until `until`; positions by lane. `since` is
    when they were taken; `no_holds` says that none of their identities is held."""

    plan: Plan
    lanes: range
    token: str
    since: datetime
    until: datetime
    positions: dict[int, int]
    tried: dict[int, int]
    no_holds: bool = False

    @property
    def start(self) -> int:
        return min(self.positions.values())


# All of the lanes or none.
_LEASE = """
WITH free AS (
  SELECT id FROM currents_lane WHERE current_id = %s AND lane >= %s AND lane < %s
     AND (lease_until IS NULL OR lease_until <= %s OR lease_until > %s)
   ORDER BY lane {lock}
)
UPDATE currents_lane SET lease_token = %s, lease_until = %s, claimed_at = %s
 WHERE id IN (SELECT id FROM free) AND (SELECT COUNT(*) FROM free) = %s
RETURNING lane, position, tried
"""


def claim(threads: int, now: datetime, gathering: float = 0) -> Claimed | None:
    """The next piece of work, with the ledger counted up to it; None when nothing is due or
    others took it. `threads`: how many may work at once on all machines; `gathering` as
    candidates.py says."""
    for candidate in in_turn(candidates(now, gathering), threads):
        lanes_to_try = groups(candidate)
        plan = _plan(candidate, now) if lanes_to_try else None
        if plan is None:
            continue
        for lanes in lanes_to_try:
            claimed = lease(plan, lanes, now)
            if claimed is not None:
                return claimed
    return None


def _plan(candidate: Candidate, now: datetime) -> Plan | None:
    """None for a Current that sends nothing now. One whose row can't be read waits a while: it must
    not hold up the others."""
    try:
        return _counted_plan(candidate)
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


def _counted_plan(candidate: Candidate) -> Plan | None:
    """Counted first: nothing is read that the ledger has not taken in."""
    current = Current.objects.filter(pk=candidate.current_id).first()
    if current is None or current.state not in SENDING:
        return None
    ledger.count(current, candidate.head, STEPS_OF_COUNTING)
    return read_plan(current)


def groups(candidate: Candidate) -> list[range]:
    """The lanes to try for: all together while little waits or one claim at a time goes out, else
    those with something to do, of which nothing is under way."""
    everything = range(LANES)
    if candidate.single:
        return [everything]
    useful = [
        quarter
        for quarter in candidate.quarters
        if not quarter.token
        and (quarter.position < candidate.head or not candidate.due_lanes.isdisjoint(quarter.lanes))
    ]
    lanes = [quarter.lanes for quarter in sorted(useful, key=lambda one: one.position)]
    little = candidate.head - candidate.position <= BACKLOG_FOR_ALL_LANES
    return [everything, *lanes] if little and not candidate.flying else lanes


def lease(plan: Plan, lanes: range, now: datetime) -> Claimed | None:
    """All of the lanes or none: a range of which somebody holds a part is left alone."""
    token, until = secrets.token_hex(16), leased_until(now)
    lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    wanted: list[Any] = [plan.current_id, lanes.start, lanes.stop]
    wanted += [stamp(now), stamp(now + LONGEST_LEASE)]
    with connection.cursor() as cursor:
        taken = [token, stamp(until), stamp(now), len(lanes)]
        cursor.execute(_LEASE.format(lock=lock), [*wanted, *taken])
        rows = cursor.fetchall()
    if not rows:
        return None
    positions = {lane: position for lane, position, _ in rows}
    tried = {lane: before for lane, _, before in rows}
    return Claimed(plan, lanes, token, now, until, positions, tried)


def gone_on(claimed: Claimed, end: int, now: datetime) -> Claimed:
    """The same lanes, kept by settling with everything before `end` decided and nothing held."""
    positions = {lane: max(position, end) for lane, position in claimed.positions.items()}
    until = leased_until(now)
    return replace(claimed, until=until, positions=positions, no_holds=True)


def renew(claimed: Claimed, now: datetime) -> datetime:
    """Makes the lease last for one more request. Raises LeaseLost."""
    until = leased_until(now)
    rows = Lane.objects.filter(current_id=claimed.plan.current_id, lease_token=claimed.token)
    if rows.update(lease_until=until) != len(claimed.lanes):
        raise LeaseLost
    return until


def leased_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.DELIVERY_REQUEST_SECONDS) + LEASE_MARGIN


def release(claimed: Claimed) -> None:
    """Gives the lanes back with nothing decided."""
    Lane.objects.filter(current_id=claimed.plan.current_id, lease_token=claimed.token).update(
        lease_token="", lease_until=None
    )
