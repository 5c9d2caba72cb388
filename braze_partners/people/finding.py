"""From numbers or a searched text to people: who they are, in a constant number of queries.

Knows identities; knows not which list the people are shown in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from braze_partners.people import searching
from braze_partners.people.attributes import Value
from braze_partners.people.models import Alias, Device, Profile


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
    """People with exactly this external id, alias (`label:name` or its name), device, Braze id,
    e-mail or phone, in that order; `device:` and the like before it, as commands print, are
    understood."""
    matches = searching.whole(workspace_id, text, limit)
    return identifiers_of(workspace_id, [match.number for match in matches])


def find_person(workspace_id: int, text: str) -> Person | None:
    """The first of find_people."""
    return next(iter(find_people(workspace_id, text, limit=1)), None)


@dataclass(slots=True, frozen=True)
class FoundPerson:
    """A person and the identifier by which a search found them; None in a list of everybody."""

    person: Person
    match: searching.Match | None = None


def search(
    workspace_id: int, text: str, size: int, by: searching.By | None = None, cursor: str = ""
) -> tuple[list[FoundPerson], str | None]:
    """A page of the people known by a text or by what begins with it, and the cursor of the next
    page. Raises searching.BadCursor."""
    matches = searching.page(workspace_id, text, size, by=by, cursor=cursor)
    by_number = {match.number: match for match in matches.found}
    people = identifiers_of(workspace_id, by_number)
    return [FoundPerson(one, by_number[one.number]) for one in people], matches.following
