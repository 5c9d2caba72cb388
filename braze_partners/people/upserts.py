"""Creates the people who are new and updates those who are known, a chunk in one transaction.

Knows identities and how they clash; knows not where the people come from.

First a plan is made outside of the transaction (who is known, who clashes with whom); then it is
written, the counter's row first and the known profiles' rows by number after it, which is the
order of every writer here. When somebody else took an identity or deleted a person in between,
the plan is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from braze_partners.people import attributes, changed, columns, profiles, rows
from braze_partners.people.errors import PeopleError, ValueRefused
from braze_partners.people.identity import (
    resolve_aliases,
    resolve_devices,
    resolve_external_ids,
)
from braze_partners.people.models import Alias, Device, Profile
from braze_partners.people.profiles import NewPerson
from braze_partners.people.questions import attribute_facet

_ATTEMPTS = 5
Identity = tuple[str, Any]


class PeopleChanged(PeopleError):
    """Others kept changing the same people while the plan was written."""


@dataclass(slots=True, frozen=True)
class Refusal:
    """Why one of the people was left out; `index` is its place in what was given."""

    index: int
    column: str
    text: str


@dataclass(slots=True)
class Outcome:
    created: int = 0
    updated: int = 0
    refused: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class _Plan:
    outcome: Outcome = field(default_factory=Outcome)
    created: dict[Identity, NewPerson] = field(default_factory=dict)
    updated: dict[int, NewPerson] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class _Owner:
    """Whose an identity is: a known profile's number, or the first identity of a new person."""

    key: int | Identity
    identified: bool = False


