"""One step of delivery: claim, prepare, deliver, settle. What every worker thread repeats.

Knows the four phases and in which order they come. Whatever dies between them, nothing is lost:
until a claim is settled, its events are undecided and its lease runs out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from currents import metrics
from currents.amplitude import client
from currents.claiming import Claimed, claim, gone_on, put_off, release, renew
from currents.delivery import Answered, Send, deliver, kind_of
from currents.errors import LeaseLost
from currents.reading import prepare
from currents.settling import Settlement, settle

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


def upload(region: str, body: bytes, seconds: float) -> Answer | NetworkFailure:
    return client.upload(region, body, deadline=seconds)


def step(threads: int, clock: Clock, send: Send = upload) -> bool:
    """Does the next piece of work; False when nothing is due. `threads`: on all machines."""
    claimed = claim(threads, clock())
    if claimed is None:
        return False
    work(claimed, clock, send)
    return True


def work(claimed: Claimed, clock: Clock, send: Send = upload) -> Settlement | None:
    """From claimed to settled, and on with the same lanes for as long as they are kept; None where
    another worker has taken them meanwhile."""
    while True:
        made = _send_and_settle(claimed, clock, send)
        if made is None or not made.kept:
            return made
        claimed = gone_on(claimed, made.end, clock())


def _send_and_settle(claimed: Claimed, clock: Clock, send: Send) -> Settlement | None:
    try:
        prepared = prepare(claimed, clock())
        answered = deliver(
            prepared, clock, send, settings.DELIVERY_REQUEST_SECONDS, partial(renew, claimed)
        )
        made = settle(answered, clock())
    except LeaseLost:
        log.warning("lease_lost", current=claimed.plan.current_id, lanes=_lanes(claimed))
        return None
    except (OperationalError, InterfaceError):
        release(claimed)
        raise
    except Exception:
        release(claimed)
        put_off(claimed.plan.current_id, clock())
        raise
    _tell(answered)
    return made


def _tell(answered: Answered) -> None:
    """One line an attempt, in the words of the attempts' page and the metrics."""
    claimed = answered.prepared.claimed
    for sent in answered.sent:
        outcome = kind_of(sent.outcome)
        metrics.note_attempt(outcome, len(sent.items), sent.took_ms, sent.delay_ms)
        log.info(
            "attempt",
            current=claimed.plan.current_id,
            workspace=claimed.plan.workspace_id,
            probe=claimed.plan.probing,
            lanes=_lanes(claimed),
            first_sequence=sent.items[0].sequence,
            events=len(sent.items),
            bytes=sent.bytes,
            status=sent.outcome.status,
            outcome=outcome.value,
            named=sent.named,
            ms=sent.took_ms,
        )


def _lanes(claimed: Claimed) -> str:
    return f"{claimed.lanes.start}-{claimed.lanes.stop - 1}"
