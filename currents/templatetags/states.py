"""What a state of a Current looks like, for templates. Knows words and looks, no rows."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from currents.states import State
from currents.wording import LOOKS

register = template.Library()


@dataclass(frozen=True, slots=True)
class Look:
    """The kind of a badge and of a state strip's edge, an icon, the state's name."""

    kind: str
    icon: str
    label: str


@register.filter
def state_look(state: str) -> Look:
    kind, icon = LOOKS[State(state)]
    return Look(kind, icon, str(State(state).label))
