"""Every periodic job, in one table. Knows names and intervals only; the work is the apps'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    task: str  # dotted name of a Celery task
    every: timedelta
    why: str


JOBS: tuple[Job, ...] = ()
