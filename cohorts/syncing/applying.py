"""Applies a target set to a cohort, or finds what that would change: dry run, hold, the run that
is written. Knows numbers, the membership and the run's row; calls nobody.

A pull speaks of people with an external id only: members without one, who were pushed by device
or alias, stay. The difference is found against the very membership that it is written on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from pyroaring import BitMap

from braze_partners.people import identity, sets
from braze_partners.people.models import PeopleSet
from braze_partners.people.profiles import NewPerson, create_profiles
from cohorts import bitmaps, membership, skipped
from cohorts.bitmaps import Delta, Membership
from cohorts.importing import may_exist
from cohorts.membership import Applied, Seen, Wanted
from cohorts.models import ImportRun
from cohorts.placing import RunFacts
from cohorts.skipped import Entry, Kind, Reason
from cohorts.syncing import failing
from cohorts.syncing.errors import LeaseLost
from cohorts.syncing.gathering import unpacked
from cohorts.syncing.limits import CREATED_AT_ONCE
from cohorts.syncing.models import PullSkips, SyncRun
from cohorts.syncing.moving import FORGOTTEN, move
from cohorts.syncing.states import State

Mode, HoldReason = SyncRun.Mode, SyncRun.HoldReason


@dataclass(frozen=True, slots=True)
class _Found:
    """The difference between a membership and the target, and what of it is wanted."""

    wanted: Wanted
    delta: Delta
    size: int

    @property
    def changed(self) -> int:
        return len(self.delta.added) + len(self.delta.removed)


class _MustHold(Exception):
    def __init__(self, found: _Found, reason: str) -> None:
        super().__init__(reason)
        self.found, self.reason = found, reason


def apply(run: SyncRun, now: datetime) -> None:
    """From *applying* to its end: applied, held, or the difference of a dry run stored. Raises
    LeaseLost, ResourceLocked, CohortGone; then nothing of it is written."""
    before = membership.members(run.cohort_id)
    target = _alive(bitmaps.decode(run.target_bits), run.workspace_id)
    strangers = run.skipped if run.unknown_ids else 0
    found = _difference(run, before, target)
    if run.mode == Mode.DRY_RUN:
        _store(run, State.WITH_SKIPS if run.skipped else State.COMPLETED, found, now)
        return
    try:
        _judge(run, found, strangers)
        if strangers:
            target |= _create_strangers(run, target, now)
        _write(run, target, now)
    except _MustHold as must:
        _store(run, State.HELD, must.found, now, hold_reason=must.reason)


def _alive(target: BitMap, workspace_id: int) -> BitMap:
    for gone in sets.read(workspace_id, PeopleSet.Kind.DELETED).values():
        target -= gone
    return target


def _wanted(run: SyncRun, before: Membership, target: BitMap) -> Wanted:
    anonymous = sets.read(run.workspace_id, PeopleSet.Kind.ANONYMOUS)
    remove = BitMap()
    for block, members in before.blocks.items():
        remove |= members - anonymous.get(block, bitmaps.EMPTY) - target
    return Wanted(target, remove)


def _difference(run: SyncRun, before: Membership, target: BitMap) -> _Found:
    wanted = _wanted(run, before, target)
    return _Found(wanted, membership.net_change(before, wanted), before.size)


def _judge(run: SyncRun, found: _Found, strangers: int = 0) -> None:
    """Raises _MustHold where nobody has seen the difference and somebody has to (product.md 3.4).
    `strangers` are people who would be created and added."""
    if run.approved:
        return
    if run.mode == Mode.RESYNC:
        raise _MustHold(found, HoldReason.PREVIEW)
    changed = found.changed + strangers
    too_much = run.hold_percent is not None and changed * 100 > found.size * run.hold_percent
    if changed and too_much and not _is_first(run):
        raise _MustHold(found, HoldReason.SHARE)


def _is_first(run: SyncRun) -> bool:
    pulls = ImportRun.objects.filter(cohort=run.cohort_id, kind=ImportRun.Kind.PULL)
    return not pulls.exclude(state=ImportRun.State.FAILED).exists()


def _write(run: SyncRun, target: BitMap, now: datetime) -> None:
    """The run of the cohort and the end of this one, in one transaction: never one without the
    other, whenever a worker dies."""
    found: list[_Found] = []

    def wants(before: Membership) -> Wanted:
        found.append(_difference(run, before, target))
        _judge(run, found[-1])
        return found[-1].wanted

    def beside(applied: Applied) -> None:
        state = State.WITH_SKIPS if run.skipped else State.COMPLETED
        _end(run, state, now, _counts(run, found[-1], applied) | FORGOTTEN)
        _remember_skips(run, listed)
        failing.worked(run, now)

    listed = skipped.unpack(run.skipped_list)
    facts = RunFacts(
        workspace_id=run.workspace_id,
        partner=run.cohort.partner,
        kind=ImportRun.Kind.PULL,
        at=now,
        started=_started(run, now),
        received=run.received,
        skipped_unknown=run.skipped,
        skipped_list=skipped.pack(_new_skips(run, listed)),
        request_id=f"sync-{run.pk}",
    )
    membership.apply(run.cohort_id, wants, facts, Seen(None), beside)


def _counts(run: SyncRun, found: _Found, applied: Applied | None) -> dict[str, Any]:
    added = applied.added if applied else len(found.delta.added)
    removed = applied.removed if applied else len(found.delta.removed)
    return {
        "added": added,
        "removed": removed,
        "unchanged": max(0, run.received - added - run.skipped),
        "skipped": run.skipped,
        "size_before": found.size,
        "size_after": applied.size if applied else found.size + added - removed,
        "import_run_id": applied.run_id if applied else None,
    }


def _store(run: SyncRun, state: State, found: _Found, now: datetime, **more: Any) -> None:
    """What is held, and what a dry run has found: counts and difference, and the target stays."""
    columns = _counts(run, found, None) | {
        "added_bits": bitmaps.encode(found.delta.added),
        "removed_bits": bitmaps.encode(found.delta.removed),
        "target_kept": True,
        **more,
    }
    with transaction.atomic():
        _end(run, state, now, columns)
        if run.mode == Mode.SYNC:
            failing.worked(run, now)


def _end(run: SyncRun, state: State, now: datetime, columns: dict[str, Any]) -> None:
    if not move(run.pk, state, now, [State.APPLYING], token=run.lease_token, **columns):
        raise LeaseLost


def _started(run: SyncRun, now: datetime) -> float:
    """As a reading of `perf_counter`, so that the run of the cohort lasts as long as the sync."""
    return time.perf_counter() - (now - (run.started_at or now)).total_seconds()


def _new_skips(run: SyncRun, listed: list[Entry]) -> list[Entry]:
    """Those that the pull before had not: it stands in its own run that they were unknown."""
    before = PullSkips.objects.filter(cohort=run.cohort_id).first()
    known = {entry.identifier for entry in skipped.unpack(before.skipped_list if before else None)}
    return [entry for entry in listed if entry.identifier not in known]


def _remember_skips(run: SyncRun, listed: list[Entry]) -> None:
    packed = skipped.pack(listed)
    if packed is None:
        PullSkips.objects.filter(cohort=run.cohort_id).delete()
    else:
        PullSkips.objects.update_or_create(
            cohort_id=run.cohort_id, defaults={"skipped_list": packed}
        )


def _create_strangers(run: SyncRun, target: BitMap, now: datetime) -> BitMap:
    """Makes profiles of the unknown ids, as the workspace wants it, and keeps the larger target
    in their stead, so that a worker that goes on makes nobody twice."""
    found, left = BitMap(), list[Entry]()
    for ids in unpacked(bytes(run.unknown_ids or b""), CREATED_AT_ONCE):
        numbers, unknown = identity.known_external_ids(run.workspace_id, ids)
        found |= BitMap(list(numbers))
        new = sorted(one for one in unknown if may_exist(one))
        found |= BitMap(_created(run.workspace_id, new, now))
        left += [_unknown(one) for one in unknown if not may_exist(one)]
    run.skipped, run.skipped_list, run.unknown_ids = len(left), skipped.pack(left), None
    mine = SyncRun.objects.filter(pk=run.pk, state=State.APPLYING, lease_token=run.lease_token)
    kept = mine.update(
        target_bits=bitmaps.encode(target | found),
        unknown_ids=None,
        skipped=run.skipped,
        skipped_list=run.skipped_list,
    )
    if not kept:
        raise LeaseLost
    return found


def _created(workspace_id: int, ids: list[str], now: datetime) -> list[int]:
    if not ids:
        return []
    try:
        return create_profiles(workspace_id, [NewPerson(external_id=one) for one in ids], now)
    except IntegrityError:  # another request made some of them at this moment
        known, unknown = identity.known_external_ids(workspace_id, ids)
        return [*known, *_created(workspace_id, sorted(unknown), now)]


def _unknown(user_id: str) -> Entry:
    return Entry(Kind.USER, user_id, Reason.UNKNOWN)
