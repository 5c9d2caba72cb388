"""From numbers or a searched text to people: who they are, in a constant number of queries.

Knows identities; knows not which list the people are shown in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.db.models.functions import Lower

from braze_partners.people.attributes import Value
from braze_partners.people.identity import (
    resolve_aliases,
    resolve_devices,
    resolve_external_ids,
)
from braze_partners.people.models import Alias, Device, Profile

_BRAZE_ID = re.compile(r"[0-9a-f]{24}")


class Kind(StrEnum):
    """Which identifier names a person: the external id, else an alias, else a device."""

    EXTERNAL_ID = "external_id"
    ALIAS = "alias"
    DEVICE = "device"
    BRAZE_ID = "braze_id"


@dataclass(slots=True, frozen=True)
class Person:
    """One line of a list of people; `identifier` is what commands print for them."""

    number: int
    kind: Kind
    identifier: str
    braze_id: str
    external_id: str | None
    name: str
    email: str
    country: str
    created_at: datetime
    last_active_at: datetime | None


def identifiers_of(workspace_id: int, numbers: Iterable[int]) -> list[Person]:
    """The people of these numbers, in order; numbers of nobody are left out. Three queries."""
    wanted = list(numbers)
    profiles = {
        profile.number: profile
        for profile in Profile.objects.filter(workspace_id=workspace_id, number__in=wanted)
    }
    unnamed = [number for number, found in profiles.items() if found.external_id is None]
    names = _names(workspace_id, unnamed) if unnamed else {}
    return [_person(profiles[number], names) for number in wanted if number in profiles]


def page_of(workspace_id: int, after: int | None, size: int) -> tuple[list[Person], int | None]:
    """The next people by number, and after which number the page behind them begins."""
    profiles = Profile.objects.filter(workspace_id=workspace_id)
    if after is not None:
        profiles = profiles.filter(number__gt=after)
    found = list(profiles.order_by("number").values_list("number", flat=True)[: size + 1])
    people = identifiers_of(workspace_id, found[:size])
    return people, found[size - 1] if len(found) > size else None


@dataclass(slots=True, frozen=True)
class Portrait:
    """All that is known of one person: identities, reserved fields, custom attributes."""

    person: Person
    profile: Profile
    aliases: list[Alias]
    devices: list[Device]
    attributes: list[tuple[str, str, Value]]


def portrait_of(workspace_id: int, number: int) -> Portrait | None:
    profile = Profile.objects.filter(workspace_id=workspace_id, number=number).first()
    if profile is None:
        return None
    (person,) = identifiers_of(workspace_id, [number])
    values = profile.attributes.select_related("attribute").order_by("attribute__name")
    return Portrait(
        person,
        profile,
        list(profile.aliases.order_by("pk")),
        list(profile.devices.order_by("pk")),
        [(value.attribute.name, value.attribute.type, value.value) for value in values],
    )


def _names(workspace_id: int, numbers: Sequence[int]) -> dict[int, tuple[Kind, str]]:
    """How people without an external id are called: their oldest alias, else oldest device."""
    found: dict[int, tuple[Kind, str]] = {}
    devices = Device.objects.filter(workspace_id=workspace_id, profile__number__in=numbers)
    for number, device_id in devices.order_by("-pk").values_list("number", "device_id"):
        found[number] = (Kind.DEVICE, f"device:{device_id}")
    aliases = Alias.objects.filter(workspace_id=workspace_id, profile__number__in=numbers)
    for number, label, name in aliases.order_by("-pk").values_list("number", "label", "name"):
        found[number] = (Kind.ALIAS, f"alias:{label}:{name}")
    return found


def _person(profile: Profile, names: dict[int, tuple[Kind, str]]) -> Person:
    if profile.external_id is not None:
        kind, identifier = Kind.EXTERNAL_ID, profile.external_id
    else:
        fallback = (Kind.BRAZE_ID, f"braze_id:{profile.braze_id}")
        kind, identifier = names.get(profile.number, fallback)
    return Person(
        number=profile.number,
        kind=kind,
        identifier=identifier,
        braze_id=profile.braze_id,
        external_id=profile.external_id,
        name=f"{profile.first_name} {profile.last_name}".strip(),
        email=profile.email,
        country=profile.country,
        created_at=profile.created_at,
        last_active_at=profile.last_active_at,
    )


def find_people(workspace_id: int, text: str, limit: int = 50) -> list[Person]:
    """People with exactly this external id, alias (`label:name`), device, braze id or e-mail.

    In that order; `device:` and `alias:` before the text are understood, as commands print them.
    """
    text = text.strip()
    if not text or "\x00" in text:
        return []
    numbers = _by_identity(workspace_id, text)
    numbers += _by_email(workspace_id, text, limit) if "@" in text else []
    return identifiers_of(workspace_id, list(dict.fromkeys(numbers))[:limit])


def find_person(workspace_id: int, text: str) -> Person | None:
    """The first of find_people."""
    return next(iter(find_people(workspace_id, text, limit=1)), None)


def _by_identity(workspace_id: int, text: str) -> list[int]:
    found = resolve_external_ids(workspace_id, [text])
    if ":" in text:
        found += resolve_aliases(workspace_id, _pairs(text.removeprefix("alias:")))
        found += resolve_aliases(workspace_id, _pairs(text))
    device_ids = {text, text.removeprefix("device:")}
    found += [m.number for m in resolve_devices(workspace_id, [*device_ids]) if m is not None]
    braze_id = text.removeprefix("braze_id:").lower()
    if _BRAZE_ID.fullmatch(braze_id):
        profiles = Profile.objects.filter(workspace_id=workspace_id, braze_id=braze_id)
        found += profiles.values_list("number", flat=True)
    return [number for number in found if number is not None]


def _pairs(text: str) -> list[tuple[str, str]]:
    """Every way to read `label:name`, since both may hold a colon."""
    cuts = [match.start() for match in re.finditer(":", text)][:8]
    return [(text[:cut], text[cut + 1 :]) for cut in cuts]


def _by_email(workspace_id: int, text: str, limit: int) -> list[int]:
    """Whatever the case; by the index on lower(email)."""
    found = (
        Profile.objects.annotate(lower_email=Lower("email"))
        .filter(~Q(email=""), workspace_id=workspace_id, lower_email=text.lower())
        .order_by("number")
    )
    return list(found.values_list("number", flat=True)[:limit])
