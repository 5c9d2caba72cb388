"""What can go wrong with a Current, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from currents.models import Current
from currents.states import State


class MoveRefused(Exception):
    """The Current can't come to that state from the one it is in."""

    def __init__(self, current: Current, after: State) -> None:
        super().__init__(f"{current.state} to {after}")
        self.before, self.after = State(current.state), after


class DraftRefused(Exception):
    """One sentence for each field that is not as it must be."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose stored value is not the one that was entered."""

    field: str
    stored: Any
    entered: Any


class EditedMeanwhile(Exception):
    """Somebody else changed it since the form was opened: `current` is what stands there now."""

    def __init__(self, current: Current, differences: Sequence[Difference]) -> None:
        super().__init__("The Current has been changed meanwhile")
        self.current, self.differences = current, list(differences)


class TooManyTests(Exception):
    """Too many connection tests of the workspace have not ended yet."""


class LeaseLost(Exception):
    """Another worker holds the lanes by now: what this one did is done again."""
