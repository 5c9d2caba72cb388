"""What partners should not send to /partners/{partner}/cohorts/users, beyond the error table."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from cohorts import skipped, wire
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import SECRET, Partner
from tests.cohorts.test_wire_users import counts
from tests.keys.factories import DataImportKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def test_it_accepts_a_request_without_a_csrf_token(amplitude: Partner) -> None:
    amplitude.client = Client(enforce_csrf_checks=True)
    assert amplitude.users([{"user_ids": ["u0"]}]).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"client_secret": "x"',
        b"[]",
        b"5",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"cohort_id": NaN}',
        b'{"cohort_id": "\\ud800"}',
    ],
)
def test_a_body_that_is_no_json_object_is_400(amplitude: Partner, body: bytes) -> None:
    response = amplitude.post("cohorts/users", body)
    assert response.status_code == 400 and response.json()["errors"]


def test_a_lone_surrogate_in_an_identifier_is_400(amplitude: Partner) -> None:
    body = json.dumps(
        {
            "partner_api_key": "p",
            "client_secret": SECRET,
            "cohort_id": "c",
            "cohort_changes": [{"user_ids": ["\ud800"]}],
        }
    )
    assert amplitude.post("cohorts/users", body).status_code == 400


def test_deep_nesting_in_a_field_nobody_reads_is_400(amplitude: Partner) -> None:
    deep = "[" * 5000 + "]" * 5000
    body = (
        f'{{"extra": {deep}, "partner_api_key": "p", "client_secret": "{SECRET}",'
        '"cohort_id": "c", "cohort_changes": []}'
    )
    assert amplitude.post("cohorts/users", body).status_code in (201, 400)


def test_a_body_over_4_mib_is_413(amplitude: Partner) -> None:
    response = amplitude.users([{"user_ids": ["x" * (4 * 1024 * 1024)]}])
    assert response.status_code == 413 and "too large" in response.json()["message"]


@pytest.mark.parametrize(
    "identifier",
    ["", " ", "x" * 10_000, "a\x00b", "a\x1fb", "é" * 997, "😀", "‮txt", "'; DROP TABLE --"],
)
def test_strange_identifiers_are_unknown_not_errors(amplitude: Partner, identifier: str) -> None:
    alias = {"alias_name": identifier, "alias_label": identifier}
    response = amplitude.users(
        [{"user_ids": ["u0", identifier], "device_ids": [identifier], "aliases": [alias]}]
    )
    assert response.status_code == 201
    assert counts(amplitude.last_run()) == (4, 1, 0, 0, 3)
    kept = skipped.unpack(amplitude.last_run().skipped_list)
    assert [entry.identifier for entry in kept][:1] == [identifier]


def test_unknown_fields_are_ignored(amplitude: Partner) -> None:
    changes = [{"user_ids": ["u0"], "colour": {"deep": [1]}}]
    assert amplitude.users(changes, region="us").status_code == 201


def test_a_refused_request_is_recorded_as_a_failed_run(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    amplitude.users([{"user_ids": [f"u{n}" for n in range(1001)]}])
    run = amplitude.last_run()
    assert (run.state, run.received, run.error) == ("failed", 1001, wire.TOO_MANY)
    assert run.cohort == amplitude.cohort() and run.sequence is None


def test_refused_requests_fill_no_disk(amplitude: Partner) -> None:
    for _ in range(65):
        amplitude.users(5)
    assert ImportRun.objects.count() <= 2 * 60  # the minute may have turned
    assert ImportRun.objects.count() >= 60 or ImportRun.objects.count() == 65


def test_another_workspace_with_the_same_cohort_id_is_another_cohort(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    secret = "bpi_" + "o" * 43
    other = DataImportKeyFactory.create(secret=secret)
    amplitude.users([{"user_ids": ["u0"]}], client_secret=secret)
    assert Cohort.objects.get(workspace=other.workspace).size == 0
    assert amplitude.cohort().size == 1
