"""The Behavioral Cohorts API by a client that follows wire/amplitude-cohorts.md."""

from __future__ import annotations

import gzip
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.braze_side import BrazeSide
from tests.sandbox.cohort_client import CohortClient
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A sandbox whose jobs end at once and that admits every request."""
    environment = {"SANDBOX_COHORT_SECONDS": "0", "SANDBOX_COHORT_REQUESTS": "10000"}
    sandbox = Sandbox(tmp_path_factory.mktemp("cohorts") / "var", environment)
    sandbox.start()
    yield sandbox
    sandbox.end()


@pytest.fixture
def client(quick: Sandbox) -> CohortClient:
    return CohortClient(quick)


@pytest.fixture
def redirecting(start_sandbox: StartSandbox) -> CohortClient:
    return CohortClient(
        start_sandbox(SANDBOX_COHORT_SECONDS="0", SANDBOX_COHORT_REDIRECT_BYTES="0")
    )


def test_the_list_tells_of_every_cohort(client: CohortClient) -> None:
    before = int(time.time())
    cohort_id = client.sandbox.cohort(["ana", "ben"], "Listed")

    (row,) = [one for one in client.listed() if one["id"] == cohort_id]

    assert (row["name"], row["size"], row["archived"]) == ("Listed", 2, False)
    assert row["definition"] == {"kind": "list"}
    assert type(row["appId"]) is int
    assert before <= row["createdAt"] <= row["lastComputed"] <= row["lastMod"] + 60
    assert "syncMetadata" not in row


def test_the_list_tells_of_syncs_when_asked(connected: Sandbox, braze: BrazeSide) -> None:
    cohort_id = connected.cohort(["ana"], "With a schedule")
    connected.sync(cohort_id, cadence="hourly")

    rows = CohortClient(connected).listed(includeSyncInfo="true")

    (row,) = [one for one in rows if one["id"] == cohort_id]
    (told,) = row["syncMetadata"]
    assert (told["target"], told["frequency"], told["last_failure"]) == ("braze", "hourly", None)
    assert re.match(r"\d{4}-\d\d-\d\dT", told["last_successful"])


def test_a_small_cohort_is_answered_with_its_data(client: CohortClient) -> None:
    cohort_id = client.sandbox.cohort(["ana", "ben,jamin", 'ça "va"'])

    rows = client.rows(cohort_id)

    assert [row["user_id"] for row in rows] == ["ana", "ben,jamin", 'ça "va"']
    assert list(rows[0]) == ["amplitude_id", "user_id"]
    assert all(int(row["amplitude_id"]) > 0 for row in rows)


def test_a_job_is_in_progress_first(start_sandbox: StartSandbox) -> None:
    client = CohortClient(start_sandbox(SANDBOX_COHORT_SECONDS="0.5"))
    cohort_id = client.sandbox.cohort(["ana"])

    asked = client.ask(cohort_id).json()
    early = client.file(asked["request_id"])
    client.asked(cohort_id)

    assert asked["cohort_id"] == cohort_id
    assert (early.status_code, client.statuses[0], client.statuses[-1]) == (400, 202, 200)


def test_properties_come_as_columns(client: CohortClient) -> None:
    properties = {"plan": "pro", "age": 31, "tags": ["a", "b"], "vip": True}
    people = [
        {"user_id": "with", "properties": properties},
        {"user_id": "without", "properties": {"plan": None}},
    ]
    client.sandbox.call("POST", "users", {"users": people}, 201)
    cohort_id = client.sandbox.cohort(["with", "without"])

    first, second = client.rows(cohort_id, props=1)
    (chosen, _other) = client.rows(cohort_id, props=1, propKeys=["age", "nothing"])

    assert (first["plan"], first["age"], first["tags"]) == ("pro", "31", '["a", "b"]')
    assert (first["vip"], second["plan"], second["age"]) == ("true", "", "")
    assert list(chosen) == ["amplitude_id", "user_id", "age", "nothing"]
    assert "plan" not in client.rows(cohort_id)[0]


def test_a_large_cohort_is_answered_with_a_redirect_to_a_pre_signed_url(
    redirecting: CohortClient,
) -> None:
    cohort_id = redirecting.sandbox.cohort(["ana", "ben"])

    answer = redirecting.file(redirecting.asked(cohort_id))
    data = redirecting.followed(answer)

    assert answer.headers["Location"].startswith(f"{redirecting.sandbox.url}/cohort-files/")
    assert [line.split(",")[1] for line in data.text.splitlines()] == ["user_id", "ana", "ben"]


def test_a_pre_signed_url_takes_no_keys_and_no_other_signature(redirecting: CohortClient) -> None:
    answer = redirecting.file(redirecting.asked(redirecting.sandbox.cohort(["ana"])))
    url = answer.headers["Location"]

    with_keys = requests.get(url, auth=("a", "b"), timeout=9)
    changed = requests.get(url.replace("Expires=60", "Expires=6000"), timeout=9)
    bare = requests.get(url.split("?")[0], timeout=9)

    assert (with_keys.status_code, "Only one auth" in with_keys.text) == (400, True)
    assert {(one.status_code, "SignatureDoesNotMatch" in one.text) for one in (changed, bare)} == {
        (403, True)
    }


def test_a_file_is_packed_for_who_takes_it(client: CohortClient) -> None:
    request_id = client.asked(client.sandbox.cohort([f"packed-{n}" for n in range(2_000)]))

    plain = client.file(request_id, headers={"Accept-Encoding": "identity"})
    packed = client.file(request_id, headers={"Accept-Encoding": "gzip"}, stream=True)
    raw = packed.raw.read(decode_content=False)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) == int(plain.headers["Content-Length"])


@pytest.mark.parametrize(
    ("key", "secret"), [("wrong", None), (None, "wrong"), ("", ""), (None, "")]
)
def test_wrong_keys_are_refused(quick: Sandbox, key: str | None, secret: str | None) -> None:
    project = quick.call("GET", "project")
    client = CohortClient(quick, "x")
    client.api_key = project["api_key"] if key is None else key
    client.secret_key = project["secret_key"] if secret is None else secret

    answers = [client.get("api/3/cohorts"), client.ask("k3x9a7f2"), client.status("x")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert requests.get(f"{quick.url}/api/3/cohorts", timeout=9).status_code == 401


def test_what_is_not_there_is_said_to_be_unknown(client: CohortClient) -> None:
    unknown = [client.ask("nonesuch"), client.status("nothing"), client.file("nothing")]

    assert [answer.status_code for answer in unknown] == [404, 404, 404]
    assert client.ask("not an id").status_code == 400
    assert unknown[0].json() == {"error": "Cohort not found"}


def test_sixty_requests_in_ten_minutes(start_sandbox: StartSandbox) -> None:
    client = CohortClient(start_sandbox(SANDBOX_COHORT_SECONDS="0", SANDBOX_COHORT_REQUESTS="3"))
    cohort_id = client.sandbox.cohort(["ana"])
    for _request in range(3):
        client.asked(cohort_id)

    fourth = client.ask(cohort_id)

    assert (fourth.status_code, "3 requests per 10 minutes" in fourth.text) == (429, True)


def test_four_requests_at_once(start_sandbox: StartSandbox) -> None:
    client = CohortClient(start_sandbox(SANDBOX_COHORT_SECONDS="30"))
    cohort_id = client.sandbox.cohort(["ana"])

    statuses = [client.ask(cohort_id).status_code for _request in range(5)]

    assert statuses == [202] * 4 + [429]


def test_five_downloads_at_once(client: CohortClient) -> None:
    """Five readers that read nothing hold their places; when they leave, another has one."""
    long_id = "x" * 200
    cohort_id = client.sandbox.cohort([f"{long_id}-{number}" for number in range(40_000)])
    request_id = client.asked(cohort_id)
    plain = {"Accept-Encoding": "identity"}

    def opened() -> requests.Response:
        answer = client.file(request_id)
        return requests.get(answer.headers["Location"], headers=plain, stream=True, timeout=30)

    with ThreadPoolExecutor(5) as pool:
        held = list(pool.map(lambda _number: opened(), range(5)))
    sixth = opened()
    for one in held:
        one.close()

    assert [one.status_code for one in held] == [200] * 5
    assert sixth.status_code == 429
    deadline = time.monotonic() + 10
    while (again := opened()).status_code == 429 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert again.status_code == 200
    again.close()


def test_a_cohort_of_more_users_than_a_file_holds_fails(start_sandbox: StartSandbox) -> None:
    client = CohortClient(start_sandbox(SANDBOX_COHORT_SECONDS="0", SANDBOX_COHORT_USERS="2"))
    request_id = client.asked(client.sandbox.cohort(["a", "b", "c"]))

    status = client.status(request_id)

    assert (status.status_code, status.json()["async_status"]) == (200, "JOB FAILED")
    assert client.file(request_id).status_code == 400


def test_a_job_outlives_a_restart(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(SANDBOX_COHORT_SECONDS="1")
    client = CohortClient(sandbox)
    cohort_id = sandbox.cohort(["ana", "ben"])
    request_id = client.ask(cohort_id).json()["request_id"]
    sandbox.kill()

    sandbox.start()
    deadline = time.monotonic() + 15
    while client.status(request_id).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert client.file(request_id).text.count("\n") == 3


def test_an_upload_makes_a_cohort_and_replaces_one(client: CohortClient) -> None:
    made = client.upload(name="By user", ids=["up_1", "up_2", "up_2"])
    cohort_id = made.json()["cohortId"]
    again = client.upload(name="By user", ids=["up_2", "up_3"], existing_cohort_id=cohort_id)

    assert (made.status_code, again.json()) == (200, {"cohortId": cohort_id})
    assert [row["user_id"] for row in client.rows(cohort_id)] == ["up_2", "up_3"]
    (row,) = [one for one in client.listed() if one["id"] == cohort_id]
    assert (row["owners"], row["size"], row["published"]) == (["ana@example.com"], 2, True)


def test_an_upload_by_amplitude_id_takes_the_known(client: CohortClient) -> None:
    known = client.rows(client.sandbox.cohort(["number_1", "number_2"]))
    ids = [row["amplitude_id"] for row in known]

    made = client.upload(name="By number", id_type="BY_AMP_ID", ids=[*ids, "999999999"])

    assert client.rows(made.json()["cohortId"]) == known


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"ids": "up_1"}, 400, "ids must be an array"),
        ({"ids": [1]}, 400, "ids must be texts"),
        ({"ids": ["x" * 256]}, 400, "ids must be texts"),
        ({"ids": ["a"], "id_type": "BY_NAME"}, 400, "id_type must be"),
        ({"ids": ["a"], "id_type": "BY_AMP_ID"}, 400, "whole numbers"),
        ({"ids": ["a"], "app_id": 1}, 400, "app_id must be"),
        ({"ids": ["a"], "name": ""}, 400, "name must be"),
        ({"ids": ["a"], "published": "yes"}, 400, "published must be"),
        ({"ids": ["a"], "existing_cohort_id": "nonesuch"}, 404, "Cohort not found"),
    ],
)
def test_an_upload_that_cannot_be_is_refused(
    client: CohortClient, fields: dict[str, Any], status: int, words: str
) -> None:
    refused = client.upload(**fields)

    assert (refused.status_code, words in refused.json()["error"]) == (status, True)
