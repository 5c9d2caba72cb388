"""What became of some events at each Current of a workspace, event by event. Reads rows and the
rules of reading.py; decides nothing.

An event that has no row of its own stands where its lane stands: before the lane's position it was
decided, from it on it waits. A filtered event has no row either: it is judged again by the settings
of now, and where those are younger than the event this is said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from braze_partners.events import catalogue, deletion
from braze_partners.events.event_log import Found
from braze_partners.workspaces.models import Workspace
from currents import dropped
from currents.fates import FILTERED, Fate
from currents.finding import currents_of
from currents.holding import identity_hash, is_decided
from currents.ledger import minute_of
from currents.models import Current, DeadLetter, DroppedRange, Hold, Lane
from currents.reading import Rules, judge
from currents.states import SEEING


class Outcome(StrEnum):
    """Where an event stands at a Current."""

    SENT = "sent"
    FILTERED = "filtered"
    WAITING = "waiting"
    HELD = "held"
    DEAD = "dead"
    DROPPED = "dropped"
    BEFORE_LAUNCH = "before_launch"


@dataclass(frozen=True, slots=True)
class VerdictAt:
    """One event at one Current. `fate` says why it was filtered or dropped; `hold` and `letter` are
    those behind a held event and a dead letter. `settings_since`: the Current's settings have
    changed since the event came, and may have decided otherwise then."""

    current: Current
    outcome: Outcome
    fate: Fate | None = None
    hold: Hold | None = None
    letter: DeadLetter | None = None
    settings_since: bool = False


def on_events(
    workspace: Workspace, events: Sequence[Found], most: int
) -> tuple[list[list[VerdictAt]], int]:
    """For each event its verdict at each launched Current, `most` of them by name, and how many
    Currents there are besides. Six statements."""
    launched = currents_of(workspace).filter(state__in=SEEING).order_by("name", "pk")
    currents = list(launched)
    shown = currents[:most]
    if not events or not shown:
        return [[] for _ in events], len(currents) - len(shown)
    kept = _Kept(workspace.pk, shown, events)
    verdicts = [[kept.verdict(current, one) for current in shown] for one in events]
    return verdicts, len(currents) - len(shown)


def at_current(current: Current, events: Sequence[Found]) -> list[VerdictAt]:
    """For each event its verdict at one Current, whatever its state. Five statements."""
    if not events:
        return []
    kept = _Kept(current.workspace_id, [current], events)
    return [kept.verdict(current, one) for one in events]


class _Kept:
    """What is kept of these Currents that concerns these events."""

    def __init__(
        self, workspace_id: int, currents: Sequence[Current], events: Sequence[Found]
    ) -> None:
        pks = [current.pk for current in currents]
        sequences = [sequence for sequence, _, _ in events]
        identities = {record.identity for _, _, record in events if record.identity}
        self.lanes = {
            (lane.current_id, lane.lane): lane.position
            for lane in Lane.objects.filter(current_id__in=pks)
        }
        self.holds = _holds(pks, identities)
        letters = DeadLetter.objects.filter(current_id__in=pks, sequence__in=sequences)
        self.letters = {(letter.current_id, letter.sequence): letter for letter in letters}
        self.dropped: dict[int, list[DroppedRange]] = {}
        for one in dropped.between(pks, min(sequences), max(sequences)):
            self.dropped.setdefault(one.current_id, []).append(one)
        deleted = deletion.tombstones(workspace_id, identities, since=min(sequences))
        self.rules = {current.pk: _rules(current, deleted) for current in currents}

    def verdict(self, current: Current, event: Found) -> VerdictAt:
        sequence, received_at, record = event
        if current.launch_sequence is None or sequence < current.launch_sequence:
            return VerdictAt(current, Outcome.BEFORE_LAUNCH)
        letter = self.letters.get((current.pk, sequence))
        if letter is not None:
            return VerdictAt(current, Outcome.DEAD, Fate.DEAD, letter=letter)
        hold = self.holds.get((current.pk, record.identity or ""))
        position = self.lanes.get((current.pk, record.lane), 0)
        decided = is_decided(sequence, position, hold.next_sequence if hold else None)
        changed = decided and current.changed_at > received_at
        filtered = judge(
            record, sequence, minute_of(received_at), received_at, self.rules[current.pk]
        )
        if filtered is not None and filtered.fate in FILTERED:
            return VerdictAt(current, Outcome.FILTERED, filtered.fate, settings_since=changed)
        if decided:
            return self._decided(current, event, changed)
        if hold is not None:
            return VerdictAt(current, Outcome.HELD, Fate.WAITING, hold=hold)
        return VerdictAt(current, Outcome.WAITING, Fate.WAITING)

    def _decided(self, current: Current, event: Found, changed: bool) -> VerdictAt:
        found = dropped.covering(self.dropped.get(current.pk, ()), event)
        if found is not None:
            return VerdictAt(current, Outcome.DROPPED, Fate(found.reason))
        return VerdictAt(current, Outcome.SENT, settings_since=changed)


def _rules(current: Current, deleted: Mapping[str, int]) -> Rules:
    types = catalogue.event_types()
    selected = frozenset(current.event_types) & types.keys()
    return Rules(types, selected, current.include_anonymous, deleted)


def _holds(pks: Sequence[int], identities: Collection[str]) -> dict[tuple[int, str], Hold]:
    hashes = [identity_hash(identity) for identity in identities]
    holds = Hold.objects.filter(current_id__in=pks, identity_hash__in=hashes)
    return {(hold.current_id, hold.identity): hold for hold in holds}
