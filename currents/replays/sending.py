"""Sends a replay on, a request at a time: takes its lease, reads, judges by the settings of now,
delivers with the engine's own means, settles. What dies in between is sent once more by the next.

A replay goes on only while its Current is active: what stops the Current stops it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet

from braze_partners.events import catalogue, deletion
from currents import engine
from currents.claiming import Claimed
from currents.delivery import Answered, Send, deliver
from currents.errors import LeaseLost
from currents.ledger import minute_of
from currents.limits import LANES, LONGEST_LEASE, LONGEST_WAIT, PUT_OFF
from currents.plan import Plan, read_plan
from currents.reading import Prepared, Rules, add, judge
from currents.replays import finding, settling
from currents.replays.finding import Again, Chunk
from currents.replays.limits import LEASE_MARGIN, TURN, WAITS_FOR_CURRENT
from currents.replays.models import Replay
from currents.states import State

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Ready:
    """What one request will hold. `end`: everything of the replay before it is in `prepared`."""

    prepared: Prepared
    fates: dict[int, Again]
    end: int
    missing: Collection[int]


def due(now: datetime) -> list[int]:
    return list(_ready(now).order_by("pk").values_list("pk", flat=True))


def _ready(now: datetime) -> QuerySet[Replay]:
    """Running replays that nobody holds and whose time has come; a lease or a time further ahead
    than any can be was written by a clock that was set back since."""
    free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + LONGEST_LEASE)
    ready = Q(due_at=None) | Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST_WAIT)
    return Replay.objects.filter(free, ready, state=Replay.State.RUNNING)


def run(pk: int, clock: Clock, send: Send = engine.upload) -> bool:
    """For one turn; whether it may go on at once."""
    replay = _take(pk, clock())
    if replay is None:
        return False
    until = clock() + TURN
    try:
        while clock() < until:
            if not step(replay, clock, send):
                return False
    except LeaseLost:
        return False
    except Exception:  # a mistake of ours, or a key that can't be read
        settling.wait(replay, clock() + PUT_OFF)
        raise
    finally:
        settling.held(replay).update(lease_until=None, lease_token="")
    return True


def _take(pk: int, now: datetime) -> Replay | None:
    token = token_hex(16)
    if not _ready(now).filter(pk=pk).update(lease_token=token, lease_until=_leased_until(now)):
        return None
    found = Replay.objects.filter(pk=pk, lease_token=token).select_related("current")
    return found.first()


def step(replay: Replay, clock: Clock, send: Send) -> bool:
    """One request's worth; whether the next may follow at once. Raises LeaseLost."""
    now = clock()
    replay.current.refresh_from_db()
    if replay.current.state == State.DELETED:
        settling.held(replay).update(state=Replay.State.CANCELLED, finished_at=now)
        return False
    plan = read_plan(replay.current) if replay.current.state == State.ACTIVE else None
    if plan is None:
        settling.wait(replay, now + WAITS_FOR_CURRENT)
        return False
    ready = prepare(replay, plan, now)
    renew = partial(_renew, replay)
    renew(now)
    answered = deliver(ready.prepared, clock, send, settings.DELIVERY_REQUEST_SECONDS, renew)
    settled = settling.settle(replay, ready, answered, clock())
    _tell(replay, answered, settled)
    return not settled.waits and not settled.completed


def prepare(replay: Replay, plan: Plan, now: datetime) -> Ready:
    found: Chunk = finding.chunk(replay)
    until = _leased_until(now)
    nowhere = dict.fromkeys(range(LANES), 0)
    tried = dict.fromkeys(range(LANES), replay.end_sequence)  # every event is sent again
    claimed = Claimed(plan, range(LANES), replay.lease_token, now, until, nowhere, tried)
    prepared = Prepared(claimed)
    rules = _rules(plan, found)
    fates: dict[int, Again] = {}
    end = found.end
    for one in found.events:
        minute = minute_of(one.received_at)
        verdict = judge(one.record, one.sequence, minute, one.received_at, rules)
        if verdict is not None:
            prepared.verdicts.append(verdict)
        elif not add(prepared, one.record, one.sequence, minute, one.received_at, None):
            end = one.sequence
            break
        fates[one.sequence] = one
    prepared.end = end
    return Ready(prepared, fates, end, found.missing)


def _rules(plan: Plan, found: Chunk) -> Rules:
    """The event selection is that of now (product.md 5.5)."""
    types = catalogue.event_types()
    earliest = min((one.sequence for one in found.events), default=0)
    identities = [one.record.identity or "" for one in found.events]
    return Rules(
        types,
        plan.selected & types.keys(),
        plan.include_anonymous,
        deletion.tombstones(plan.workspace_id, identities, since=earliest),
    )


def _renew(replay: Replay, now: datetime) -> datetime:
    until = _leased_until(now)
    if not settling.held(replay).update(lease_until=until):
        raise LeaseLost
    return until


def _leased_until(now: datetime) -> datetime:
    return now + LEASE_MARGIN + timedelta(seconds=settings.DELIVERY_REQUEST_SECONDS)


def _tell(replay: Replay, answered: Answered, settled: settling.Settled) -> None:
    log.info(
        "replayed",
        replay=replay.pk,
        current=replay.current_id,
        requests=len(answered.sent),
        delivered=settled.delivered,
        dead=settled.dead,
        filtered=settled.filtered,
        position=replay.position,
    )
