"""What a web process counts of its intake for Prometheus. Knows numbers only."""

from __future__ import annotations

from prometheus_client import Counter

ACCEPTED = Counter("events_accepted", "Events stored in the log")
COMMITS = Counter("events_commits", "Batches in which events were stored")
UNAVAILABLE = Counter("events_unavailable", "Batches that the log could not take")


def note_stored(events: int) -> None:
    ACCEPTED.inc(events)
    COMMITS.inc()


def note_unavailable() -> None:
    UNAVAILABLE.inc()
