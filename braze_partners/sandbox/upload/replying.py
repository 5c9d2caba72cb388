"""From an arrived request to the reply that leaves: Amplitude's answer, or that of a fault."""

from __future__ import annotations

from datetime import datetime

from braze_partners.sandbox import tallies
from braze_partners.sandbox.faults import effects
from braze_partners.sandbox.faults.active import Active
from braze_partners.sandbox.faults.effects import Reply
from braze_partners.sandbox.one_writer import writing
from braze_partners.sandbox.upload import ingestion, seen
from braze_partners.sandbox.upload.ingestion import Arrived
from braze_partners.sandbox.upload.wire import Answer


def reply_to(arrived: Arrived, active: Active, now: datetime) -> Reply:
    failing = effects.instead(active)
    answer = failing or ingestion.receive(arrived, active, now)
    if isinstance(answer, Answer) and answer.status == 200:
        events = int(answer.facts["events_ingested"])
        answer = effects.lost_answer(active) or answer
    else:
        events = ingestion.events_in(arrived)
        with writing:
            tallies.add({tallies.REFUSED: events})
    reply = Reply.of(answer) if isinstance(answer, Answer) else answer
    error = answer.error if isinstance(answer, Answer) else ""
    faults = tuple(active.hit)
    where = arrived.endpoint.value
    seen.note(seen.Request(now, where, reply.status, events, arrived.size, error, faults))
    return reply
