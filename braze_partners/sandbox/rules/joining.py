"""Whole rules: conditions of both kinds, read from what came, kept as JSON, and applied. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from braze_partners.sandbox.limits import CONDITIONS_PER_RULE
from braze_partners.sandbox.rules import events, properties
from braze_partners.sandbox.rules.events import EventCondition
from braze_partners.sandbox.rules.properties import Condition, RuleRefused

AnyCondition = Condition | EventCondition


def read_conditions(rows: Iterable[Any]) -> list[AnyCondition]:
    """The conditions of a form or a REST body; raises RuleRefused with a sentence."""
    conditions = [_read(row, place) for place, row in enumerate(rows, start=1)]
    if not conditions:
        raise RuleRefused(_("Enter at least one condition."))
    if len(conditions) > CONDITIONS_PER_RULE:
        raise RuleRefused(
            _("A rule has at most %(limit)d conditions.") % {"limit": CONDITIONS_PER_RULE}
        )
    return conditions


def _read(row: Any, place: int) -> AnyCondition:
    if not isinstance(row, Mapping):
        raise RuleRefused(_("Condition %(place)d must be an object.") % {"place": place})
    return events.read(row, place) if "event" in row else properties.read(row, place)


def stored_conditions(rows: Iterable[Mapping[str, Any]]) -> list[AnyCondition]:
    return [events.stored(row) if "event" in row else properties.stored(row) for row in rows]


def matches(
    held: Mapping[str, Any],
    conditions: Iterable[AnyCondition],
    *,
    any_of: bool,
    counts: Mapping[EventCondition, int] | None = None,
) -> bool:
    """Whether a user with these properties, who did what `counts` says, fulfils the rule."""
    done = counts or {}
    verdicts = (
        events.holds(condition, done.get(condition, 0))
        if isinstance(condition, EventCondition)
        else properties.holds(held, condition)
        for condition in conditions
    )
    return any(verdicts) if any_of else all(verdicts)
