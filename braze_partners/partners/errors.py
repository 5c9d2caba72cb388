"""What can go wrong with an Amplitude project, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping


class ProjectRefused(Exception):
    """One sentence for each field that is not as it must be."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class ProjectInUse(Exception):
    """Something reads from the project: its sync schedules, and the runs that tell of them."""


class TooManyChecks(Exception):
    """Too many checks of the workspace's projects have not ended yet."""
