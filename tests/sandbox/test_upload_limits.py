"""429 as the real process answers it: rates, quotas, and that a refusal counts for nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import BATCH, an_event, stored, upload

LIMITS = {
    "SANDBOX_EPS": "10",
    "SANDBOX_BATCH_EPS": "20",
    "SANDBOX_EPS_WINDOW": "2",
    "SANDBOX_DAILY_QUOTA": "50",
}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("narrow") / "var", LIMITS)
    sandbox.start()
    yield sandbox
    sandbox.end()


def of(count: int, **ids: str | None) -> list[dict[str, Any]]:
    return [an_event(**ids) for _number in range(count)]


def test_429_names_devices_and_users_with_their_rate_and_their_events(narrow: Sandbox) -> None:
    events = [
        *of(2),
        *of(21, user_id="hot-user-1"),
        *of(22, user_id=None, device_id="hot-device-1"),
    ]

    body = upload(narrow, events).json()

    assert body == {
        "code": 429,
        "error": "Too many requests for some devices and users",
        "eps_threshold": 10,
        "throttled_devices": {"hot-device-1": 11},
        "throttled_users": {"hot-user-1": 10},
        "throttled_events": list(range(2, 45)),
        "exceeded_daily_quota_devices": {},
        "exceeded_daily_quota_users": {},
    }


def test_nothing_of_a_429_is_ingested_and_it_counts_for_nobody(narrow: Sandbox) -> None:
    hot, calm = of(25, user_id="hot-user-2"), of(20, user_id="calm-user-2")

    assert upload(narrow, [*calm, *hot]).status_code == 429
    assert stored(narrow, user_id="calm-user-2") == []
    assert upload(narrow, calm).status_code == 200
    assert upload(narrow, hot[:20]).status_code == 200


def test_batch_has_a_higher_rate_of_its_own(narrow: Sandbox) -> None:
    events = of(40, user_id="hot-user-3")

    assert upload(narrow, events).status_code == 429
    assert upload(narrow, events, BATCH).status_code == 200
    again = upload(narrow, of(2, user_id="hot-user-3"), BATCH).json()
    assert (again["eps_threshold"], again["throttled_users"]) == (20, {"hot-user-3": 21})


def test_429_names_those_over_their_daily_quota_until_the_hours_have_passed(
    start_sandbox: Any,
) -> None:
    sandbox = start_sandbox(SANDBOX_DAILY_QUOTA="50", SANDBOX_SEED_USERS="0")
    hot = {"user_id": "spammer", "device_id": "spam-device"}
    assert upload(sandbox, of(45, **hot)).status_code == 200

    body = upload(sandbox, [*of(6, **hot), an_event()]).json()
    sandbox.end()
    sandbox.start()
    after_a_restart = upload(sandbox, of(6, **hot))
    sandbox.end()
    _move_back(sandbox, hours=25)
    sandbox.start()
    next_day = upload(sandbox, of(6, **hot))

    assert (body["code"], body["throttled_events"]) == (429, [0, 1, 2, 3, 4, 5])
    assert body["exceeded_daily_quota_users"] == {"spammer": 51}
    assert body["exceeded_daily_quota_devices"] == {"spam-device": 51}
    assert (after_a_restart.status_code, next_day.status_code) == (429, 200)


def test_429_that_names_nobody_is_the_projects_own_rate(start_sandbox: Any) -> None:
    sandbox = start_sandbox(SANDBOX_PROJECT_EPS="10", SANDBOX_EPS_WINDOW="1")

    assert upload(sandbox, of(10)).status_code == 200
    body = upload(sandbox, of(10)).json()

    assert body["code"] == 429
    assert not any(value for value in body.values() if isinstance(value, dict | list))


def test_too_many_requests_of_the_project_are_429_as_well(start_sandbox: Any) -> None:
    sandbox = start_sandbox(SANDBOX_PROJECT_RPS="1", SANDBOX_EPS_WINDOW="2")

    assert [upload(sandbox, of(1)).status_code for _request in range(3)] == [200, 200, 429]


def _move_back(sandbox: Sandbox, hours: int) -> None:
    with sqlite3.connect(sandbox.folder / "sandbox.sqlite3") as database:
        moved = "UPDATE sandbox_receivedevent SET received_ms = received_ms - ?"
        database.execute(moved, [hours * 3_600_000])
