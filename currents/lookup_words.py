"""Looked-up events in words: what each row says, what was changed, how the payload is to be read.
Pure but for the reader's language; what an event is, is lookup.py's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.events.records import EventRecord
from currents import causes, verdict_words
from currents.amplitude.changes import How
from currents.kinds import kind_name
from currents.lookup import Seen, Whole
from currents.verdict_words import Told
from currents.verdicts import Outcome

HOW: dict[How, str | Promise] = {
    How.RENAMED: _("Renamed"),
    How.MOVED: _("Moved to the top level"),
    How.COPIED: _("Also at the top level"),
    How.PREFIXED: _("Prefix added"),
    How.CHANGED: _("Value changed"),
    How.ADDED: _("Added"),
    How.LEFT_OUT: _("Left out"),
}

AS_SENT = _("as it was sent, by the settings of now")
AS_WAITING = _("as it will be sent, by the settings of now")
AS_WOULD_BE = _("as it would be sent")
PAYLOADS: dict[Outcome, str | Promise] = {
    Outcome.SENT: AS_SENT,
    Outcome.DEAD: AS_SENT,
    Outcome.WAITING: AS_WAITING,
    Outcome.HELD: AS_WAITING,
}
NOBODY = _("No event is made of it: nobody could be named to Amplitude.")


@dataclass(frozen=True, slots=True)
class Row:
    """An event in a list: `who` is its identity, whatever kind it is of."""

    sequence: int
    received_at: datetime
    record: EventRecord
    kind: str
    told: Told
    who: str


def rows(events: Iterable[Seen], now: datetime) -> list[Row]:
    return [row(one, now) for one in events]


def row(seen: Seen, now: datetime) -> Row:
    sequence, received_at, record = seen.found
    told = verdict_words.tell(seen.verdict, now)
    return Row(sequence, received_at, record, kind_name(record.type), told, record.identity or "")


def payload_note(seen: Seen) -> str:
    return str(PAYLOADS.get(seen.verdict.outcome, AS_WOULD_BE))


def no_payload(whole: Whole) -> str:
    """Why there is none."""
    return causes.hint(whole.unsendable) if whole.unsendable else str(NOBODY)
