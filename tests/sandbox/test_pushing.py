"""The push as Amplitude does it: full then deltas, 1,000 ids a request, 4 at a time, retries."""

from __future__ import annotations

import time
from typing import Any

from werkzeug import Response

from tests.sandbox.braze_side import KEY, BrazeSide, message
from tests.sandbox.running import Sandbox


def ids(first: int, last: int) -> list[str]:
    return [f"usr_{number:06}" for number in range(first, last + 1)]


def test_the_first_sync_names_the_cohort_and_sends_the_full_list(
    connected: Sandbox, braze: BrazeSide
) -> None:
    cohort_id = connected.cohort(ids(1, 30), "High-intent shoppers")

    sync = connected.sync(cohort_id)

    assert (sync["state"], sync["kind"]) == ("synced", "first")
    assert (sync["added"], sync["removed"], sync["requests"]) == (30, 0, 2)
    assert braze.names == ["High-intent shoppers"]
    assert braze.members == set(ids(1, 30))


def test_later_syncs_send_only_what_changed_in_one_request(
    connected: Sandbox, braze: BrazeSide
) -> None:
    cohort_id = connected.cohort(ids(1, 500))
    connected.sync(cohort_id)
    connected.change(cohort_id, add=ids(501, 788), remove=ids(1, 190))

    sync = connected.sync(cohort_id)

    assert (sync["kind"], sync["added"], sync["removed"]) == ("delta", 288, 190)
    assert braze.calls[1:] == [(288, 190)]
    assert braze.members == set(ids(191, 788))
    assert len(braze.names) == 1


