"""Faults on demand of the cohort and profile APIs, each by its name, over real connections."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.cohort_client import CohortClient
from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import an_event, upload

SwitchOn = Callable[..., Any]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    environment = {"SANDBOX_COHORT_SECONDS": "0", "SANDBOX_COHORT_REQUESTS": "10000"}
    sandbox = Sandbox(tmp_path_factory.mktemp("faults") / "var", environment)
    sandbox.start()
    yield sandbox
    sandbox.end()


@pytest.fixture
def client(quick: Sandbox) -> CohortClient:
    return CohortClient(quick)


@pytest.fixture
def switch_on(quick: Sandbox) -> Iterator[SwitchOn]:
    def on(kind: str, **settings: Any) -> Any:
        return quick.call("PUT", f"faults/{kind}", settings)

    yield on
    quick.call("DELETE", "faults")


def ready(client: CohortClient, user_ids: list[str] | None = None) -> str:
    """The request of a cohort whose file is written."""
    return client.asked(client.sandbox.cohort(user_ids or [f"usr_{n:04}" for n in range(100)]))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def look_up(sandbox: Sandbox) -> requests.Response:
    secret = sandbox.call("GET", "project")["secret_key"]
    headers = {"Authorization": f"Api-Key {secret}"}
    return requests.get(f"{sandbox.url}/v1/userprofile?user_id=x", headers=headers, timeout=10)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("too_many_requests", 429),
        ("http_500", 500),
        ("http_503", 503),
        ("html", 502),
    ],
)
def test_an_error_strikes_where_it_was_told_to(
    client: CohortClient, switch_on: SwitchOn, kind: str, status: int
) -> None:
    request_id = ready(client)
    switch_on(kind, at=["cohorts", "cohort_status", "cohort_file", "cohort_request", "profile"])

    struck = [
        client.get("api/3/cohorts"),
        client.ask("nonesuch"),
        client.status(request_id),
        client.file(request_id),
        look_up(client.sandbox),
    ]

    assert {answer.status_code for answer in struck} == {status}
    assert upload(client.sandbox, [an_event()]).status_code == 200
    assert client.sandbox.call("GET", f"faults/{kind}")["hits"] == 5


def test_without_a_place_a_fault_strikes_uploads_only(
    client: CohortClient, switch_on: SwitchOn
) -> None:
    fault = switch_on("http_500")

    assert fault["at"] == ["upload"]
    assert upload(client.sandbox, [an_event()]).status_code == 500
    assert client.get("api/3/cohorts").status_code == 200


def test_a_fault_of_the_profile_api_speaks_its_words(
    client: CohortClient, switch_on: SwitchOn
) -> None:
    switch_on("unauthorized", at=["profile"])
    refused = look_up(client.sandbox)
    client.sandbox.call("DELETE", "faults")
    switch_on("too_many_requests", at=["profile"])

    assert (refused.status_code, refused.text) == (401, "Invalid Api-Key")
    assert "per minute exceeds system limit" in look_up(client.sandbox).json()["error"]


def test_slow_answers_and_dropped_connections(client: CohortClient, switch_on: SwitchOn) -> None:
    switch_on("slow", seconds=0.4, at=["cohorts"])
    begun = time.monotonic()
    assert client.get("api/3/cohorts").status_code == 200
    assert time.monotonic() - begun >= 0.4

    switch_on("dropped", at=["cohorts"])
    with pytest.raises(requests.ConnectionError):
        client.get("api/3/cohorts")
    assert client.status("nothing").status_code == 404


def test_a_file_is_cut_and_drips_as_any_answer(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("drip", seconds=0.4, at=["cohort_file"])
    begun = time.monotonic()
    assert client.file(request_id).text.count("\n") == 101
    assert time.monotonic() - begun >= 0.3

    client.sandbox.call("DELETE", "faults")
    switch_on("cut", at=["cohort_file"])
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.file(request_id)


def test_a_failed_job(client: CohortClient, switch_on: SwitchOn) -> None:
    switch_on("job_failed")

    request_id = ready(client)

    assert client.status(request_id).json()["async_status"] == "JOB FAILED"
    assert client.file(request_id).status_code == 400


def test_a_slow_job(client: CohortClient, switch_on: SwitchOn) -> None:
    switch_on("slow_job", seconds=1)

    begun = time.monotonic()
    request_id = ready(client)

    assert time.monotonic() - begun >= 1
    assert client.file(request_id).status_code == 200


def test_an_expired_url(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("expired_url")

    refused = client.followed(client.file(request_id))
    client.sandbox.call("DELETE", "faults")

    assert (refused.status_code, "Request has expired" in refused.text) == (403, True)
    assert client.file(request_id).status_code == 200


def test_a_redirect_to_another_host(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("other_host", location="http://169.254.169.254/latest")

    answer = client.file(request_id)

    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "http://169.254.169.254/latest",
    )


def test_a_second_redirect(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("second_redirect")

    second = client.followed(client.file(request_id))
    data = client.followed(second)

    assert (second.status_code, data.status_code, len(table(data.text))) == (302, 200, 100)


def test_html_instead_of_csv(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("html_file")

    answer = client.file(request_id)

    assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_file_truncated_on_the_line(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("truncated_file")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.file(request_id)


def test_a_file_that_ends_in_the_middle_of_a_row(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    whole = client.file(request_id).text
    switch_on("truncated_file", how="file")

    part = client.file(request_id).text

    assert whole.startswith(part) and not part.endswith("\n")
    assert len(whole) * 0.4 < len(part) < len(whole) * 0.6


def test_a_file_of_one_row_is_truncated_behind_its_header(
    client: CohortClient, switch_on: SwitchOn
) -> None:
    request_id = ready(client, ["ana"])
    switch_on("truncated_file", how="file")

    part = client.file(request_id).text

    assert part.startswith("amplitude_id,user_id\n")
    assert "ana" not in part


def test_a_file_without_a_user_id_column(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("no_user_id_column", name="email")

    answer = client.file(request_id)

    assert list(table(answer.text)[0]) == ["amplitude_id", "email"]
    assert len(answer.content) == int(answer.headers["Content-Length"])
    assert len(table(answer.text)) == 100


def test_a_file_with_other_names_of_its_columns(client: CohortClient, switch_on: SwitchOn) -> None:
    people = [{"user_id": "named", "properties": {"plan": "pro", "tier": 1}}]
    client.sandbox.call("POST", "users", {"users": people}, 201)
    request_id = client.asked(client.sandbox.cohort(["named"]), props=1)
    switch_on("column_names", spelling="AMPLITUDE_ID, USER_ID")

    (row,) = table(client.file(request_id).text)

    assert row["USER_ID"] == "named"
    assert list(row) == ["AMPLITUDE_ID", "USER_ID", "plan", "tier"]


@pytest.mark.parametrize(("what", "left"), [("nothing", ""), ("header", "amplitude_id,user_id\n")])
def test_an_empty_file(client: CohortClient, switch_on: SwitchOn, what: str, left: str) -> None:
    request_id = ready(client)
    switch_on("empty_file", what=what)

    answer = client.file(request_id)

    assert (answer.status_code, answer.text) == (200, left)


def test_a_file_of_too_many_rows(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("too_many_rows", rows=12_345)

    rows = table(client.file(request_id).text)

    assert len(rows) == len({row["user_id"] for row in rows}) == 12_345
    assert rows[-1]["user_id"].startswith("invented_")


def test_a_share_of_the_files_is_struck(client: CohortClient, switch_on: SwitchOn) -> None:
    request_id = ready(client)
    switch_on("html_file", share=0.5)

    kinds = [client.file(request_id).headers["Content-Type"] for _request in range(40)]

    assert 5 <= kinds.count("text/csv") <= 35
    assert client.sandbox.call("GET", "faults/html_file")["hits"] == 40 - kinds.count("text/csv")


def test_requests_of_every_api_are_listed(client: CohortClient, switch_on: SwitchOn) -> None:
    switch_on("forbidden", at=["cohorts"])
    client.get("api/3/cohorts")
    look_up(client.sandbox)

    latest = client.sandbox.call("GET", "requests?limit=2")["requests"]
    page = requests.get(f"{client.sandbox.url}/requests/rows", timeout=9).text

    assert [(one["endpoint"], one["status"]) for one in latest] == [
        ("profile", 400),
        ("cohorts", 403),
    ]
    assert "List of cohorts" in page and "User profile" in page


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("slow", {"at": []}, "`at` must be an array with some of: upload, cohorts"),
        ("slow", {"at": ["elsewhere"]}, "`at` must be an array"),
        ("job_failed", {"at": ["cohorts"]}, "This fault has no `at`"),
        ("other_host", {"location": ""}, "`location` must be text"),
        ("truncated_file", {"how": "badly"}, "`how` must be one of"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(
    quick: Sandbox, kind: str, options: dict[str, Any], words: str
) -> None:
    refused = quick.call("PUT", f"faults/{kind}", options, 400)

    assert words in refused["error"]["message"]
