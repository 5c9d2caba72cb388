"""What can be wrong with a replay that is asked for."""

from __future__ import annotations

from collections.abc import Mapping


class ReplayRefused(Exception):
    """`problems` are sentences by field; "" is the whole."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


class NothingToReplay(ReplayRefused):
    """Nothing fits, or retention has taken all of it."""
