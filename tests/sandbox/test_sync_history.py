"""The history of a cohort's syncs, over REST and on its page: counts, retries and errors."""

from __future__ import annotations

from typing import Any

import requests
from werkzeug import Response

from tests.sandbox.braze_side import BrazeSide, message
from tests.sandbox.running import Sandbox


def test_it_tells_of_counts_retries_and_errors(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(["usr_1", "usr_2"])
    braze.fault = lambda body: message(403, "blocked") if body.get("cohort_changes") else None
    connected.sync(cohort_id)
    braze.fault = _failing(2)
    connected.sync(cohort_id, cadence="daily")
    connected.change(cohort_id, add=["usr_3"], remove=["usr_1"])
    connected.sync(cohort_id)

    newest, middle, oldest = connected.call("GET", f"cohorts/{cohort_id}/syncs")["syncs"]

    assert (newest["kind"], newest["added"], newest["removed"]) == ("delta", 1, 1)
    assert (newest["retries"], newest["error"], newest["trigger"]) == (0, None, "one_time")
    assert (middle["state"], middle["retries"], middle["trigger"]) == ("synced", 2, "daily")
    assert (oldest["state"], oldest["error_status"], oldest["error"]) == (
        *("failed", 403),
        "blocked",
    )
    page = requests.get(f"{connected.url}/cohorts/{cohort_id}", timeout=9).text
    assert "403 blocked" in page
    assert "Daily to Braze" in page
    assert '<td data-label="Retries" class="right">2</td>' in page


def _failing(times: int) -> Any:
    left = [message(503, "later") for _time in range(times)]

    def fault(body: dict[str, Any]) -> Response | None:
        return left.pop() if left and body.get("cohort_changes") else None

    return fault