def upsert(
    workspace_id: int,
    people: Sequence[NewPerson],
    now: datetime,
    also: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Applies them in order; a person with a clash is refused, the others are not stopped.

    `also` runs inside the transaction, so that a caller's own progress moves with the people.
    Raises PeopleChanged when others interfere five times in a row.
    """
    for _attempt in range(_ATTEMPTS):
        plan = _plan(workspace_id, people)
        try:
            attributes.ensure(workspace_id, _attributes_of(plan))
            with transaction.atomic():
                _write(workspace_id, plan, now)
                if also is not None:
                    also(plan.outcome)
        except (IntegrityError, ValueRefused, _Interfered):
            continue
        return plan.outcome
    raise PeopleChanged(_("Others kept changing the same people. Nothing of this was applied."))


def _attributes_of(plan: _Plan) -> Iterator[dict[str, attributes.Value]]:
    """New names are made before any row is held, so that two who make the same never deadlock."""
    for person in (*plan.created.values(), *plan.updated.values()):
        yield person.attributes


class _Interfered(Exception):
    pass


def _identities(person: NewPerson) -> list[Identity]:
    named: list[Identity] = []
    if person.external_id is not None:
        named.append(("external_id", person.external_id))
    named += [("alias_name", pair) for pair in person.aliases]
    named += [("device_id", device.device_id) for device in person.devices]
    return named


def _owners(workspace_id: int, people: Sequence[NewPerson]) -> dict[Identity, _Owner]:
    """Who owns which of the named identities now. At most three queries."""
    named = list(dict.fromkeys(one for person in people for one in _identities(person)))
    by_kind: dict[str, list[Any]] = {"external_id": [], "alias_name": [], "device_id": []}
    for kind, value in named:
        by_kind[kind].append(value)
    ids, pairs, devices = by_kind.values()
    owners: dict[Identity, _Owner] = {}
    for one, number in zip(ids, resolve_external_ids(workspace_id, ids), strict=True):
        if number is not None:
            owners["external_id", one] = _Owner(number, identified=True)
    for pair, number in zip(pairs, resolve_aliases(workspace_id, pairs), strict=True):
        if number is not None:
            owners["alias_name", pair] = _Owner(number)
    for device, match in zip(devices, resolve_devices(workspace_id, devices), strict=True):
        if match is not None:
            owners["device_id", device] = _Owner(match.number, match.identified)
    return owners


def _plan(workspace_id: int, people: Sequence[NewPerson]) -> _Plan:
    plan = _Plan()
    owners = _owners(workspace_id, people)
    types = {n: a.type for n, a in attributes.known(workspace_id).items()}
    for index, person in enumerate(people):
        refusal = _clash(person, owners) or _wrong_type(person, types)
        if refusal:
            plan.outcome.refused.append(Refusal(index, *refusal))
            continue
        _place(plan, person, owners)
    return plan


def _clash(person: NewPerson, owners: dict[Identity, _Owner]) -> tuple[str, str] | None:
    """A person is found by the first identity; the others must be theirs, or nobody's."""
    first, *others = _identities(person)
    owner = owners.get(first)
    if owner and first[0] == "device_id" and owner.identified:
        return first[0], _("This device belongs to a person with an external id; give that id.")
    for other in others:
        found = owners.get(other)
        if found and (owner is None or found.key != owner.key):
            return other[0], _("“%s” belongs to somebody else.") % _shown(other)
    return None


def _shown(identity: Identity) -> str:
    value = identity[1]
    return value if isinstance(value, str) else ":".join(value)


def _wrong_type(person: NewPerson, types: dict[str, str]) -> tuple[str, str] | None:
    """The type of an attribute is the workspace's, or the first of this chunk."""
    for name, value in person.attributes.items():
        kind = attributes.type_of(value)
        if types.get(name, kind) != kind:
            return name, attributes.wrong_type(name, attributes.Type(types[name]))
    types.update({n: attributes.type_of(v) for n, v in person.attributes.items() if n not in types})
    return None


def _place(plan: _Plan, person: NewPerson, owners: dict[Identity, _Owner]) -> None:
    named = _identities(person)
    owner = owners.get(named[0])
    if owner is None:
        owner = _Owner(named[0], identified=person.external_id is not None)
        plan.created[named[0]] = NewPerson(external_id=person.external_id)
        plan.outcome.created += 1
    else:
        plan.outcome.updated += 1
    key = owner.key
    if isinstance(key, int):
        target = plan.updated.setdefault(key, NewPerson())
    else:
        target = plan.created[key]
    _merge(target, person, [one for one in named if one not in owners])
    for identity in named:
        owners.setdefault(identity, owner)


def _merge(target: NewPerson, person: NewPerson, new: list[Identity]) -> None:
    target.fields |= person.fields
    target.attributes |= person.attributes
    target.aliases += [pair for pair in person.aliases if ("alias_name", pair) in new]
    target.devices += [d for d in person.devices if ("device_id", d.device_id) in new]


def _write(workspace_id: int, plan: _Plan, now: datetime) -> None:
    profiles.create_together(workspace_id, list(plan.created.values()), now)
    if not plan.updated:
        return
    known = {
        number: Profile(pk=pk, number=number, workspace_id=workspace_id)
        for number, pk in Profile.objects.select_for_update()
        .filter(workspace_id=workspace_id, number__in=list(plan.updated))
        .order_by("number")
        .values_list("number", "pk")
    }
    if len(known) < len(plan.updated):
        raise _Interfered
    pairs = [(plan.updated[number], profile) for number, profile in known.items()]
    columns.write((profile.pk, {**person.fields, "updated_at": now}) for person, profile in pairs)
    rows.insert(Alias, [alias for pair in pairs for alias in profiles.new_aliases(*pair)])
    rows.insert(Device, [device for pair in pairs for device in profiles.new_devices(*pair)])
    there = attributes.ensure(workspace_id, (person.attributes for person, _known in pairs))
    attributes.write(there, ((profile.pk, person.attributes) for person, profile in pairs))
    facets = {name for person, _profile in pairs for name in person.fields}
    facets |= {attribute_facet(attribute.pk) for attribute in there.values()}
    if any(person.devices for person, _profile in pairs):
        facets.add("devices")
    changed.note(workspace_id, known, facets)
