"""The sandbox's own REST interface and what its pages show, from the outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from werkzeug import Response

from tests.sandbox.braze_side import KEY, BrazeSide
from tests.sandbox.running import Sandbox


def test_the_key_is_shown_masked_everywhere(shared: Sandbox, braze: BrazeSide) -> None:
    saved = shared.connect(braze.url, KEY)

    assert saved["api_key"] == "…7Qd2"
    cohort_id = shared.cohort(["usr_1"])
    for path in ("destinations", f"cohorts/{cohort_id}", "sandbox/api/destination"):
        page = requests.get(f"{shared.url}/{path}", timeout=10).text
        assert KEY not in page
        assert "7Qd2" in page


@pytest.mark.parametrize(
    "endpoint",
    ["http://10.1.2.3", "https://rest.iad-01.braze.com", "http://169.254.169.254", "ftp://x"],
)
def test_an_endpoint_that_may_not_be_called_is_not_saved(shared: Sandbox, endpoint: str) -> None:
    body = {"api_key": KEY, "rest_endpoint": endpoint}

    refused = shared.call("PUT", "destination", body, 400)

    assert refused["error"]["code"] == "invalid_rest_endpoint"


def test_an_endpoint_where_nobody_listens_is_saved_and_said_to_refuse(shared: Sandbox) -> None:
    saved = shared.connect("http://localhost:1", KEY)

    assert saved["test"] == {"accepted": False, "status": None, "message": "Connection refused"}


def test_localhost_is_allowed_by_name(shared: Sandbox, braze: BrazeSide) -> None:
    saved = shared.connect(f"http://localhost:{braze.server.port}", KEY)

    assert saved["test"]["accepted"] is True


def test_what_was_sent_is_remembered_when_the_same_braze_moves(
    start_sandbox: Any, braze: BrazeSide
) -> None:
    sandbox = start_sandbox()
    sandbox.connect(braze.url, KEY)
    cohort_id = sandbox.cohort(["usr_1", "usr_2"])
    sandbox.sync(cohort_id)
    sandbox.change(cohort_id, add=["usr_3"], remove=["usr_1"])

    sandbox.connect(f"http://localhost:{braze.server.port}", "")
    moved = sandbox.sync(cohort_id)

    assert (moved["kind"], moved["added"], moved["removed"]) == ("delta", 1, 1)
    assert braze.members == {"usr_2", "usr_3"}


def test_another_key_at_another_address_begins_with_the_full_list(
    start_sandbox: Any, braze: BrazeSide
) -> None:
    sandbox = start_sandbox()
    cohort_id = sandbox.cohort(["usr_1", "usr_2"])
    braze.keys = {KEY, "another-key-of-another-workspace"}
    sandbox.connect(braze.url, KEY)
    sandbox.sync(cohort_id)

    sandbox.connect(f"http://localhost:{braze.server.port}", "another-key-of-another-workspace")

    assert sandbox.sync(cohort_id)["kind"] == "first"


def test_a_rotated_key_goes_on_with_deltas(start_sandbox: Any, braze: BrazeSide) -> None:
    sandbox = start_sandbox()
    cohort_id = sandbox.cohort(["usr_1", "usr_2"])
    braze.keys = {KEY, "the-successor-of-the-first-key"}
    sandbox.connect(braze.url, KEY)
    sandbox.sync(cohort_id)

    sandbox.connect(braze.url, "the-successor-of-the-first-key")

    assert sandbox.sync(cohort_id)["kind"] == "delta"


def test_a_redirect_is_not_followed(shared: Sandbox, braze: BrazeSide) -> None:
    cohort_id = shared.cohort(["usr_1"])
    location = {"Location": f"{braze.url}/elsewhere"}
    braze.fault = lambda body: Response("", 307, headers=location)
    saved = shared.connect(braze.url, KEY)

    sync = shared.sync(cohort_id)

    assert saved["test"]["status"] == 307
    assert (sync["state"], sync["error_status"]) == ("failed", 307)
    assert sync["error"] == "Redirects are not followed"
    assert all(request.path != "/elsewhere" for request, _answer in braze.server.log)


def test_a_cohort_by_rule_follows_its_users(shared: Sandbox) -> None:
    users = [
        {"user_id": "rule_1", "properties": {"tier": "pro", "age": 30}},
        {"user_id": "rule_2", "properties": {"tier": "free"}},
    ]
    shared.call("POST", "users", {"users": users}, 201)
    condition = {"property": "tier", "operator": "is", "value": "pro"}
    rule = {"match": "all", "conditions": [condition]}

    made = shared.call("POST", "cohorts", {"name": "Pro", "rule": rule}, 201)
    again = [{"user_id": "rule_2", "properties": {"tier": "pro"}}]
    shared.call("POST", "users", {"users": again})
    grown = shared.call("GET", f"cohorts/{made['id']}")

    assert re.fullmatch("[a-z0-9]{8}", made["id"])
    assert (made["size"], grown["size"]) == (1, 2)


def test_members_are_added_and_removed_by_list(shared: Sandbox) -> None:
    cohort_id = shared.cohort(["usr_1", "usr_2", "usr_2"])

    change = {"add": ["usr_3", "usr_1"], "remove": ["usr_2", "nobody"]}
    answer = shared.call("POST", f"cohorts/{cohort_id}/members", change)

    assert answer == {"added": 1, "removed": 1, "size": 2}
    held = shared.call("GET", f"cohorts/{cohort_id}/members")["members"]
    assert {member["user_id"] for member in held} == {"usr_1", "usr_3"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "cohorts", {}, 400, "`name` must be a string"),
        ("POST", "cohorts", {"name": " "}, 400, "Enter a name"),
        ("POST", "cohorts", {"name": "x", "id": "UPPER"}, 400, "8 lower-case"),
        ("POST", "cohorts", {"name": "x", "user_ids": "usr_1"}, 400, "must be an array"),
        ("POST", "cohorts", {"name": "x", "user_ids": [1]}, 400, "Every id must be a string"),
        ("POST", "cohorts", {"name": "x", "rule": []}, 400, "`rule` must be an object"),
        ("POST", "cohorts", [], 400, "must be a JSON object"),
        ("GET", "cohorts/nonesuch", None, 404, "no such cohort"),
        ("POST", "cohorts/nonesuch/sync", {}, 404, "no such cohort"),
        ("GET", "syncs/999999", None, 404, "no such sync"),
        ("DELETE", "cohorts", {}, 405, "Use one of: GET, POST"),
        ("GET", "nothing", None, 404, "nothing at this address"),
        ("POST", "users", {"users": [{}]}, 400, "a user ID or a device ID"),
        ("POST", "users", {"users": ["usr_1"]}, 400, "must be an object"),
    ],
)
def test_a_refusal_is_json_and_says_what_to_do(
    shared: Sandbox, method: str, path: str, body: Any, status: int, words: str
) -> None:
    refused = shared.call(method, path, body, status)

    assert words in refused["error"]["message"]


def test_a_sync_needs_known_words_and_a_destination(start_sandbox: Any, braze: BrazeSide) -> None:
    sandbox = start_sandbox()
    cohort_id = sandbox.cohort(["usr_1"])
    path = f"cohorts/{cohort_id}/sync"

    assert "Set up Destinations" in sandbox.call("POST", path, {}, 409)["error"]["message"]
    sandbox.connect(braze.url, KEY)
    assert "user_id" in sandbox.call("POST", path, {"send_as": "x"}, 409)["error"]["message"]
    assert "hourly" in sandbox.call("POST", path, {"cadence": "x"}, 409)["error"]["message"]


def test_pages_of_other_origins_cannot_call_it(shared: Sandbox) -> None:
    url = f"{shared.url}/sandbox/api/cohorts"
    other = {"Origin": "http://evil.example"}

    plain = requests.post(
        url, data='{"name": "x"}', headers={"Content-Type": "text/plain"}, timeout=9
    )
    foreign = requests.post(url, json={"name": "x"}, headers=other, timeout=9)
    renamed = requests.get(url, headers={"Host": "evil.example"}, timeout=9)
    form = requests.post(f"{shared.url}/destinations", data={"rest_endpoint": "x"}, timeout=9)

    answers = (plain, foreign, renamed, form)
    assert [answer.status_code for answer in answers] == [415, 403, 400, 403]


def test_pages_have_a_strict_policy_and_nothing_inline(shared: Sandbox) -> None:
    cohort_id = shared.cohort(["usr_1"])
    paths = ["users", "users/add", "users/add-many", "users/1", "cohorts", "cohorts/new"]
    paths += ["cohorts/new?by=rule", f"cohorts/{cohort_id}", f"cohorts/{cohort_id}/rename"]
    paths += [f"cohorts/{cohort_id}/members", "destinations", "credentials", "nothing"]
    paths += ["events", "events/rows", "events/delete", "requests", "faults", "faults/slow"]

    for path in paths:
        page = requests.get(f"{shared.url}/{path}", timeout=10)
        policy = page.headers["Content-Security-Policy"]
        assert page.status_code == (404 if path == "nothing" else 200), path
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", page.text), path


def test_the_demo_has_users_cohorts_and_its_own_credentials(start_sandbox: Any) -> None:
    sandbox = start_sandbox(SANDBOX_SEED_USERS="400")

    cohorts = {one["id"]: one for one in sandbox.call("GET", "cohorts")["cohorts"]}

    assert cohorts["k3x9a7f2"]["size"] == round(400 * 0.2776) + 12
    assert cohorts["p81mzd0q"]["rule"]["match"] == "all"
    assert cohorts["w20cc4sn"]["size"] > 0
    active = cohorts["a7days3u"]
    assert (active["size"], active["rule"]["conditions"][0]["days"]) == (0, 7)
    held = sandbox.call("GET", "cohorts/k3x9a7f2/members")["members"]
    assert sum(member["user_id"].startswith("guest_") for member in held) == 12
    assert "api_key" in (sandbox.folder / "sandbox.json").read_text()


def test_the_way_back_is_shown_when_the_supervisor_wrote_it(shared: Sandbox) -> None:
    before = requests.get(f"{shared.url}/cohorts", timeout=10).text
    (shared.folder / "run.json").write_text('{"web": "http://127.0.0.1:8123"}')
    after = requests.get(f"{shared.url}/cohorts", timeout=10).text
    (shared.folder / "run.json").unlink()

    assert "Back to Braze Partners" not in before
    assert 'href="http://127.0.0.1:8123"' in after
