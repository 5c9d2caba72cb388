"""Applies what is told of people, each change as if it came alone, all of them in one transaction.

Knows identities, rows and the order in which they are held; knows not whence the changes come.

Everybody who writes people takes the rows in one order: the numbers' counter (only who makes or
deletes people), profiles by number, names of attributes, values and devices, then what the caller
adds. Values are computed while the rows are held, so no increment is lost; who would be made is
looked for once more under the counter's row, so of two calls only one makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from braze_partners.people import attributes, gathering, numbers
from braze_partners.people.changes import CONTACTS, ArrayChange, By, Change, Increment, Who
from braze_partners.people.company import Company, Subject
from braze_partners.people.errors import ValueRefused
from braze_partners.people.gathering import Numbers, Row
from braze_partners.people.recording import Interfered, record
from braze_partners.people.upserts import PeopleChanged

_ATTEMPTS = 5
_DEADLOCK = ("40P01", "40001")


@dataclass(slots=True)
class Outcome:
    """Who each change speaks of, in order: None where there is nobody and nobody was to be made,
    or where the change was refused, with the reason by its index."""

    people: list[Subject | None] = field(default_factory=list)
    refused: dict[int, ValueRefused] = field(default_factory=dict)


def apply(
    workspace_id: int,
    changes: Sequence[Change],
    now: datetime,
    also: Callable[[list[Subject | None]], None],
) -> Outcome:
    """Applies them in order; one that is refused stops no other. `also` gets the people and runs
    last in the transaction, which it shares.

    After others have interfered once, it goes on while nobody else can make or delete people.
    Raises PeopleChanged when they interfere all the same, five times in a row."""
    for attempt in range(_ATTEMPTS):
        alone = attempt > 0
        found = {} if alone else gathering.find(workspace_id, _named(changes))
        try:
            with transaction.atomic():
                if alone:
                    numbers.lock(workspace_id)
                    found = gathering.find(workspace_id, _named(changes))
                outcome, company = _plan(workspace_id, changes, found)
                record(workspace_id, company, now)
                also(outcome.people)
        except (IntegrityError, Interfered):
            continue
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _DEADLOCK:
                raise
            continue
        return outcome
    raise PeopleChanged(_("Others kept changing the same people. Nothing of this was applied."))


def _named(changes: Sequence[Change]) -> list[Who]:
    return [who for change in changes for who in change.named()]


def _plan(workspace_id: int, changes: Sequence[Change], found: Numbers) -> tuple[Outcome, Company]:
    found = found | _found_late(workspace_id, changes, found)
    company = _company(workspace_id, changes, found)
    outcome = Outcome()
    for index, change in enumerate(changes):
        try:
            outcome.people.append(company.take(change))
        except ValueRefused as refused:
            outcome.refused[index] = refused
            outcome.people.append(None)
    return outcome, company


def _found_late(workspace_id: int, changes: Sequence[Change], found: Numbers) -> Numbers:
    """Who was made since. From here on nobody is made or deleted in this workspace but by us."""
    missing = [change.who for change in changes if change.create and change.who not in found]
    if not missing and not _may_free_a_contact(changes):
        return {}
    numbers.lock(workspace_id)
    return gathering.find(workspace_id, missing)


def _may_free_a_contact(changes: Sequence[Change]) -> bool:
    """Whether somebody may be made after all, since who had the address gets another one."""
    sought = any(change.create and change.who.by in CONTACTS for change in changes)
    return sought and any(by in change.fields for change in changes for by in CONTACTS)


def _company(workspace_id: int, changes: Sequence[Change], found: Numbers) -> Company:
    wanted = {number for several in found.values() for number in several}
    rows = gathering.hold(workspace_id, wanted)
    if len(rows) < len(wanted):
        raise Interfered  # deleted since they were found
    gathering.bring_devices(workspace_id, _with_devices(changes, rows.values()))
    named = {name for change in changes for name in change.attributes}
    known = attributes.known(workspace_id, named) if named else {}
    reckoned = {
        name
        for change in changes
        for name, told in change.attributes.items()
        if isinstance(told, Increment | ArrayChange)
    }
    asked = [known[name] for name in sorted(reckoned) if name in known]
    gathering.bring_attributes(rows.values(), asked)
    return Company(workspace_id, rows, found, known)


def _with_devices(changes: Sequence[Change], rows: Collection[Row]) -> list[Row]:
    """Whose devices matter: everybody's when push changes; else those of the anonymous who are
    named by something else, since their events are known by a device."""
    if any(change.push is None or change.push for change in changes):
        return list(rows)
    if all(change.who.by in (By.EXTERNAL_ID, By.DEVICE) for change in changes):
        return []
    return [row for row in rows if row.external_id is None]
