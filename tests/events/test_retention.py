"""What leaves the log, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from braze_partners.events import event_log, intake, partitions, retention
from tests.events.factories import NOON, events_of

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]

HERE, THERE = 1, 2
DAY = timedelta(days=1)


@pytest.fixture(params=[True, False], ids=["days", "strays"])
def with_days(request: pytest.FixtureRequest, db: None) -> None:
    """On PostgreSQL once with a partition for each day, once with all in the default one."""
    if request.param:
        for day in range(0, 20, 3):
            partitions.make_ahead(NOON + timedelta(days=day))


def a_batch_a_day(workspace_id: int, days: int = 4) -> None:
    """Sequences 0-9 on the first day, 10-19 on the second, …"""
    for day in range(days):
        intake.accept(workspace_id, events_of(10), NOON + day * DAY)


def left(workspace_id: int) -> list[int]:
    return [batch.first_sequence for batch in event_log.read(workspace_id, 0, limit_events=1_000)]


def test_a_batch_goes_when_its_day_ended_seven_days_ago(with_days: None) -> None:
    a_batch_a_day(HERE)
    midnight = datetime(2026, 3, 9, tzinfo=UTC)  # the first day, the 1st, ended seven days ago
    retention.retire(midnight - timedelta(seconds=1), {})
    assert left(HERE) == [0, 10, 20, 30]
    retention.retire(midnight, {})
    assert left(HERE) == [10, 20, 30]
    assert event_log.oldest(HERE) == 10
    assert event_log.head(HERE) == 40


def test_the_days_are_a_setting(with_days: None, settings: Settings) -> None:
    settings.EVENT_LOG_RETENTION_DAYS = 2
    a_batch_a_day(HERE)
    retention.retire(NOON + 4 * DAY, {})
    assert left(HERE) == [20, 30]


def test_what_is_still_needed_stays(with_days: None) -> None:
    a_batch_a_day(HERE)
    retention.retire(NOON + 10 * DAY, {HERE: 20})
    assert left(HERE) == [20, 30]
    retention.retire(NOON + 10 * DAY, {HERE: 15})
    assert left(HERE) == [20, 30]


def test_a_batch_that_is_needed_in_part_stays(with_days: None) -> None:
    a_batch_a_day(HERE)
    retention.retire(NOON + 10 * DAY, {HERE: 19})
    assert left(HERE) == [10, 20, 30]


def test_a_workspace_that_needs_nothing_keeps_nothing_of_its_own(with_days: None) -> None:
    a_batch_a_day(HERE)
    a_batch_a_day(THERE, 2)
    retention.retire(NOON + 12 * DAY, {HERE: 40})
    assert (left(HERE), left(THERE)) == ([], [])
    assert event_log.read(HERE, 0, limit_events=10) == []
    assert event_log.head(HERE) == 40


def test_beyond_the_hard_limit_it_goes_all_the_same(with_days: None) -> None:
    a_batch_a_day(HERE)
    now = NOON + 16 * DAY
    assert retention.beyond_hard_limit(now) == {HERE: 20}
    retention.retire(now, {HERE: 0})
    assert left(HERE) == [20, 30]
    assert retention.beyond_hard_limit(now) == {}


def test_the_hard_limit_is_never_below_the_soft_one(settings: Settings) -> None:
    settings.EVENT_LOG_RETENTION_DAYS = 30
    assert retention.hard_limit(NOON) == retention.soft_limit(NOON)


def test_many_batches_are_deleted_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "RETIRE_CHUNK", 2)
    for _ in range(5):
        intake.accept(HERE, events_of(1), NOON)
    assert retention.retire(NOON + 10 * DAY, {}).batches == 5
    assert left(HERE) == []


def test_it_may_run_again(with_days: None) -> None:
    a_batch_a_day(HERE)
    retention.retire(NOON + 10 * DAY, {HERE: 20})
    again = retention.retire(NOON + 10 * DAY, {HERE: 20})
    assert (again.days, again.batches) == ([], 0)
