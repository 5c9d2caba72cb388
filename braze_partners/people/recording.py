"""Writes down what became of the people of one call, a statement a table where it can be.

Knows tables and their order; knows not why somebody changed. The rows are held (changing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from braze_partners.people import attributes, changed, columns, profiles, rows
from braze_partners.people.attributes import Value
from braze_partners.people.changes import By
from braze_partners.people.company import Company, Person
from braze_partners.people.errors import ValueRefused
from braze_partners.people.identity import identifier_hash
from braze_partners.people.models import Attribute, Device
from braze_partners.people.profiles import NewDevice, NewPerson
from braze_partners.people.questions import attribute_facet


class Interfered(Exception):
    """Others wrote in between what the plan relies on: it is made anew."""


def record(workspace_id: int, company: Company, now: datetime) -> None:
    there = _attributes(workspace_id, company)
    profiles.create_together(workspace_id, [_new(person) for person in company.made], now)
    told = [person for person in company.known.values() if person.is_changed]
    columns.write((_key(person), {**person.fields, "updated_at": now}) for person in told)
    attributes.write(there, ((_key(person), _values(person)) for person in told))
    attributes.remove(
        [
            (_key(person), there[name].pk)
            for person in told
            for name, value in person.attributes.items()
            if value is None and name in there
        ]
    )
    _devices(workspace_id, told)
    changed.note(workspace_id, *_facets(told, there))


def _facets(told: Sequence[Person], there: Mapping[str, Attribute]) -> tuple[list[int], set[str]]:
    """Whose profiles changed, and in what."""
    numbers: list[int] = []
    facets: set[str] = set()
    for person in told:
        assert person.row is not None
        numbers.append(person.row.number)
        facets.update(person.fields)
        facets.update(
            attribute_facet(there[name].pk) for name in person.attributes if name in there
        )
        if person.devices:
            facets.add("devices")
    return numbers, facets


def _attributes(workspace_id: int, company: Company) -> dict[str, Attribute]:
    """The attributes that the changes name, the new ones made. Others may have made them since,
    with another type."""
    if not company.new_types:
        return company.attributes
    try:
        there = attributes.declare(workspace_id, company.new_types)
    except ValueRefused as refused:  # too many by now
        raise Interfered from refused
    if any(there[name].type != kind for name, kind in company.new_types.items()):
        raise Interfered
    return there


def _key(person: Person) -> int:
    assert person.row is not None
    return person.row.pk


def _values(person: Person) -> dict[str, Value]:
    return {name: value for name, value in person.attributes.items() if value is not None}


def _new(person: Person) -> NewPerson:
    who = person.who
    named = who is not None and who.by is By.ALIAS
    return NewPerson(
        external_id=person.external_id,
        braze_id=person.braze_id,
        aliases=[who.value] if named else [],  # type: ignore[union-attr,list-item]
        devices=[NewDevice(device_id, push) for device_id, push in person.devices.items()],
        fields=person.fields,
        attributes=_values(person),
    )


def _devices(workspace_id: int, changed: Sequence[Person]) -> None:
    """New devices, and those whose push was switched; at most three statements."""
    made: list[Device] = []
    switched: dict[bool, list[tuple[int, str]]] = {True: [], False: []}
    for person in changed:
        assert person.row is not None
        for device_id, push in person.devices.items():
            before = person.row.devices.get(device_id)
            if before is None:
                made.append(_device(workspace_id, person, device_id, push))
            elif before != push:
                switched[push].append((person.row.pk, device_id))
    rows.insert(Device, sorted(made, key=lambda device: device.device_id))
    for push, named in switched.items():
        if named:
            owners, ids = {pk for pk, _id in named}, {device_id for _pk, device_id in named}
            theirs = Device.objects.filter(workspace_id=workspace_id, profile__in=owners)
            theirs.filter(device_id__in=ids).update(push_enabled=push)


def _device(workspace_id: int, person: Person, device_id: str, push: bool) -> Device:
    assert person.row is not None
    return Device(
        workspace_id=workspace_id,
        profile_id=person.row.pk,
        number=person.row.number,
        device_id=device_id,
        hash=identifier_hash(device_id),
        push_enabled=push,
    )
