"""Conditions on what a user did: how often an event, in how many days. Pure, counts are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from braze_partners.sandbox.limits import STRING_LENGTH
from braze_partners.sandbox.rules import properties
from braze_partners.sandbox.rules.properties import Condition, RuleRefused

OPERATORS = {
    "at_least": gettext_lazy("at least"),
    "at_most": gettext_lazy("at most"),
    "exactly": gettext_lazy("exactly"),
}

# The event type that stands for every one, and how many times and days can be asked for.
ANY_EVENT = "*"
MOST_TIMES = 1_000_000
MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class EventCondition:
    """`days` is None for at any time; `where` is a condition on the event's own properties."""

    event: str
    operator: str
    times: int
    days: int | None = None
    where: Condition | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "operator": self.operator,
            "times": self.times,
            "days": self.days,
            "where": self.where.as_json() if self.where else None,
        }


def read(row: Mapping[str, Any], place: int) -> EventCondition:
    event = str(row.get("event", "")).strip()
    if not event or len(event) > STRING_LENGTH:
        raise RuleRefused(_("Condition %(place)d needs an event type.") % {"place": place})
    operator = str(row.get("operator", "at_least"))
    if operator not in OPERATORS:
        raise RuleRefused(
            _("Condition %(place)d needs one of these operators: %(known)s.")
            % {"place": place, "known": ", ".join(OPERATORS)}
        )
    times = _whole(row.get("times", 1), 0, MOST_TIMES)
    if times is None:
        raise RuleRefused(
            _("Condition %(place)d needs a number of times from 0 to %(most)d.")
            % {"place": place, "most": MOST_TIMES}
        )
    given = row.get("days")
    days = None if given in (None, "") else _whole(given, 1, MOST_DAYS)
    if days is None and given not in (None, ""):
        raise RuleRefused(
            _("Condition %(place)d needs a number of days from 1 to %(most)d.")
            % {"place": place, "most": MOST_DAYS}
        )
    return EventCondition(event, operator, times, days, _where(row.get("where"), place))


def stored(row: Mapping[str, Any]) -> EventCondition:
    where = row.get("where")
    return EventCondition(
        row["event"],
        row["operator"],
        row["times"],
        row.get("days"),
        properties.stored(where) if where else None,
    )


def holds(condition: EventCondition, count: int) -> bool:
    match condition.operator:
        case "at_least":
            return count >= condition.times
        case "at_most":
            return count <= condition.times
        case _:
            return count == condition.times


def _where(given: Any, place: int) -> Condition | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise RuleRefused(_("`where` of condition %(place)d must be an object.") % {"place": place})
    return properties.read(given, place)


def _whole(value: Any, least: int, most: int) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        return None
    return value
