"""Reads the body of a /users/track request: three arrays, whose objects are taken or refused one by
one. Knows the request's shape; knows no database and no HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from braze_partners.errors import BadRequest
from braze_partners.events.limits import MAX_TRACKED
from braze_partners.events.track_attributes import read_attributes
from braze_partners.events.track_objects import (
    Fields,
    Happening,
    ObjectRefused,
    read_event,
    read_purchase,
)
from braze_partners.people.changes import Change
from braze_partners.people.errors import ValueRefused

NO_OBJECT = "The request body must be a JSON object"
EMPTY = "The request must hold `attributes`, `events` or `purchases`"


class Array(StrEnum):
    """The arrays in the order in which they are applied."""

    ATTRIBUTES = "attributes"
    EVENTS = "events"
    PURCHASES = "purchases"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the object at `index` of its array was left out."""

    array: Array
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """One object that can be read; attributes have no `happening`."""

    array: Array
    index: int
    change: Change
    happening: Happening | None


@dataclass(slots=True)
class TrackBody:
    """`sent` counts the objects of each array that holds any, the refused ones too."""

    sent: dict[Array, int] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(parsed: object) -> TrackBody:
    """Raises BadRequest when nothing can be taken from it, whatever its objects say."""
    if not isinstance(parsed, dict):
        raise BadRequest(NO_OBJECT)
    arrays = {array: _objects(parsed, array) for array in Array}
    if not any(arrays.values()):
        raise BadRequest(EMPTY)
    body = TrackBody({array: len(objects) for array, objects in arrays.items() if objects})
    for array, objects in arrays.items():
        for index, one in enumerate(objects):
            _take(body, array, index, one)
    return body


def _objects(parsed: Fields, array: Array) -> list[Any]:
    found = parsed.get(array)
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadRequest(f"`{array}` must be an array of objects")
    if len(found) > MAX_TRACKED:
        raise BadRequest(f"`{array}` has at most {MAX_TRACKED} objects; these are {len(found)}")
    return found


def _attributes(fields: Fields) -> tuple[Change, None]:
    return read_attributes(fields), None


_READERS: dict[Array, Callable[[Fields], tuple[Change, Happening | None]]] = {
    Array.ATTRIBUTES: _attributes,
    Array.EVENTS: read_event,
    Array.PURCHASES: read_purchase,
}


def _take(body: TrackBody, array: Array, index: int, one: object) -> None:
    try:
        if not isinstance(one, dict):
            raise ObjectRefused(f"`{array}` must be an array of objects")
        change, happening = _READERS[array](one)
    except (ObjectRefused, ValueRefused) as refused:
        body.problems.append(Problem(array, index, str(refused)))
        return
    body.told.append(Told(array, index, change, happening))
