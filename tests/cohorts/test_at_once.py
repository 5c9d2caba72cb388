"""Eight clients push to one cohort at once, over real connections."""

from __future__ import annotations

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from braze_partners.people import numbers
from cohorts import bitmaps, folding, membership, placing
from cohorts.errors import LostRace
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import SECRET, Partner, make_partner

pytestmark = pytest.mark.embedded

CLIENTS = 8
REQUESTS = 12
Request = list[dict[str, Any]]


def a_request(chance: random.Random) -> Request:
    return [
        {
            "user_ids": chance.sample([f"u{n}" for n in range(20)] + ["ghost"], 5),
            "should_remove": chance.random() < 0.5,
        }
        for _ in range(chance.randint(1, 3))
    ]


def push_all(seed: int) -> dict[str, Request]:
    """The requests of one client, by the id under which the run was recorded."""
    client, chance = Client(), random.Random(seed)
    sent = {}
    try:
        for _ in range(REQUESTS):
            changes = a_request(chance)
            body = {
                "partner_api_key": "p",
                "client_secret": SECRET,
                "cohort_id": "busy",
                "cohort_changes": changes,
            }
            answer = client.post(
                "/partners/amplitude/cohorts/users", body, content_type="application/json"
            )
            assert answer.status_code == 201, answer.content
            sent[answer["X-Request-Id"]] = changes
            if chance.random() < 0.1:
                folding.fold(Cohort.objects.get(cohort_id="busy").pk)
    finally:
        connection.close()
    return sent


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("one_process", [True, False])
def test_pushes_at_once_have_an_order(monkeypatch: pytest.MonkeyPatch, one_process: bool) -> None:
    """Replaying the runs in the order of their sequence, on plain sets, each must change exactly
    what it says. Without the process's own queue they meet in the database only."""
    amplitude = make_partner()
    if not one_process:
        monkeypatch.setattr(membership, "_turn", lambda cohort_id: contextlib.nullcontext())
    with ThreadPoolExecutor(CLIENTS) as pool:
        sent = {
            key: value for part in pool.map(push_all, range(CLIENTS)) for key, value in part.items()
        }
    runs = list(ImportRun.objects.order_by("sequence", "id"))
    assert {run.request_id for run in runs} == set(sent) and len(runs) == CLIENTS * REQUESTS
    placed = [run for run in runs if run.sequence is not None]
    assert [run.sequence for run in placed] == list(range(1, len(placed) + 1))
    members: set[int] = set()
    sizes = {0}
    for run in placed:
        add, remove = wanted(amplitude, sent[run.request_id])
        assert set(bitmaps.decode(run.added_bits)) == add - members
        assert set(bitmaps.decode(run.removed_bits)) == remove & members
        members = (members - remove) | add
        assert run.size_after == len(members)
        sizes.add(len(members))
    assert amplitude.members("busy") == members
    assert amplitude.cohort("busy").size == len(members)
    for run in runs:
        assert run.received == run.added + run.removed + run.unchanged + run.skipped
        assert run.size_after in sizes


def wanted(amplitude: Partner, changes: Request) -> tuple[set[int], set[int]]:
    add: set[int] = set()
    remove: set[int] = set()
    for change in changes:
        people = {amplitude.numbers[int(u[1:])] for u in change["user_ids"] if u != "ghost"}
        if change["should_remove"]:
            add, remove = add - people, remove | people
        else:
            add, remove = add | people, remove - people
    return add, remove


@pytest.mark.django_db(transaction=True)
def test_it_answers_423_for_a_cohort_that_others_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    amplitude = make_partner()
    amplitude.users([{"user_ids": ["u0"]}])
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row locks; its twin is the test below")
    cohort = amplitude.cohort()
    for module in (membership, placing):
        monkeypatch.setattr(module, "LOCK_WAIT", membership.LOCK_WAIT / 50)
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        Cohort.objects.select_for_update().get(pk=cohort.pk)
        answer = pool.submit(push_and_close, amplitude).result()
    assert answer.status_code == 423
    assert answer.json() == {"message": "Resource locked", "errors": ["Resource locked"]}
    assert len(amplitude.members()) == 1
    assert amplitude.users([{"user_ids": ["u1"]}]).status_code == 201


def push_and_close(amplitude: Partner) -> Any:
    try:
        return amplitude.users([{"user_ids": ["u1"]}])
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_first_push_of_a_cohort_waits_no_longer_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one limit for waiting, which its own test covers")
    amplitude = make_partner()
    monkeypatch.setattr(membership, "LOCK_WAIT", membership.LOCK_WAIT / 50)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        numbers.lock(amplitude.workspace.pk)
        answer = pool.submit(push_and_close, amplitude).result(timeout=3)
    assert answer.status_code == 423
    assert amplitude.users([{"user_ids": ["u1"]}]).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_it_answers_423_when_sqlite_stays_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    amplitude = make_partner()
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite only")

    def busy(*args: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        import sqlite3

        from django.db import OperationalError

        cause = sqlite3.OperationalError("database is locked")
        cause.sqlite_errorname = "SQLITE_BUSY"
        raise OperationalError("database is locked") from cause

    amplitude.users([{"user_ids": ["u0"]}])
    monkeypatch.setattr(membership, "place", busy)
    assert amplitude.users([{"user_ids": ["u1"]}]).status_code == 423


@pytest.mark.django_db(transaction=True)
def test_a_request_that_always_loses_queues_up_for_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    amplitude = make_partner()
    amplitude.users([{"user_ids": ["u0"]}])
    tries = []

    def losing(*args: Any) -> placing.Placed:
        tries.append(connection.in_atomic_block)
        if not connection.in_atomic_block:
            raise LostRace
        return placing.place(*args)

    monkeypatch.setattr(membership, "place", losing)
    assert amplitude.users([{"user_ids": ["u1"]}]).status_code == 201
    assert tries == [False] * 5 + [True]
    assert amplitude.cohort().size == 2


@pytest.mark.django_db(transaction=True)
def test_two_first_pushes_make_one_cohort() -> None:
    amplitude = make_partner()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: push_and_close(amplitude), range(2)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert amplitude.cohort().size == 1 and amplitude.cohort().sequence == 1