def test_a_sync_without_changes_makes_no_request(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(ids(1, 5))
    connected.sync(cohort_id)

    sync = connected.sync(cohort_id)

    assert (sync["state"], sync["requests"]) == ("synced", 0)
    assert len(braze.calls) == 1


def test_a_request_has_at_most_1000_ids_and_four_are_under_way(
    connected: Sandbox, braze: BrazeSide
) -> None:
    cohort_id = connected.cohort(ids(1, 9_500))
    braze.delay = 0.3

    sync = connected.sync(cohort_id)

    assert sync["state"] == "synced"
    assert sorted(added for added, _removed in braze.calls) == [500] + [1_000] * 9
    assert braze.most_at_once == 4
    assert braze.members == set(ids(1, 9_500))


def test_a_full_list_is_sent_again_when_asked_and_still_removes(
    connected: Sandbox, braze: BrazeSide
) -> None:
    cohort_id = connected.cohort(ids(1, 50))
    connected.sync(cohort_id)
    connected.change(cohort_id, remove=ids(1, 10))

    sync = connected.sync(cohort_id, full=True)

    assert (sync["kind"], sync["added"], sync["removed"]) == ("full", 40, 10)
    assert braze.members == set(ids(11, 50))


def test_a_rename_is_told_before_the_delta(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(ids(1, 5), "Old name")
    connected.sync(cohort_id)
    connected.call("PATCH", f"cohorts/{cohort_id}", {"name": "New name"})

    sync = connected.sync(cohort_id)

    assert sync["state"] == "synced"
    assert braze.names == ["Old name", "New name"]


def test_device_ids_are_sent_as_device_ids(connected: Sandbox, braze: BrazeSide) -> None:
    users = [{"user_id": "usr_1", "device_id": "dev_1"}, {"user_id": "usr_2"}]
    connected.call("POST", "users", {"users": users})
    cohort_id = connected.cohort(["usr_1", "usr_2"])

    sync = connected.sync(cohort_id, send_as="device_id")

    assert (sync["added"], sync["left_out"]) == (1, 1)
    assert braze.bodies[-1]["cohort_changes"] == [
        {"user_ids": [], "device_ids": ["dev_1"], "aliases": []}
    ]


def test_server_errors_are_retried_until_they_pass(connected: Sandbox, braze: BrazeSide) -> None:
    answers = iter([500, 503, 429, 423])

    def failing(body: dict[str, Any]) -> Response | None:
        status = next(answers, None) if body.get("cohort_changes") else None
        return message(status, "later") if status else None

    braze.fault = failing

    sync = connected.sync(connected.cohort(ids(1, 5)))

    assert sync["state"] == "synced"
    assert [attempt["status"] for attempt in sync["attempts"]] == [201, 500, 503, 429, 423, 201]
    assert braze.members == set(ids(1, 5))


def test_silence_is_retried(start_sandbox: Any, braze: BrazeSide) -> None:
    sandbox = start_sandbox(SANDBOX_REQUEST_TIMEOUTS="1,0.3")
    sandbox.connect(braze.url, KEY)
    slow = iter([True])

    def sleeping(body: dict[str, Any]) -> Response | None:
        if body.get("cohort_changes") and next(slow, False):
            time.sleep(1)
        return None

    braze.fault = sleeping

    sync = sandbox.sync(sandbox.cohort(ids(1, 5)))

    assert sync["state"] == "synced"
    assert sync["attempts"][1]["status"] is None
    assert "No answer within 0.3" in sync["attempts"][1]["message"]


def test_eight_retries_back_off_and_then_the_sync_fails(
    start_sandbox: Any, braze: BrazeSide
) -> None:
    delays = [0.05, 0.05, 0.05, 0.05, 0.1, 0.2, 0.4, 0.8]
    sandbox = start_sandbox(SANDBOX_RETRY_DELAYS=",".join(map(str, delays)))
    sandbox.connect(braze.url, KEY)
    braze.fault = lambda body: message(500, "down") if body.get("cohort_changes") else None

    sync = sandbox.sync(sandbox.cohort(ids(1, 5)))

    assert (sync["state"], sync["error_status"], sync["error"]) == ("failed", 500, "down")
    assert [attempt["status"] for attempt in sync["attempts"]] == [201] + [500] * 9
    waits = [
        later - sooner for sooner, later in zip(braze.times[2:], braze.times[3:], strict=False)
    ]
    assert all(wait >= delay for wait, delay in zip(waits, delays, strict=True))


def test_a_refused_key_stops_at_once(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(ids(1, 3_000))
    tested = connected.connect(braze.url, "another-key-that-is-not-known-here")

    sync = connected.sync(cohort_id)

    assert tested["test"] == {
        "accepted": False,
        "status": 401,
        "message": "Invalid client secret",
    }
    assert (sync["state"], sync["error_status"]) == ("failed", 401)
    assert sync["error"] == "Invalid client secret"
    assert len(sync["attempts"]) == 1
    assert braze.members == set()


def test_a_failed_sync_is_finished_by_the_next_with_only_the_rest(
    connected: Sandbox, braze: BrazeSide
) -> None:
    cohort_id = connected.cohort(ids(1, 6_000))
    braze.fault = lambda body: (
        message(400, "no") if len(braze.calls) >= 3 and body.get("cohort_changes") else None
    )
    failed = connected.sync(cohort_id)
    braze.fault = lambda body: None
    acknowledged = failed["added"]

    rest = connected.sync(cohort_id)

    assert failed["state"] == "failed"
    assert 0 < acknowledged < 6_000
    assert (rest["kind"], rest["added"]) == ("rest", 6_000 - acknowledged)
    assert braze.members == set(ids(1, 6_000))


def test_users_of_an_unanswered_request_are_removed_when_they_leave(
    start_sandbox: Any, braze: BrazeSide
) -> None:
    """The other side applied it and the answer was lost: it may hold users who have left since."""
    sandbox = start_sandbox(SANDBOX_RETRY_DELAYS="0.05")
    sandbox.connect(braze.url, KEY)
    cohort_id = sandbox.cohort(ids(1, 10))

    def applied_but_lost(body: dict[str, Any]) -> Response | None:
        if body.get("cohort_changes"):
            braze._apply(body)
            return message(502, "lost")
        return None

    braze.fault = applied_but_lost
    sandbox.sync(cohort_id)
    assert braze.members == set(ids(1, 10))
    braze.fault = lambda body: None
    sandbox.change(cohort_id, remove=ids(1, 4))

    sandbox.sync(cohort_id)

    assert braze.members == set(ids(5, 10))


def test_a_cohort_is_synced_once_at_a_time(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(ids(1, 10))
    braze.delay = 0.5
    sync_id = connected.begin(cohort_id)

    refused = connected.call("POST", f"cohorts/{cohort_id}/sync", {}, 409)

    assert refused["error"]["message"] == "This cohort is being synced already."
    assert connected.ended(sync_id)["state"] == "synced"
