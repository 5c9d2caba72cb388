"""Which events of the log a replay comes to next, and what became of each before. Reads; decides
nothing.

What was dropped is replayed by itself, so a window leaves it out. An event that still waits goes
out anyway and is nobody's to replay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from braze_partners.events import event_log
from braze_partners.events.event_log import Found
from braze_partners.events.records import EventRecord
from currents import dropped
from currents.fates import Fate
from currents.holding import identity_hash, is_decided
from currents.models import DeadLetter, DroppedRange, Hold, Lane
from currents.replays.limits import EVENTS_PER_STEP
from currents.replays.models import Replay

Kind = Replay.Kind


@dataclass(frozen=True, slots=True)
class Again:
    """An event to be sent. `fate` is what it had as an exception: dead or dropped; None is one
    that was delivered, filtered, or came before the launch."""

    sequence: int
    received_at: datetime
    record: EventRecord
    fate: Fate | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next events; everything before `end` is in it or none of the replay's. `missing` are
    the sequences that retention has taken since the start."""

    events: list[Again]
    end: int
    missing: Collection[int] = ()


def chunk(replay: Replay) -> Chunk:
    if replay.kind == Kind.DEAD_LETTERS:
        return _letters(replay)
    return _scanned(replay)


def letters_of(current_id: int, cause: str, event_types: Collection[str]) -> QuerySet[DeadLetter]:
    rows = DeadLetter.objects.filter(current_id=current_id)
    if cause:
        rows = rows.filter(cause=cause)
    return rows.filter(event_type__in=list(event_types)) if event_types else rows


def _letters(replay: Replay) -> Chunk:
    rows = letters_of(replay.current_id, replay.cause, replay.event_types)
    ahead = rows.filter(sequence__gte=replay.position, sequence__lt=replay.end_sequence)
    ordered = ahead.order_by("sequence").values_list("sequence", flat=True)
    sequences = list(ordered[:EVENTS_PER_STEP])
    wanted = sorted({*sequences} - {*replay.done_ahead})
    found = event_log.at(replay.current.workspace_id, wanted)
    end = sequences[-1] + 1 if len(sequences) == EVENTS_PER_STEP else replay.end_sequence
    missing = {*wanted} - {sequence for sequence, _, _ in found}
    return Chunk([_again(one, Fate.DEAD) for one in found], end, missing)


def _again(found: Found, fate: Fate | None) -> Again:
    sequence, received_at, record = found
    return Again(sequence, received_at, record, fate)


def _scanned(replay: Replay) -> Chunk:
    """On from the position, as many events as one step looks at."""
    batches = event_log.read(
        replay.current.workspace_id,
        replay.position,
        end=replay.end_sequence,
        limit_events=EVENTS_PER_STEP,
    )
    found = [
        (batch.first_sequence + record.index, batch.received_at, record)
        for batch in batches
        for record in batch.records
    ]
    cut = found[:EVENTS_PER_STEP]
    if len(cut) < len(found):
        end = cut[-1][0] + 1
    else:
        end = min(batches[-1].end, replay.end_sequence) if batches else replay.end_sequence
    done = set(replay.done_ahead)
    fresh = [one for one in cut if one[0] not in done]
    return Chunk(list(_wanted(replay, fresh)), end)


def _wanted(replay: Replay, found: list[Found]) -> Iterator[Again]:
    if not found:
        return
    ranges = list(dropped.between([replay.current_id], found[0][0], found[-1][0]))
    if replay.kind == Kind.DROPPED:
        for one in found:
            reason = _dropped_as(ranges, one)
            if reason is not None:
                yield _again(one, reason)
        return
    types = frozenset(replay.event_types)
    chosen = [one for one in found if not types or one[2].type in types]
    if replay.kind == Kind.BACKFILL:
        yield from (_again(one, None) for one in chosen)
        return
    dead = _dead(replay.current_id, chosen)
    for one in _decided(replay.current_id, chosen):
        if _dropped_as(ranges, one) is None:
            yield _again(one, Fate.DEAD if one[0] in dead else None)


def _decided(current_id: int, found: list[Found]) -> list[Found]:
    """Those before their lane's position that stand behind no hold."""
    positions = dict(Lane.objects.filter(current_id=current_id).values_list("lane", "position"))
    hashes = {identity_hash(record.identity) for _, _, record in found if record.identity}
    holds = Hold.objects.filter(current_id=current_id, identity_hash__in=list(hashes))
    held = dict(holds.values_list("identity", "next_sequence"))
    return [
        one
        for one in found
        if is_decided(one[0], positions.get(one[2].lane, 0), held.get(one[2].identity or ""))
    ]


def _dead(current_id: int, found: list[Found]) -> set[int]:
    rows = DeadLetter.objects.filter(
        current_id=current_id, sequence__in=[sequence for sequence, _, _ in found]
    )
    return set(rows.values_list("sequence", flat=True))


def _dropped_as(ranges: Iterable[DroppedRange], event: Found) -> Fate | None:
    found = dropped.covering(ranges, event)
    return Fate(found.reason) if found else None
