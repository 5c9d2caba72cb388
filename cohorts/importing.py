"""A push, from what was parsed to the run that is written. Knows identifiers and counts; knows
nothing of HTTP or keys' secrets, and leaves who is in to membership.

What a run counts: an identifier counts once for what became of it (added, removed, skipped);
each further mention of the same person or identifier is *unchanged*, like somebody who already
stood where they were put. So received = added + removed + unchanged + skipped, always.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import IntegrityError
from pyroaring import BitMap

from braze_partners.people import identity, numbers
from braze_partners.people.limits import MAX_EXTERNAL_ID_BYTES
from braze_partners.people.profiles import NewPerson, create_profiles
from cohorts import membership, remembered, skipped
from cohorts.errors import CohortGone, ResourceLocked
from cohorts.membership import Applied, Seen, Wanted
from cohorts.models import Cohort, ImportRun
from cohorts.placing import RunFacts
from cohorts.skipped import Entry, Kind, Reason

# A cohort that is deleted and pushed to at once: so often it is made again before giving up.
DELETED_MEANWHILE = 3


@dataclass(frozen=True, slots=True)
class Source:
    """From whom a request came, and when."""

    workspace_id: int
    partner: str
    at: datetime
    started: float
    key_id: int | None = None
    address: str | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class IdentifierChange:
    """One object of a push: people to add, or with `remove` to take out."""

    user_ids: list[str] = field(default_factory=list)
    aliases: list[tuple[str, str]] = field(default_factory=list)  # label, name
    device_ids: list[str] = field(default_factory=list)
    remove: bool = False

    @property
    def count(self) -> int:
        return len(self.user_ids) + len(self.aliases) + len(self.device_ids)


@dataclass(frozen=True, slots=True)
class Push:
    source: Source
    cohort_id: str
    changes: list[IdentifierChange]
    create_unknown_users: bool = False


@dataclass(slots=True)
class Sorted:
    """Identifiers sorted into people to add, people to remove, and those left out. The later
    mention of a person wins."""

    add: BitMap = field(default_factory=BitMap)
    remove: BitMap = field(default_factory=BitMap)
    left_out: dict[tuple[Kind, str], Entry] = field(default_factory=dict)

    def put(self, people: BitMap, remove: bool) -> None:
        if remove:
            self.add -= people
            self.remove |= people
        else:
            self.remove -= people
            self.add |= people


def push(pushed: Push) -> Applied | None:
    """Applies a push whole or not at all. One that names nobody writes no run and makes no
    cohort. Raises ResourceLocked."""
    received = sum(change.count for change in pushed.changes)
    if not received:
        return None
    for _ in range(DELETED_MEANWHILE):
        cohort = _cohort_key(pushed)
        seen = membership.look(cohort)
        people = sort_identifiers(pushed)
        facts = _facts(pushed.source, received, people)
        wanted = Wanted(people.add, people.remove)
        try:
            if cohort is None:
                return _found(pushed, wanted, facts)
            return membership.apply(cohort, wanted, facts, seen)
        except CohortGone:
            remembered.keys.forget(_address(pushed))
    raise ResourceLocked


def sort_identifiers(pushed: Push) -> Sorted:
    """Resolves every kind in one statement each, then goes through the objects in their order."""
    workspace_id, changes = pushed.source.workspace_id, pushed.changes
    user_ids = [user_id for change in changes for user_id in change.user_ids]
    users = identity.resolve_external_ids(workspace_id, user_ids)
    if pushed.create_unknown_users and None in users:
        users = _with_created(pushed, user_ids, users)
    aliases = identity.resolve_aliases(
        workspace_id, [alias for change in changes for alias in change.aliases]
    )
    devices = identity.resolve_devices(
        workspace_id, [device_id for change in changes for device_id in change.device_ids]
    )
    found_users, found_aliases, found_devices = iter(users), iter(aliases), iter(devices)
    sorted_out = Sorted()
    for change in changes:
        _sort_users(sorted_out, change, found_users)
        _sort_aliases(sorted_out, change, found_aliases)
        _sort_devices(sorted_out, change, found_devices)
    return sorted_out


def _sort_users(into: Sorted, change: IdentifierChange, found: Iterator[int | None]) -> None:
    here = list(islice(found, len(change.user_ids)))
    into.put(BitMap([number for number in here if number is not None]), change.remove)
    if None not in here:
        return
    for user_id, number in zip(change.user_ids, here, strict=True):
        if number is None:
            entry = Entry(Kind.USER, user_id, Reason.UNKNOWN, change.remove)
            into.left_out[Kind.USER, user_id] = entry


def _sort_aliases(into: Sorted, change: IdentifierChange, found: Iterator[int | None]) -> None:
    here = list(islice(found, len(change.aliases)))
    into.put(BitMap([number for number in here if number is not None]), change.remove)
    for (label, name), number in zip(change.aliases, here, strict=True):
        if number is None:
            text = f"{label}:{name}"
            entry = Entry(Kind.ALIAS, text, Reason.UNKNOWN, change.remove, label)
            into.left_out[Kind.ALIAS, f"{len(label)}:{text}"] = entry


def _sort_devices(
    into: Sorted, change: IdentifierChange, found: Iterator[identity.DeviceMatch | None]
) -> None:
    """Device ids match anonymous profiles only (wire/braze-cohort-import.md)."""
    here = list(islice(found, len(change.device_ids)))
    anonymous = [match.number for match in here if match is not None and not match.identified]
    into.put(BitMap(anonymous), change.remove)
    for device_id, match in zip(change.device_ids, here, strict=True):
        if match is None or match.identified:
            reason = Reason.UNKNOWN if match is None else Reason.IDENTIFIED
            entry = Entry(Kind.DEVICE, device_id, reason, change.remove)
            into.left_out[Kind.DEVICE, device_id] = entry


def _with_created(pushed: Push, user_ids: list[str], users: list[int | None]) -> list[int | None]:
    """Makes profiles of the unknown ids that the push adds in the end, in a transaction before
    the run: a person who exists but is not yet in the cohort is nothing half done."""
    last_word = {user_id: change.remove for change in pushed.changes for user_id in change.user_ids}
    missing = [
        user_id
        for user_id in dict.fromkeys(
            user_id for user_id, number in zip(user_ids, users, strict=True) if number is None
        )
        if not last_word[user_id] and may_exist(user_id)
    ]
    if missing:
        people = [NewPerson(external_id=user_id) for user_id in missing]
        try:
            create_profiles(pushed.source.workspace_id, people, pushed.source.at)
        except IntegrityError:
            pass  # another request made some of them at this moment; the rest are made again
        users = identity.resolve_external_ids(pushed.source.workspace_id, user_ids)
    return users


def may_exist(user_id: str) -> bool:
    """Whether an unknown id can become somebody's."""
    if not user_id.strip() or "\x00" in user_id:
        return False
    return len(user_id.encode()) <= MAX_EXTERNAL_ID_BYTES


