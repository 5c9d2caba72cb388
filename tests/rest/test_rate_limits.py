"""Requests of a workspace in a window of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
import redis
from pytest_django import Settings

from braze_partners.errors import RateLimited
from braze_partners.rest import counters, rate_limits
from braze_partners.rest.rate_limits import Pool

pytestmark = pytest.mark.embedded
NOW = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)
RESET = int(datetime(2026, 5, 12, 15, tzinfo=UTC).timestamp())


def test_it_counts_down_to_the_full_hour() -> None:
    first = rate_limits.take(Pool.PARTNERS, 1, NOW)
    second = rate_limits.take(Pool.PARTNERS, 1, NOW)

    assert first.headers == {
        "X-RateLimit-Limit": "250000",
        "X-RateLimit-Remaining": "249999",
        "X-RateLimit-Reset": str(RESET),
    }
    assert second.remaining == 249_998


def test_workspaces_pools_and_hours_count_apart() -> None:
    rate_limits.take(Pool.PARTNERS, 1, NOW)

    assert rate_limits.take(Pool.PARTNERS, 2, NOW).remaining == 249_999
    assert rate_limits.take(Pool.DEFAULT, 1, NOW).remaining == 249_999
    assert rate_limits.take(Pool.PARTNERS, 1, NOW + timedelta(hours=1)).remaining == 249_999


def test_the_request_beyond_the_limit_is_refused_until_the_hour_ends(settings: Settings) -> None:
    settings.RATE_LIMITS = {"partners": (2, 3600)}
    for _ in range(2):
        rate_limits.take(Pool.PARTNERS, 1, NOW).enforce(NOW)

    with pytest.raises(RateLimited) as refused:
        rate_limits.take(Pool.PARTNERS, 1, NOW).enforce(NOW)

    assert refused.value.headers["Retry-After"] == "1800"
    assert refused.value.headers["X-RateLimit-Remaining"] == "0"


def test_a_pool_may_have_a_shorter_window() -> None:
    first = rate_limits.take(Pool.TRACK, 1, NOW)
    again = rate_limits.take(Pool.TRACK, 1, NOW + timedelta(seconds=2))
    later = rate_limits.take(Pool.TRACK, 1, NOW + timedelta(seconds=3))

    assert (first.limit, first.reset) == (3_000, int(NOW.timestamp()) + 3)
    assert [first.remaining, again.remaining, later.remaining] == [2_999, 2_998, 2_999]


def test_a_setting_changes_both_the_requests_and_their_window(settings: Settings) -> None:
    settings.RATE_LIMITS = {"track": (1, 60)}
    rate_limits.take(Pool.TRACK, 1, NOW)

    refused = rate_limits.take(Pool.TRACK, 1, NOW + timedelta(seconds=59))
    assert refused.exceeded and refused.reset == int(NOW.timestamp()) + 60


def test_it_costs_less_than_the_third_of_a_millisecond() -> None:
    took = []
    for _ in range(200):
        began = time.perf_counter()
        rate_limits.take(Pool.PARTNERS, 3, NOW)
        took.append(time.perf_counter() - began)

    assert sorted(took)[len(took) // 2] < 0.0003 * 3  # three times the aim: machines are busy


def test_without_redis_nothing_is_limited_and_nobody_waits_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = counters.RedisCounter("redis://127.0.0.1:1/0")
    pipeline = Mock(side_effect=redis.ConnectionError)
    monkeypatch.setattr(counter._client, "pipeline", pipeline)

    assert counter.add("key", 10.0, 1.0) == 0
    assert counter.add("key", 10.0, 1.0) == 0
    assert pipeline.call_count == 1


def test_local_counts_of_past_windows_are_swept() -> None:
    counter = counters.LocalCounter()
    for number in range(counters.LOCAL_WINDOWS_KEPT + 1):
        counter.add(f"old:{number}", 10.0, 1.0)
    counter.add("new", 30.0, 20.0)

    assert len(counter._windows) == 1
