"""Every event type that Currents has: its names, its place in the picker, its properties.

Reads catalogue.json beside it, where a new type is one entry. Pure: knows no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

CUSTOM_EVENT = "users.behaviors.CustomEvent"
PURCHASE = "users.behaviors.Purchase"

_FILE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True, slots=True)
class EventType:
    """`amplitude_name` of a custom event holds `{name}`. `later_properties` are those that a core
    type has gained since; they are passed on where present."""

    name: str
    amplitude_name: str
    category: str
    group: str
    label: str
    order: int
    core: bool
    properties: tuple[str, ...]
    later_properties: tuple[str, ...]


@cache
def event_types() -> Mapping[str, EventType]:
    """By name, in picker order."""
    entries: list[dict[str, Any]] = orjson.loads(_FILE.read_bytes())["events"]
    in_order = sorted(map(_event_type, entries), key=lambda kind: kind.order)
    return MappingProxyType({kind.name: kind for kind in in_order})


def is_known(name: str) -> bool:
    return name in event_types()


def unknown(names: Iterable[str]) -> list[str]:
    known = event_types()
    return [name for name in names if name not in known]


def _event_type(entry: dict[str, Any]) -> EventType:
    return EventType(
        name=entry["currents_event_type"],
        amplitude_name=entry["amplitude_event_name"],
        category=entry["category"],
        group=entry["picker_group"],
        label=entry["picker_label"],
        order=entry["picker_order"],
        core=entry["core"],
        properties=tuple(one["name"] for one in entry["properties"]),
        later_properties=tuple(entry.get("later_properties", ())),
    )
