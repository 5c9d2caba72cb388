"""What Prometheus is told of Currents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from braze_partners import metrics
from currents.fates import Fate
from currents.measured import LEDGER_FOR, CurrentsCollector
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import CurrentFactory, HoldFactory, LedgerEntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

NOW = timezone.now().replace(second=0, microsecond=0)


def told(clock: Any = lambda: 0.0) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(CurrentsCollector(lambda: NOW, clock))
    return generate_latest(registry).decode()


def test_each_current_tells_its_state_its_ledger_and_its_lag(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, name="EU", state=State.STOPPED)
    ago = NOW - timedelta(minutes=7)
    for fate, count, minute in ((Fate.DELIVERED, 90, NOW), (Fate.WAITING, 10, ago)):
        LedgerEntryFactory.create(current=current, fate=fate, count=count, minute=minute)
    HoldFactory.create_batch(3, current=current)
    text = told()
    labels = f'current="{current.pk}",'
    for line in (
        f'currents_info{{{labels}name="EU",region="us",workspace="lumen"}} 1.0',
        f'currents_state{{{labels}state="stopped",workspace="lumen"}} 1.0',
        f'currents_state{{{labels}state="active",workspace="lumen"}} 0.0',
        f'currents_ledger_events{{{labels}fate="delivered",workspace="lumen"}} 90.0',
        f'currents_ledger_events{{{labels}fate="waiting",workspace="lumen"}} 10.0',
        f'currents_waiting_events{{{labels}workspace="lumen"}} 10.0',
        f'currents_oldest_waiting_seconds{{{labels}workspace="lumen"}} 420.0',
        f'currents_held_identities{{{labels}workspace="lumen"}} 3.0',
    ):
        assert _in_any_order(line, text), line


def _in_any_order(line: str, text: str) -> bool:
    """Labels may stand in any order."""
    name, rest = line.split("{")
    labels, value = rest.split("} ")
    wanted = set(labels.split(","))
    return any(
        found.startswith(name + "{")
        and set(found.split("{")[1].split("}")[0].split(",")) == wanted
        and found.endswith(f"}} {value}")
        for found in text.splitlines()
    )


def test_a_deleted_current_is_told_no_more(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, state=State.DELETED)
    LedgerEntryFactory.create(current=current)
    assert f'current="{current.pk}"' not in told()


def test_the_whole_ledger_is_summed_once_a_minute(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    LedgerEntryFactory.create(current=current, count=5)
    seconds = 0.0
    registry = CollectorRegistry(auto_describe=False)
    registry.register(CurrentsCollector(lambda: NOW, lambda: seconds))
    assert "} 5.0" in generate_latest(registry).decode()
    LedgerEntryFactory.create(current=current, count=7, fate=Fate.RETRIED)
    assert "} 7.0" not in generate_latest(registry).decode()
    seconds = LEDGER_FOR
    assert "} 7.0" in generate_latest(registry).decode()


def test_the_queries_do_not_grow_with_the_currents(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    CurrentFactory.create_batch(5, workspace=cast.workspace)
    with django_assert_num_queries(4):
        told()


def test_a_scrape_has_the_processes_figures_and_the_rooms(cast: Cast) -> None:
    CurrentFactory.create(workspace=cast.workspace)
    text = Client().get("/metrics").content.decode()
    assert "django_http_requests_total" in text
    assert "currents_state{" in text


def test_a_database_that_is_gone_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(registry: CollectorRegistry) -> bytes:
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "generate_latest", gone)
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert b"django_http_requests_total" in answer.content
