"""A worker process answers for its attempts where it is told to."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from currents import metrics
from currents.models import Attempt
from tests.bed.spawning import free_port


def test_attempts_are_counted_by_outcome(settings: Any) -> None:
    settings.WORKER_METRICS_PORT = port = free_port()
    metrics.serve()
    metrics.note_attempt(Attempt.Outcome.DELIVERED, 1_000, 184, 900)
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    assert 'currents_attempts_total{outcome="delivered"}' in text
    assert 'currents_attempt_seconds_bucket{le="0.25"}' in text


def test_a_taken_port_stops_nobody(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.WORKER_METRICS_PORT = free_port()
    metrics.serve()
    metrics.serve()
    assert "metrics_not_served" in caplog.text
