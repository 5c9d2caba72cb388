"""What a worker process counts of its attempts for Prometheus, and where it may be asked for it.
Knows numbers only; the ledger's are read from its table when the web process is asked."""

from __future__ import annotations

import structlog
from django.conf import settings
from prometheus_client import Counter, Histogram, start_http_server

from currents.models import Attempt

log = structlog.get_logger(__name__)

ATTEMPTS = Counter("currents_attempts", "Requests to Amplitude by outcome", ["outcome"])
SENT = Counter("currents_events_sent", "Events in requests to Amplitude by outcome", ["outcome"])
SECONDS = Histogram(
    "currents_attempt_seconds",
    "How long Amplitude took to answer",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
DELAY = Histogram(
    "currents_delivery_delay_seconds",
    "From the receipt of the oldest event of a request to the answer that took it",
    buckets=(0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400),
)


def note_attempt(outcome: Attempt.Outcome, events: int, took_ms: int, delay_ms: int) -> None:
    ATTEMPTS.labels(outcome.value).inc()
    SENT.labels(outcome.value).inc(events)
    SECONDS.observe(took_ms / 1000)
    if outcome == Attempt.Outcome.DELIVERED:
        DELAY.observe(delay_ms / 1000)


def serve() -> None:
    """Answers GET /metrics of this worker process where settings name a port; a taken one is no
    reason not to deliver."""
    if not settings.WORKER_METRICS_PORT:
        return
    try:
        start_http_server(settings.WORKER_METRICS_PORT, settings.WORKER_METRICS_BIND)
    except OSError as error:
        log.warning("metrics_not_served", port=settings.WORKER_METRICS_PORT, error=str(error))
