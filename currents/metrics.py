"""What a worker process counts of its attempts for Prometheus. Knows numbers only; the ledger's
are read from its table when somebody asks."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from currents.models import Attempt

ATTEMPTS = Counter("currents_attempts", "Requests to Amplitude by outcome", ["outcome"])
SENT = Counter("currents_events_sent", "Events in requests to Amplitude by outcome", ["outcome"])
SECONDS = Histogram(
    "currents_attempt_seconds",
    "How long Amplitude took to answer",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)


def note_attempt(outcome: Attempt.Outcome, events: int, took_ms: int) -> None:
    ATTEMPTS.labels(outcome.value).inc()
    SENT.labels(outcome.value).inc(events)
    SECONDS.observe(took_ms / 1000)
