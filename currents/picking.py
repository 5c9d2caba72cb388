"""The event types as the picker lays them out: two categories, their groups in the catalogue's
order, and behind them one fold of the groups that came after 2022. Pure: knows the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from braze_partners.events import catalogue
from braze_partners.events.catalogue import EventType

MESSAGE_ENGAGEMENT = "message_engagement"
CUSTOMER_BEHAVIOR = "customer_behavior"
CATEGORIES = (MESSAGE_ENGAGEMENT, CUSTOMER_BEHAVIOR)


@dataclass(frozen=True, slots=True)
class Group:
    """`name` is the catalogue's; the same may stand in both categories."""

    name: str
    types: tuple[EventType, ...]

    @property
    def is_later(self) -> bool:
        """None of its types is of the core of 2022."""
        return not any(kind.core for kind in self.types)


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    groups: tuple[Group, ...]
    later: tuple[Group, ...]

    def types(self) -> Iterator[EventType]:
        for group in (*self.groups, *self.later):
            yield from group.types


@cache
def categories() -> tuple[Category, ...]:
    return tuple(_category(name) for name in CATEGORIES)


def _category(name: str) -> Category:
    kinds = [kind for kind in catalogue.event_types().values() if kind.category == name]
    groups = [Group(of, tuple(rows)) for of, rows in groupby(kinds, lambda kind: kind.group)]
    return Category(
        name,
        tuple(group for group in groups if not group.is_later),
        tuple(group for group in groups if group.is_later),
    )
