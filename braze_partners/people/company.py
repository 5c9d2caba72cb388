"""The people of one call in memory, and what becomes of them change by change.

Knows what was loaded of them (gathering.py); asks the database only how many attributes there
are, once, when a new one is named. Writing it down is recording's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from braze_partners.people.attributes import Type, Value, type_of
from braze_partners.people.changes import CONTACTS, By, Change, Who, became
from braze_partners.people.contacts import folded
from braze_partners.people.errors import ValueRefused
from braze_partners.people.gathering import Numbers, Row
from braze_partners.people.limits import MAX_ATTRIBUTES
from braze_partners.people.models import Attribute
from braze_partners.people.profiles import new_braze_id

_NEW = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, frozen=True)
class Subject:
    """Whom an event is about: the external id, else the device of somebody anonymous."""

    braze_id: str
    external_id: str | None
    device_id: str | None


@dataclass(slots=True)
class Person:
    """Somebody as they stand after the changes so far; what differs from the row is to be written.
    An attribute that is None goes. `row` None: they are made by this call, known by `who`."""

    braze_id: str
    row: Row | None = None
    who: Who | None = None
    external_id: str | None = None
    email: str = ""
    phone: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Value | None] = field(default_factory=dict)
    devices: dict[str, bool] = field(default_factory=dict)
    rank: int = 0  # the later changed in this call, the higher

    def attribute(self, name: str) -> Value | None:
        if name in self.attributes:
            return self.attributes[name]
        return self.row.attributes.get(name) if self.row else None

    @property
    def recency(self) -> tuple[int, datetime, int]:
        row = self.row
        return (self.rank, row.moved_at, row.number) if row else (self.rank, _NEW, 0)

    @property
    def is_changed(self) -> bool:
        return self.rank > 0


def _person(row: Row) -> Person:
    return Person(
        row.braze_id,
        row=row,
        external_id=row.external_id,
        email=row.email,
        phone=row.phone,
        devices=dict(row.devices),
    )


def _stranger(who: Who) -> Person:
    """Somebody new, who so far is nothing but how they were named."""
    person = Person(new_braze_id(), who=who)
    if who.by is By.EXTERNAL_ID:
        person.external_id = str(who.value)
    elif who.by is By.DEVICE:
        person.devices[str(who.value)] = False
    elif who.by in CONTACTS:
        person.fields[str(who.by)] = who.value
        setattr(person, str(who.by), who.value)
    return person


class Company:
    """`attributes` are those that the changes name and that exist."""

    def __init__(
        self,
        workspace_id: int,
        rows: dict[int, Row],
        found: Numbers,
        attributes: dict[str, Attribute],
    ) -> None:
        self.workspace_id = workspace_id
        self.known = {number: _person(row) for number, row in rows.items()}
        self.made: list[Person] = []
        self.attributes = attributes
        self.types = {name: Type(attribute.type) for name, attribute in attributes.items()}
        self.new_types: dict[str, Type] = {}
        self._attribute_count: int | None = None
        self._rank = 0
        self._owners: dict[Who, Person] = {}
        self._sharing: dict[Who, list[Person]] = {}
        for who, several in found.items():
            people = [self.known[number] for number in several]
            if who.by in CONTACTS:
                self._sharing[_shared(who.by, str(who.value))] = people
            else:
                self._owners[who] = people[0]

    def take(self, change: Change) -> Subject | None:
        """Applies one change whole, or raises ValueRefused and leaves all as it was."""
        person = self._find(change.who)
        if person is None:
            if not change.create or change.who.by is By.BRAZE_ID:
                return None
            person = _stranger(change.who)
        self._check_devices(person, change)
        told, types = self._attributes(person, change)
        if person.row is None and person.rank == 0:
            self.made.append(person)
            self._introduce(person, change.who)
        if not change.is_empty or person.rank == 0 and person.row is None:
            self._rank += 1
            person.rank = self._rank
        self.types |= types
        self.new_types |= types
        person.attributes |= told
        person.fields |= change.fields
        self._move_contacts(person, change.fields)
        self._push(person, change)
        return _subject(person, change.who)

    def _find(self, who: Who) -> Person | None:
        if who.by not in CONTACTS:
            return self._owners.get(who)
        shared = _shared(who.by, str(who.value))
        there = [
            person
            for person in self._sharing.get(shared, ())
            if _shared(who.by, getattr(person, str(who.by))) == shared
        ]
        return max(there, key=lambda person: person.recency, default=None)

    def _introduce(self, person: Person, who: Who) -> None:
        if who.by in CONTACTS:
            self._sharing.setdefault(_shared(who.by, str(who.value)), []).append(person)
        else:
            self._owners[who] = person

    def _check_devices(self, person: Person, change: Change) -> None:
        for device in change.push or ():
            owner = self._owners.get(Who(By.DEVICE, device.device_id), person)
            if owner is not person:
                raise ValueRefused(
                    "push_tokens", _("The device “%s” belongs to somebody else.") % device.device_id
                )

    def _attributes(
        self, person: Person, change: Change
    ) -> tuple[dict[str, Value | None], dict[str, Type]]:
        """What the attributes become, and the types of those that nobody had."""
        told: dict[str, Value | None] = {}
        types: dict[str, Type] = {}
        for name, operation in change.attributes.items():
            kind = self.types.get(name)
            value = became(name, kind, person.attribute(name), operation)
            told[name] = value
            if kind is None and value is not None:
                types[name] = type_of(value)
        if types:
            self._check_count(next(iter(types)), len(types))
        return told, types

    def _check_count(self, name: str, more: int) -> None:
        if self._attribute_count is None:
            found = Attribute.objects.filter(workspace_id=self.workspace_id)
            self._attribute_count = found.count()
        if self._attribute_count + len(self.new_types) + more > MAX_ATTRIBUTES:
            text = _("A workspace has at most %d attributes.") % MAX_ATTRIBUTES
            raise ValueRefused(name, text)

    def _move_contacts(self, person: Person, fields: dict[str, Any]) -> None:
        for by in CONTACTS:
            if by in fields:
                setattr(person, str(by), fields[by])
                sharing = self._sharing.setdefault(_shared(by, fields[by]), [])
                if person not in sharing:
                    sharing.append(person)

    def _push(self, person: Person, change: Change) -> None:
        if change.push is None:
            person.devices = dict.fromkeys(person.devices, False)
            return
        for device in change.push:
            person.devices[device.device_id] = device.push_enabled
            self._owners[Who(By.DEVICE, device.device_id)] = person


def _shared(by: By, value: str) -> Who:
    return Who(by, folded(value) if by is By.EMAIL else value)


def _subject(person: Person, who: Who) -> Subject:
    if person.external_id is not None:
        return Subject(person.braze_id, person.external_id, None)
    if who.by is By.DEVICE:
        return Subject(person.braze_id, None, str(who.value))
    return Subject(person.braze_id, None, next(iter(person.devices), None))
