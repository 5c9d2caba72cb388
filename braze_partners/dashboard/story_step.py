"""What a story on the home page is made of. Knows no room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `done_at` is when its evidence came, `url` where to do it or to see it. `act` is
    the name of an address below the workspace that is posted to instead."""

    title: str | Promise
    text: str | Promise
    action: str | Promise
    url: str
    done_at: datetime | None
    external: bool = False
    act: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    title: str | Promise
    steps: list[Step] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(step.done_at is not None for step in self.steps)

    @property
    def is_finished(self) -> bool:
        return self.done == len(self.steps)

    @property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.done_at is None), None)
