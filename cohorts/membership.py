"""Who is in a cohort; the only writer of it. Knows numbers and runs; knows nothing of
identifiers or HTTP.

Membership is the fold of a cohort's runs. A change is computed against a known sequence and
written only where the cohort still stands there; a lost race reads the runs between and computes
again. A process keeps memberships in memory under their sequence and brings them forward by the
runs since, so that a write costs the same however large the cohort is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from django.db import OperationalError, connection, transaction
from pyroaring import BitMap

from braze_partners.people import merging, sets
from braze_partners.people.models import PeopleSet
from cohorts import bitmaps, remembered
from cohorts.bitmaps import Delta, Membership
from cohorts.errors import CohortGone, LostRace, ResourceLocked
from cohorts.limits import CONTENDED, LOCK_WAIT, OPTIMISTIC_ATTEMPTS
from cohorts.models import Cohort
from cohorts.placing import Placed, RunFacts, place


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who shall be in and who shall not after a run; nobody is in both."""

    add: BitMap
    remove: BitMap


@dataclass(frozen=True, slots=True)
class Applied:
    """A run that was written. `sequence` is the cohort's, moved only if something changed."""

    run_id: int
    sequence: int
    size: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Seen:
    """How many deletions a cohort had taken in when identifiers began to be resolved."""

    deletions: int | None


# What is wanted of the members that are found, for whoever names a whole list.
Wants = Callable[[Membership], Wanted]
# Called in the transaction that writes the run; what it raises takes the run back.
Beside = Callable[[Applied], None]


def of(cohort_ids: Iterable[int]) -> dict[int, Membership]:
    """The members of each cohort as of now. What is in memory is brought forward by the runs
    since; the rest is loaded. Cohorts that don't exist are absent."""
    known = {key: kept for key in cohort_ids if (kept := remembered.memberships.get(key))}
    found: dict[int, Membership] = {}
    if known:
        since = bitmaps.load_since({key: kept.sequence for key, kept in known.items()})
        for key, (sequence, deletions, delta) in since.items():
            if delta is not None:
                found[key] = _forward(known[key], sequence, deletions, delta)
                _remember(key, found[key])
    missing = [key for key in cohort_ids if key not in found]
    for key, loaded in bitmaps.load_versioned(missing).items():
        found[key] = loaded
        _remember(key, loaded)
    return found


def members(cohort_id: int) -> Membership:
    """Raises CohortGone where there is no such cohort."""
    found = of([cohort_id]).get(cohort_id)
    if found is None:
        raise CohortGone
    return found


def is_member(cohort: Cohort, number: int) -> bool:
    return members(cohort.pk).holds(number)


def members_page(cohort: Cohort, after: int | None, limit: int) -> list[int]:
    """The next numbers of members beyond `after`, ascending."""
    blocks = members(cohort.pk).blocks
    start = 0 if after is None else after + 1
    page: list[int] = []
    for block in sorted(blocks):
        if len(page) >= limit or start >= (block + 1) * bitmaps.BLOCK_SIZE:
            continue
        for number in blocks[block].iter_equal_or_larger(start):
            page.append(number)
            if len(page) >= limit:
                break
    return page


def look(cohort_id: int | None) -> Seen:
    """To be called before identifiers are resolved, and given to `apply`: people who are deleted
    between are then taken out, and who is merged is followed."""
    kept = None if cohort_id is None else remembered.memberships.get(cohort_id)
    return Seen(kept.deletions if kept else None)


def apply(
    cohort_id: int,
    wanted: Wanted | Wants,
    facts: RunFacts,
    seen: Seen,
    beside: Beside | None = None,
) -> Applied:
    """Writes one run, whole or not at all, with what `beside` writes. Raises ResourceLocked,
    CohortGone, and what `wanted` and `beside` raise."""
    with _turn(cohort_id):
        before = _likely_latest(cohort_id)
        for _ in range(OPTIMISTIC_ATTEMPTS):
            try:
                applied, after = _append(cohort_id, before, wanted, facts, seen, beside)
            except LostRace:
                remembered.races.put(cohort_id, time.monotonic())
                before = members(cohort_id)
            else:
                _remember(cohort_id, after)
                return applied
        applied, after = _append_locked(cohort_id, wanted, facts, seen, beside)
        _remember(cohort_id, after)
        return applied


def begin(cohort_id: int, wanted: Wanted, facts: RunFacts) -> Applied:
    """The first run of a cohort made in this transaction, which nobody else can see yet."""
    before = Membership(sequence=0, deletions=0, blocks={})
    return _append(cohort_id, before, wanted, facts, Seen(None))[0]


def forget(cohort_id: int) -> None:
    """Drops what this process keeps of a cohort, after it was deleted."""
    remembered.memberships.forget(cohort_id)


def net_change(before: Membership, wanted: Wanted) -> Delta:
    """What really changes: nobody is added twice or removed who is not in."""
    return Delta(
        wanted.add - bitmaps.members_among(wanted.add, before.blocks),
        bitmaps.members_among(wanted.remove, before.blocks),
    )


