"""What can go wrong with a Current, in the domain's words."""

from __future__ import annotations

from currents.models import Current
from currents.states import State


class MoveRefused(Exception):
    """The Current can't come to that state from the one it is in."""

    def __init__(self, current: Current, after: State) -> None:
        super().__init__(f"{current.state} to {after}")
        self.before, self.after = State(current.state), after


class LeaseLost(Exception):
    """Another worker holds the lanes by now: what this one did is done again."""
