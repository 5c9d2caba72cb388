"""A person's deletion, as the log knows it: a tombstone says up to where their events are gone.
Knows identities by their hash; knows nothing of Currents, which ask before they send.

The events keep their place, type, id and the identity by which they were placed, so that every
count still holds; what else was known of the person in them is blanked by a job, soon after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from braze_partners.events import event_log, log_sql
from braze_partners.events.limits import BLANKED_AT_ONCE, TOMBSTONES_COMPARED
from braze_partners.events.models import Tombstone
from braze_partners.events.records import EventRecord, digest

_EMPTY = b"{}"


def bury(
    sender: object, workspace_id: int, identities: Iterable[str], now: datetime, **_: object
) -> None:
    """Receives `people_deleted`, in the transaction that deletes the people."""
    head = event_log.head(workspace_id)
    if not head:
        return
    Tombstone.objects.bulk_create(
        Tombstone(
            workspace_id=workspace_id,
            identity_hash=_hash(digest(identity)),
            sequence=head,
            created_at=now,
        )
        for identity in identities
    )


def tombstones(workspace_id: int, identities: Iterable[str], since: int = 0) -> dict[str, int]:
    """By identity, the sequence before which its events are deleted. Those that end before `since`
    are left out: a reader that stands there does not meet them. Where nobody was deleted since,
    `identities` are not even looked at."""
    rows = Tombstone.objects.filter(workspace_id=workspace_id, sequence__gt=since)
    pairs = rows.values_list("identity_hash", "sequence")
    found = list(pairs[: TOMBSTONES_COMPARED + 1])
    if not found:
        return {}
    hashes = {identity: _hash(digest(identity)) for identity in identities}
    if len(found) > TOMBSTONES_COMPARED:
        found = list(pairs.filter(identity_hash__in=set(hashes.values())))
    ends = _last(found)
    return {identity: ends[hashed] for identity, hashed in hashes.items() if hashed in ends}


def blank(workspace_id: int) -> int:
    """Blanks the events of people who were deleted, some at a time; how many batches it wrote."""
    pending = Tombstone.objects.filter(workspace_id=workspace_id, blanked=False)
    taken = list(pending.order_by("pk").values_list("pk", "identity_hash", "sequence"))
    written = 0
    for start in range(0, len(taken), BLANKED_AT_ONCE):
        some = taken[start : start + BLANKED_AT_ONCE]
        written += _blank_some(workspace_id, _last((hashed, end) for _, hashed, end in some))
        Tombstone.objects.filter(pk__in=[pk for pk, _, _ in some]).update(blanked=True)
    return written


def pending() -> list[int]:
    """The workspaces in which something is to be blanked."""
    rows = Tombstone.objects.filter(blanked=False)
    return list(rows.order_by("workspace_id").values_list("workspace_id", flat=True).distinct())


def forget_old() -> int:
    """Removes tombstones whose events have all left the log; how many."""
    blanked = Tombstone.objects.filter(blanked=True)
    removed = 0
    for workspace_id in set(blanked.values_list("workspace_id", flat=True)):
        oldest = event_log.oldest(workspace_id)
        gone = blanked.filter(workspace_id=workspace_id)
        if oldest is not None:
            gone = gone.filter(sequence__lte=oldest)
        removed += gone.delete()[0]
    return removed


def _hash(digested: bytes) -> int:
    return int.from_bytes(digested, "big", signed=True)


def _last(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The last sequence of each hash: somebody may be deleted more than once."""
    ends: dict[int, int] = {}
    for hashed, end in pairs:
        ends[hashed] = max(end, ends.get(hashed, 0))
    return ends


def _blank_some(workspace_id: int, ends: Mapping[int, int]) -> int:
    oldest = event_log.oldest(workspace_id)
    if oldest is None:
        return 0
    digests: Sequence[bytes] = [hashed.to_bytes(8, "big", signed=True) for hashed in ends]

    def change(sequence: int, record: EventRecord) -> EventRecord:
        identity = record.identity
        if identity is None or sequence >= ends.get(_hash(digest(identity)), 0):
            return record
        return _blanked(record, identity)

    return sum(
        event_log.rewrite(workspace_id, end_sequence, change)
        for end_sequence in log_sql.holding(workspace_id, digests, oldest, max(ends.values()))
    )


def _blanked(record: EventRecord, identity: str) -> EventRecord:
    """Itself when there is nothing left to blank."""
    known = record.external_user_id, record.device_id, record.user_id
    external_user_id, device_id, user_id = (one if one == identity else None for one in known)
    kept = external_user_id, device_id, user_id
    if bytes(record.properties) == _EMPTY and kept == known:
        return record
    place = record.index, record.lane, record.type, record.id, record.time_ms
    return EventRecord(*place, *kept, msgspec.Raw(_EMPTY))