@contextmanager
def busy_is_locked() -> Generator[None, None, None]:
    """A lock not had in time (PostgreSQL 55P03), SQLite busy beyond its 15 s."""
    try:
        yield
    except OperationalError as error:
        state = getattr(error.__cause__, "sqlstate", None)
        name = getattr(error.__cause__, "sqlite_errorname", "")
        if state == "55P03" or name.startswith("SQLITE_BUSY"):
            raise ResourceLocked from error
        raise


@contextmanager
def held(cohort_ids: Sequence[int]) -> Generator[None, None, None]:
    """Keeps the rows of cohorts for the length of a transaction, in the order of their ids so
    that two never wait for each other. Raises ResourceLocked after LOCK_WAIT."""
    with busy_is_locked(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                wait = int(LOCK_WAIT.total_seconds() * 1000)
                cursor.execute(f"SET LOCAL lock_timeout = {wait}")
        rows = Cohort.objects.select_for_update().filter(pk__in=cohort_ids).order_by("pk")
        list(rows.values_list("pk", flat=True))
        yield


def _likely_latest(cohort_id: int) -> Membership:
    """What is in memory, unless another process has changed the cohort a moment ago: then it
    does so again, and reading its runs first costs less than losing to it."""
    lost_at = remembered.races.get(cohort_id)
    kept = remembered.memberships.get(cohort_id)
    if kept is None or (lost_at is not None and time.monotonic() - lost_at < CONTENDED):
        return members(cohort_id)
    return kept


def _append(
    cohort_id: int,
    before: Membership,
    wanted: Wanted | Wants,
    facts: RunFacts,
    seen: Seen,
    beside: Beside | None = None,
) -> tuple[Applied, Membership]:
    if callable(wanted):
        wanted = wanted(before)
    if before.deletions != seen.deletions:
        wanted = _of_the_living(wanted, facts.workspace_id)
    delta = net_change(before, wanted)
    with busy_is_locked(), transaction.atomic() if beside else nullcontext():
        placed = place(cohort_id, before, delta, facts, wanted.remove - delta.removed)
        applied = Applied(
            placed.run_id, placed.sequence, placed.size, len(delta.added), len(delta.removed)
        )
        if beside:
            beside(applied)
    return applied, _after(before, placed, delta)


def _append_locked(
    cohort_id: int,
    wanted: Wanted | Wants,
    facts: RunFacts,
    seen: Seen,
    beside: Beside | None = None,
) -> tuple[Applied, Membership]:
    """For a cohort that others change all the time: queue up for its row, then it stands still."""
    with held([cohort_id]):
        before = members(cohort_id)
        return _append(cohort_id, before, wanted, facts, seen, beside)


def _after(before: Membership, placed: Placed, delta: Delta) -> Membership:
    return replace(
        before,
        sequence=placed.sequence,
        blocks=bitmaps.combine(before.blocks, delta),
        weight=before.weight + placed.stored_bytes,
    )


def _forward(kept: Membership, sequence: int, deletions: int, delta: Delta) -> Membership:
    if sequence == kept.sequence:
        return kept if deletions == kept.deletions else replace(kept, deletions=deletions)
    grown = kept.weight + 2 * (len(delta.added) + len(delta.removed))
    return Membership(sequence, deletions, bitmaps.combine(kept.blocks, delta), grown)


def _of_the_living(wanted: Wanted, workspace_id: int) -> Wanted:
    """Without who was deleted; who was merged is meant as the person they became part of. Where a
    request says two things of one person by that, it is as if it had come before the merge: who
    was to be in is in."""
    gone = BitMap()
    for deleted in sets.read(workspace_id, PeopleSet.Kind.DELETED).values():
        gone |= deleted
    add, remove = wanted.add - gone, wanted.remove - gone
    if len(add) < len(wanted.add) or len(remove) < len(wanted.remove):
        into = merging.successors(workspace_id, (wanted.add | wanted.remove) & gone)
        add |= BitMap(into[number] for number in wanted.add & gone if number in into)
        remove |= BitMap(into[number] for number in wanted.remove & gone if number in into)
    return Wanted(add, remove - add)


def _remember(cohort_id: int, membership: Membership) -> None:
    """Never what an open transaction sees: it may be rolled back."""
    if connection.in_atomic_block:
        return
    kept = remembered.memberships.get(cohort_id)
    if kept is None or kept.sequence <= membership.sequence:
        remembered.memberships.put(cohort_id, membership)


# One run at a time per cohort within this process; cohorts share a lock now and then.
_turns = [threading.Lock() for _ in range(256)]


@contextmanager
def _turn(cohort_id: int) -> Generator[None, None, None]:
    lock = _turns[cohort_id % len(_turns)]
    if not lock.acquire(timeout=LOCK_WAIT.total_seconds()):
        raise ResourceLocked
    try:
        yield
    finally:
        lock.release()
