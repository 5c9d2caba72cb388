"""Reads the bodies of /users/identify, /users/alias/new and /users/delete: arrays whose objects are
taken or refused one by one. Knows the requests' shapes; knows no database and no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from braze_partners.errors import BadRequest
from braze_partners.people import wire
from braze_partners.people.changes import By, Who
from braze_partners.people.errors import ValueRefused
from braze_partners.people.identifying import Identification
from braze_partners.people.limits import MAX_IDENTITIES
from braze_partners.people.naming import NewAlias

Fields = Mapping[str, Any]
T = TypeVar("T")

TO_IDENTIFY, NEW_ALIASES = "aliases_to_identify", "user_aliases"
DELETED_BY = {
    "external_ids": By.EXTERNAL_ID,
    "user_aliases": By.ALIAS,
    "braze_ids": By.BRAZE_ID,
}
BEHAVIORS = ("merge", "none")


@dataclass(slots=True)
class Objects(Generic[T]):
    """An array that was sent: what can be read, by its index, and why the rest can't."""

    array: str
    read: dict[int, T] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        return not self.read

    def refuse(self, reasons: Mapping[int, Exception]) -> None:
        """`reasons` by the place among those that could be read."""
        for place, index in enumerate(list(self.read)):
            if place in reasons:
                self.refused[index] = str(reasons[place])
                del self.read[index]

    def errors(self) -> list[dict[str, Any]]:
        return [
            {"type": text, "input_array": self.array, "index": index}
            for index, text in sorted(self.refused.items())
        ]


def to_identify(body: Fields) -> tuple[Objects[Identification], bool]:
    """Whom to identify, and whether their data is merged. Raises BadRequest."""
    behavior = body.get("merge_behavior")
    if behavior is not None and behavior not in BEHAVIORS:
        raise BadRequest("`merge_behavior` must be merge or none")
    return _read(body, TO_IDENTIFY, _identification), behavior != "none"


def new_aliases(body: Fields) -> Objects[NewAlias]:
    """Raises BadRequest."""
    return _read(body, NEW_ALIASES, _new_alias)


def to_delete(body: Fields) -> Objects[Who]:
    """Raises BadRequest."""
    sent = [name for name in DELETED_BY if body.get(name)]
    if len(sent) > 1:
        raise BadRequest(f"A request has one of {_listed()}; this one has {' and '.join(sent)}")
    if not sent:
        raise BadRequest(f"The request must hold {_listed()}")
    by = DELETED_BY[sent[0]]
    return _read(body, sent[0], lambda one: wire.who(by, one))


def _listed() -> str:
    first, second, third = (f"`{name}`" for name in DELETED_BY)
    return f"{first}, {second} or {third}"


def _read(body: Fields, array: str, reader: Callable[[Any], T]) -> Objects[T]:
    found = body.get(array)
    if not isinstance(found, list) or not found:
        raise BadRequest(f"`{array}` must be an array that is not empty")
    if len(found) > MAX_IDENTITIES:
        raise BadRequest(f"`{array}` has at most {MAX_IDENTITIES} entries; these are {len(found)}")
    objects: Objects[T] = Objects(array)
    for index, one in enumerate(found):
        try:
            objects.read[index] = reader(one)
        except ValueRefused as refused:
            objects.refused[index] = str(refused)
    return objects


def _identification(one: object) -> Identification:
    fields = _fields(one, TO_IDENTIFY)
    external_id = wire.identifier("external_id", fields.get("external_id"))
    return Identification(wire.alias(fields.get("user_alias")), external_id)


def _new_alias(one: object) -> NewAlias:
    fields = _fields(one, NEW_ALIASES)
    told = fields.get("external_id")
    external_id = None if told is None else wire.identifier("external_id", told)
    return NewAlias(wire.alias(fields), external_id)


def _fields(one: object, array: str) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise ValueRefused(array, f"`{array}` must be an array of objects")
    return one