def _facts(source: Source, received: int, people: Sorted) -> RunFacts:
    entries = list(people.left_out.values())
    identified = sum(entry.reason is Reason.IDENTIFIED for entry in entries)
    return RunFacts(
        workspace_id=source.workspace_id,
        partner=source.partner,
        kind=ImportRun.Kind.PUSH,
        at=source.at,
        started=source.started,
        received=received,
        skipped_unknown=len(entries) - identified,
        skipped_identified=identified,
        skipped_list=skipped.pack(entries),
        key_id=source.key_id,
        address=source.address,
        request_id=source.request_id,
    )


def _address(pushed: Push) -> tuple[int, str, str]:
    return pushed.source.workspace_id, pushed.source.partner, pushed.cohort_id


def _cohort_key(pushed: Push) -> int | None:
    kept = remembered.keys.get(_address(pushed))
    if kept is not None:
        return kept
    workspace_id, partner, cohort_id = _address(pushed)
    rows = Cohort.objects.filter(workspace_id=workspace_id, partner=partner, cohort_id=cohort_id)
    found = rows.values_list("pk", flat=True).first()
    if found is not None:
        remembered.keys.put(_address(pushed), found)
    return found


def _found(pushed: Push, wanted: Wanted, facts: RunFacts) -> Applied:
    """A cohort that nobody has named yet begins with its first run, in one transaction: it is
    called by its id until /cohorts comes. Holds the numbers' row, so that nobody is deleted
    unseen meanwhile."""
    with membership.held([]):
        numbers.lock(pushed.source.workspace_id)
        cohort, made = new_cohort(pushed.source, pushed.cohort_id)
        if made:
            return membership.begin(cohort.pk, wanted, facts)
    return membership.apply(cohort.pk, wanted, facts, Seen(None))


def new_cohort(source: Source, cohort_id: str, name: str = "") -> tuple[Cohort, bool]:
    """The cohort of that id, made where there is none."""
    return Cohort.objects.get_or_create(
        workspace_id=source.workspace_id,
        partner=source.partner,
        cohort_id=cohort_id,
        defaults={
            "name": name or cohort_id,
            "named": bool(name),
            "first_received_at": source.at,
            "last_run_at": source.at,
        },
    )
