"""How long answers and deliveries take: measured as they are settled, told in percentiles; and the
filters of attempts and dead letters, in the URL and over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from currents import latency
from currents.latency import Percentiles
from currents.models import Attempt, Current, Hold
from tests.cast import Cast
from tests.currents.factories import (
    PURCHASE,
    AttemptFactory,
    CurrentFactory,
    DeadLetterFactory,
    DroppedRangeFactory,
    HoldFactory,
    LedgerEntryFactory,
    now,
)
from tests.currents.world import event, make_world
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def current(cast: Cast) -> Current:
    made: Current = CurrentFactory.create(workspace=cast.workspace)
    return made


def page(cast: Cast, current: Current, name: str, **query: Any) -> str:
    url = reverse(f"currents:{name}", args=["lumen", current.pk])
    answered = cast.client(cast.bob).get(url, query)
    assert answered.status_code == 200
    return answered.content.decode()


def read(cast: Cast, current: Current, rest: str, status: int = 200) -> Any:
    secret = "brk_" + "k" * 43
    RestApiKeyFactory.create(workspace=cast.workspace, secret=secret, permissions=["currents.read"])
    answered = KeyClient(secret).get(f"/api/v1/currents/{current.pk}/{rest}")
    assert answered.status_code == status
    return answered.json()


def test_percentiles_are_nearest_ranks() -> None:
    assert latency.percentiles(range(1, 101)) == Percentiles(100, 50, 95, 99)
    assert latency.percentiles([7]) == Percentiles(1, 7, 7, 7)
    assert latency.percentiles([]) is None


def test_a_delivery_is_measured_from_the_receipt_of_its_oldest_event() -> None:
    world = make_world()
    world.receive(event("ada"))
    world.pass_time(seconds=3)
    world.receive(event("bob"))
    world.run()
    delays = Attempt.objects.values_list("delay_ms", flat=True)
    assert max(delay or 0 for delay in delays) >= 3_000


def test_only_attempts_of_the_window_that_were_answered_are_counted(current: Current) -> None:
    AttemptFactory.create(current=current, at=now() - timedelta(days=2), took_ms=9_000)
    AttemptFactory.create(current=current, took_ms=100, delay_ms=800)
    AttemptFactory.create(current=current, took_ms=5_000, status=None, outcome="unreachable")
    found = latency.latency(current.pk, now() - timedelta(hours=1))
    assert found.answers == Percentiles(1, 100, 100, 100)
    assert found.delivery == Percentiles(1, 800, 800, 800)


def test_latency_stands_on_the_overview_and_over_rest(cast: Cast, current: Current) -> None:
    AttemptFactory.create(current=current, took_ms=123, delay_ms=4_560)
    text = page(cast, current, "detail")
    assert "p95" in text and "123\N{NO-BREAK SPACE}ms" in text
    told = read(cast, current, "latency?window=1h")
    assert told["answers"] == {"count": 1, "p50": 123, "p95": 123, "p99": 123}
    assert told["delivery"]["p99"] == 4_560


def test_attempts_are_filtered_by_what_stands_in_the_url(cast: Cast, current: Current) -> None:
    fine = AttemptFactory.create(current=current)
    slow = AttemptFactory.create(current=current, outcome="throttled", status=429)
    lost = AttemptFactory.create(current=current, outcome="unreachable", status=None)
    probe = AttemptFactory.create(current=current, kind="probe", at=now() - timedelta(days=3))

    def shown(**query: Any) -> set[int]:
        text = page(cast, current, "attempts", **query)
        rows = (fine, slow, lost, probe)
        return {row.pk for row in rows if f'id="attempt-{row.pk}"' in text}

    assert shown(outcome="throttled") == {slow.pk}
    assert shown(status="429") == {slow.pk}
    assert shown(status="none") == {lost.pk}
    assert shown(kind="probe") == {probe.pk}
    assert shown(first_day=(now() - timedelta(days=1)).date()) == {fine.pk, slow.pk, lost.pk}
    assert shown(last_day=(now() - timedelta(days=1)).date()) == {probe.pk}
    assert len(shown(status="many")) == 4
    assert "No attempt matches" in page(cast, current, "attempts", status="500")


def test_attempts_are_filtered_over_rest(cast: Cast, current: Current) -> None:
    AttemptFactory.create(current=current)
    AttemptFactory.create(current=current, outcome="throttled", status=429)
    found = read(cast, current, "attempts?outcome=throttled")["data"]
    assert [one["status"] for one in found] == [429]


def test_a_filter_that_cannot_be_read_is_named_over_rest(cast: Cast, current: Current) -> None:
    told = read(cast, current, "attempts?outcome=splendid", status=400)
    assert "outcome" in str(told)


def test_dead_letters_are_filtered_by_cause_type_identity_and_day(
    cast: Cast, current: Current
) -> None:
    DeadLetterFactory.create(current=current, event_id="of-ada", identity="ada")
    DeadLetterFactory.create(
        current=current, event_id="of-bob", event_type=PURCHASE, cause="Silenced", identity="bob"
    )
    for query in ({"identity": "ada"}, {"event_type": "users.messages.email.Open"}):
        text = page(cast, current, "dead_letters", **query)
        assert "of-ada" in text and "of-bob" not in text
    assert "of-ada" not in page(cast, current, "dead_letters", cause="Silenced")
    yesterday = (now() - timedelta(days=1)).date()
    assert "No dead letter matches" in page(cast, current, "dead_letters", last_day=yesterday)
    found = read(cast, current, "dead-letters?identity=bob")["data"]
    assert [one["event_id"] for one in found] == ["of-bob"]


def test_the_ledgers_steps_lead_down_to_events(cast: Cast, current: Current) -> None:
    row = DroppedRangeFactory.create(current=current)
    hold: Hold = HoldFactory.create(current=current, identity="noisy device")
    DeadLetterFactory.create(current=current)
    LedgerEntryFactory.create(current=current, fate="dead")
    assert f"?dropped={row.pk}" in page(cast, current, "detail", step="dropped")
    waiting = page(cast, current, "detail", step="waiting")
    assert f'id="hold-{hold.pk}"' in waiting and "?user=noisy%20device" in waiting
    assert 'id="below-letters"' in page(cast, current, "detail", step="dead_lettered")
