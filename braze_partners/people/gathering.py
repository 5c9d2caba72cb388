"""Finds the people that changes name, whatever the identifier, and takes hold of their rows.

Knows how people are found and locked; knows not what will become of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from braze_partners.people import contacts, identity
from braze_partners.people.attributes import Value
from braze_partners.people.changes import By, Who
from braze_partners.people.models import AttributeValue, Device, Profile


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


def _numbers(workspace_id: int, by: By, texts: list) -> list[list[int]]:  # type: ignore[type-arg]
    if by is By.EMAIL:
        shared = contacts.by_email(workspace_id, texts)
        return [shared.get(contacts.folded(text), []) for text in texts]
    if by is By.PHONE:
        shared = contacts.by_phone(workspace_id, texts)
        return [shared.get(text, []) for text in texts]
    if by is By.DEVICE:
        matches = identity.resolve_devices(workspace_id, texts)
        return [[] if match is None else [match.number] for match in matches]
    resolve = {
        By.EXTERNAL_ID: identity.resolve_external_ids,
        By.ALIAS: identity.resolve_aliases,
        By.BRAZE_ID: identity.resolve_braze_ids,
    }[by]
    return [[] if number is None else [number] for number in resolve(workspace_id, texts)]


_COLUMNS = (
    *("number", "pk", "braze_id", "external_id", "email", "phone"),
    *("updated_at", "created_at"),
)


def hold(workspace_id: int, numbers: Collection[int]) -> dict[int, Row]:
    """The profiles of these numbers, held until the transaction ends: in the order of their
    numbers, as every writer takes them, so that two never wait for each other in a ring."""
    rows = (
        Profile.objects.select_for_update(no_key=True)
        .filter(workspace_id=workspace_id, number__in=numbers)
        .order_by("number")
        .values_list(*_COLUMNS)
    )
    return {
        number: Row(number, *plain, moved_at=updated_at or created_at)
        for number, *plain, updated_at, created_at in rows.iterator()
    }


def bring_devices(workspace_id: int, rows: Collection[Row]) -> None:
    """Their devices, oldest first."""
    by_key = {row.pk: row for row in rows}
    found = Device.objects.filter(workspace_id=workspace_id, profile_id__in=list(by_key))
    stored = found.order_by("pk").values_list("profile_id", "device_id", "push_enabled")
    for profile_id, device_id, enabled in stored if by_key else ():
        by_key[profile_id].devices[device_id] = enabled


def bring_attributes(rows: Collection[Row], names: Mapping[int, str]) -> None:
    """Their values of the attributes named (by primary key)."""
    by_key = {row.pk: row for row in rows}
    found = AttributeValue.objects.filter(profile__in=list(by_key), attribute__in=list(names))
    for value in found.select_related("attribute") if by_key and names else ():
        by_key[value.profile_id].attributes[names[value.attribute_id]] = value.value
