"""What screens read of the ledger: spans, steps of a series, and the log as its touchstone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from braze_partners.events import event_log, intake
from currents import ledger
from currents.fates import Fate
from currents.models import Current
from tests.currents.factories import EMAIL_OPEN, PURCHASE, CurrentFactory, LedgerEntryFactory
from tests.events.factories import events_of

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def current(db: None) -> Current:
    made: Current = CurrentFactory.create()
    return made


def received(current: Current, count: int, at: datetime) -> None:
    intake.accept(current.workspace_id, events_of(count), at)
    ledger.count(current, event_log.head(current.workspace_id))


def test_a_reading_has_each_type_and_their_sum(current: Current) -> None:
    for kind, fate, count in (
        (EMAIL_OPEN, Fate.DELIVERED, 7),
        (EMAIL_OPEN, Fate.WAITING, 2),
        (PURCHASE, Fate.NOT_SELECTED, 30),
    ):
        LedgerEntryFactory.create(
            current=current, minute=NOON, event_type=kind, fate=fate, count=count
        )
    reading = ledger.read(current.pk, NOON)
    assert list(reading.by_type) == [PURCHASE, EMAIL_OPEN]
    assert (reading.total.received, reading.total.delivered) == (39, 7)
    assert ledger.read(current.pk, NOON + timedelta(minutes=1)).total.received == 0


def test_a_series_puts_each_minute_into_its_step(current: Current) -> None:
    for minutes, count in ((0, 1), (29, 2), (30, 4), (95, 8)):
        minute = NOON + timedelta(minutes=minutes)
        LedgerEntryFactory.create(current=current, minute=minute, count=count)
    until = NOON + timedelta(minutes=96)
    points = ledger.series([current.pk], NOON, until, HALF_HOUR)[current.pk]
    assert [point.at for point in points] == [NOON + n * HALF_HOUR for n in range(4)]
    assert [point.balance.delivered for point in points] == [3, 4, 0, 8]


def test_a_series_counts_each_current_by_itself_in_one_query(
    current: Current, django_assert_num_queries: object
) -> None:
    other = CurrentFactory.create(workspace=current.workspace)
    LedgerEntryFactory.create(current=current, minute=NOON, count=3)
    LedgerEntryFactory.create(current=other, minute=NOON, count=5)
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = ledger.series([current.pk, other.pk], NOON, NOON + HALF_HOUR, HALF_HOUR)
    assert [found[one.pk][0].balance.received for one in (current, other)] == [3, 5]


def test_the_log_says_as_many_as_the_ledger_counted(current: Current) -> None:
    for minutes, count in ((0, 5), (4, 7), (9, 11)):
        received(current, count, NOON + timedelta(minutes=minutes, seconds=40))
    for minutes, wanted in ((0, 23), (4, 18), (5, 11), (20, 0)):
        since = NOON + timedelta(minutes=minutes)
        reading = ledger.read(current.pk, since)
        assert reading.total.received == wanted
        assert ledger.log_received(current, reading, since) == wanted


def test_what_came_before_the_launch_is_not_its_own(current: Current) -> None:
    intake.accept(current.workspace_id, events_of(9), NOON)
    later = CurrentFactory.create(
        workspace=current.workspace, launch_sequence=9, counted_sequence=9
    )
    received(later, 4, NOON)
    reading = ledger.read(later.pk, NOON)
    assert reading.total.received == 4
    assert ledger.log_received(later, reading, NOON) == 4


def test_a_row_too_many_shows(current: Current) -> None:
    received(current, 5, NOON)
    LedgerEntryFactory.create(current=current, minute=NOON, count=1)
    reading = ledger.read(current.pk, NOON)
    assert reading.total.received == 6
    assert ledger.log_received(current, reading, NOON) == 5


def test_what_others_count_meanwhile_makes_no_difference(current: Current) -> None:
    received(current, 5, NOON)
    reading = ledger.read(current.pk, NOON)
    received(Current.objects.get(pk=current.pk), 3, NOON)
    assert ledger.log_received(current, reading, NOON) == 5


def test_nothing_is_said_of_a_span_that_the_log_no_longer_holds(current: Current) -> None:
    received(current, 5, NOON)
    received(current, 5, NOON + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_batch WHERE end_sequence = 5")
    for since, wanted in ((NOON, None), (NOON + timedelta(days=1, minutes=1), 0)):
        reading = ledger.read(current.pk, since)
        assert ledger.log_received(current, reading, since) == wanted
