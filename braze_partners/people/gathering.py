"""Finds the people that changes name, whatever the identifier, and takes hold of their rows.

Knows how people are found and locked; knows not what will become of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce

from braze_partners.people import contacts, identity, postgres
from braze_partners.people.attributes import Value
from braze_partners.people.changes import By, Who
from braze_partners.people.models import Attribute, AttributeValue, Device, Profile


@dataclass(slots=True)
class Row:
    """A profile as it is stored. `moved_at` is when it was last updated, else made; devices are
    push enabled or not by their id, oldest first, as far as they were brought, like attributes."""

    number: int
    pk: int
    braze_id: str
    external_id: str | None
    email: str
    phone: str
    moved_at: datetime
    devices: dict[str, bool] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)


Numbers = dict[Who, list[int]]


def find(workspace_id: int, named: Iterable[Who]) -> Numbers:
    """Whom each names: one number, or several who share an e-mail address or a phone number, the
    most recently updated first. The unknown are absent. One statement a kind."""
    by_kind: dict[By, list[Who]] = defaultdict(list)
    for who in dict.fromkeys(named):
        by_kind[who.by].append(who)
    found: Numbers = {}
    for by, people in by_kind.items():
        texts = [who.value for who in people]
        for who, numbers in zip(people, _numbers(workspace_id, by, texts), strict=True):
            if numbers:
                found[who] = numbers
    return found


def _numbers(workspace_id: int, by: By, texts: list[Any]) -> list[list[int]]:
    if by is By.EMAIL:
        shared = contacts.by_email(workspace_id, texts)
        return [shared.get(contacts.folded(text), []) for text in texts]
    if by is By.PHONE:
        shared = contacts.by_phone(workspace_id, texts)
        return [shared.get(text, []) for text in texts]
    if by is By.DEVICE:
        matches = identity.resolve_devices(workspace_id, texts)
        return [[] if match is None else [match.number] for match in matches]
    found = _RESOLVE[by](workspace_id, texts)
    return [[] if number is None else [number] for number in found]


_RESOLVE: dict[By, Callable[[int, list[Any]], list[int | None]]] = {
    By.EXTERNAL_ID: identity.resolve_external_ids,
    By.ALIAS: identity.resolve_aliases,
    By.BRAZE_ID: identity.resolve_braze_ids,
}


_COLUMNS = ("number", "pk", "braze_id", "external_id", "email", "phone", "moved_at")
_HOLD = """
SELECT number, id, braze_id, external_id, email, phone, COALESCE(updated_at, created_at)
FROM people_profile WHERE workspace_id = %s AND number = ANY(%s) ORDER BY number
FOR NO KEY UPDATE
"""


def hold(workspace_id: int, numbers: Collection[int]) -> dict[int, Row]:
    """The profiles of these numbers, held until the transaction ends: in the order of their
    numbers, as every writer takes them, so that two never wait for each other in a ring."""
    if postgres.is_postgres():
        wanted = postgres.Int8Array.of(numbers)
        return {row[0]: Row(*row) for row in postgres.ask(_HOLD, [workspace_id, wanted])}
    profiles = Profile.objects.filter(workspace_id=workspace_id, number__in=numbers)
    stored = profiles.annotate(moved_at=Coalesce("updated_at", "created_at"))
    return {row[0]: Row(*row) for row in stored.values_list(*_COLUMNS)}


def bring_devices(workspace_id: int, rows: Collection[Row]) -> None:
    """Their devices, oldest first."""
    by_key = {row.pk: row for row in rows}
    found = Device.objects.filter(workspace_id=workspace_id, profile_id__in=list(by_key))
    stored = found.order_by("pk").values_list("profile_id", "device_id", "push_enabled")
    for profile_id, device_id, enabled in stored if by_key else ():
        by_key[profile_id].devices[device_id] = enabled


def bring_attributes(rows: Collection[Row], attributes: Collection[Attribute]) -> None:
    """Their values of these attributes; one statement."""
    by_key = {row.pk: row for row in rows}
    asked = {attribute.pk: attribute for attribute in attributes}
    if not by_key or not asked:
        return
    columns = sorted({attribute.column for attribute in attributes})
    found = AttributeValue.objects.filter(profile__in=list(by_key), attribute__in=list(asked))
    for owner, key, *values in found.values_list("profile_id", "attribute_id", *columns):
        attribute = asked[key]
        by_key[owner].attributes[attribute.name] = values[columns.index(attribute.column)]
