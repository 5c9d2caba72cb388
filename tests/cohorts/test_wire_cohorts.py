"""POST /partners/{partner}/cohorts, row by row of wire/braze-cohort-import.md."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cohorts import wire
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import Partner
from tests.cohorts.test_wire_users import refused

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def test_it_makes_a_cohort(amplitude: Partner) -> None:
    response = amplitude.name()
    assert (response.status_code, response.json()) == (201, {"message": "success"})
    cohort = amplitude.cohort()
    assert cohort.label == "[Amplitude] TEST_COHORT: abcd1234"
    assert cohort.partner_created_at == datetime(2021, 1, 21, 14, 20, 30, tzinfo=UTC)
    assert (cohort.size, cohort.sequence) == (0, 0)
    assert response["X-RateLimit-Limit"] == "250000"


def test_it_renames_a_cohort_and_keeps_its_members(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    amplitude.name()
    amplitude.name(name="Second name")
    assert amplitude.cohort().name == "Second name" and len(amplitude.members()) == 1
    names = ImportRun.objects.filter(kind="name")
    assert [(run.received, run.sequence) for run in names] == [(0, None)] * 2


def test_the_same_naming_again_leaves_no_run(amplitude: Partner) -> None:
    for _ in range(3):
        assert amplitude.name().status_code == 201
    assert ImportRun.objects.count() == 1


def test_a_cohort_that_was_named_first_takes_members(amplitude: Partner) -> None:
    amplitude.name()
    amplitude.users([{"user_ids": ["u0"]}])
    assert Cohort.objects.count() == 1 and amplitude.cohort().named


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "قائمة المشترين",
        "\u202eevil\u202c \u200f",
        "a\nb\u2028c",
        '😀 & "quotes"',
        "x" * 255,
        " a ",
    ],
)
def test_a_name_is_kept_as_it_is(amplitude: Partner, name: str) -> None:
    assert amplitude.name(name=name).status_code == 201
    assert amplitude.cohort().name == name


@pytest.mark.parametrize("name", [None, "", "   ", 5, ["a"], {"a": 1}, False])
def test_it_rejects_an_empty_name(amplitude: Partner, name: Any) -> None:
    refused(amplitude.name(name=name), 400, "`name` must be a non-empty string")
    assert not Cohort.objects.exists()


def test_it_names_the_limit_of_a_name(amplitude: Partner) -> None:
    refused(amplitude.name(name="n" * 5_000), 400, wire.NAME_LENGTH)
    assert "255" in wire.NAME_LENGTH


def test_it_rejects_a_name_with_a_nul(amplitude: Partner) -> None:
    refused(amplitude.name(name="a\x00b"), 400, wire.NAME_NUL)


@pytest.mark.parametrize(
    "time",
    [
        "2021-01-21T19:20:30+05:00",
        "2021-01-21T19:20:30Z",
        "2021-01-21T19:20:30.123456Z",
        "2021-01-21T19:20:30,5+0530",
        "2021-01-21t19:20:30z",
        "2021-01-21 19:20:30",
        "2021-01-21T19:20",
        "2021-01-21",
        "20210121T192030Z",
        "2021-W03-4",
        "2021W034",
        "2021-021",
        "2021021T19Z",
        "2021-01-21T19",
        "2021-01-21T19:20.5Z",
        "2021-01-21T19,25",
        "2021-01-21T19:20:30.123456789012-0330",
        "2021-01-20T24:00:00Z",
        "2021-01-20T23:59:60Z",
        "2021-01-22T01:30+05",
    ],
)
def test_it_accepts_every_form_of_iso_8601(amplitude: Partner, time: str) -> None:
    assert amplitude.name(created_at=time).status_code == 201
    created_at = amplitude.cohort().partner_created_at
    assert created_at is not None and created_at.date() == date(2021, 1, 21)


@pytest.mark.parametrize(
    "time",
    [
        None,
        "",
        1_611_256_830,
        "yesterday",
        "21/01/2021",
        "2021-13-01",
        "2021-02-30T00:00:00Z",
        "2021-01-21T25:00:00Z",
        "2021-01-21x19:20",
        "2021-01-21T19:20:30+99:00",
        "0001-01-01T00:00:00+05:00",
        "２０２１-01-21",
        "2021-01-21T",
        "2021-01-21\x00",
        "2021-366",
        "2021-000",
        "2021-W54-1",
        "2021-01-21T24:00:01Z",
        "2021-01-21T19:60",
        "2021-01-21T19:20:61",
        "2021-01-21T19:20:30+24:00",
        "2021-01-21T19:20:30+05:60",
        "2021-01-21T19:20:30 +05:00 ",
        "2021-01-21T19:20:30[Europe/Paris]",
        "9999-12-31T23:59:59-05:00",
        "-2021-01-21",
        "P1D",
        ["2021-01-21"],
    ],
)
def test_it_rejects_a_created_at_that_is_no_time(amplitude: Partner, time: Any) -> None:
    text = "`created_at` must be a valid time as an ISO-8601 string"
    refused(amplitude.name(created_at=time), 400, text)


@pytest.mark.parametrize("cohort_id", [None, 5, "", {"a": 1}])
def test_it_rejects_an_invalid_cohort_id(amplitude: Partner, cohort_id: Any) -> None:
    response = amplitude.name(cohort_id=cohort_id)
    refused(response, 400, "`cohort_id` must be a valid string")


def test_it_rejects_invalid_credentials(amplitude: Partner) -> None:
    refused(amplitude.name(client_secret="x"), 401, "Invalid client secret")
    refused(amplitude.name(partner_api_key=""), 401, "Invalid Partner API key")
    assert not ImportRun.objects.exists()


def test_a_refused_naming_is_recorded(amplitude: Partner) -> None:
    amplitude.name(name="")
    run = amplitude.last_run()
    assert (run.state, run.error, run.cohort) == ("failed", wire.NAME, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"NaN"])
def test_a_body_that_is_no_json_object_is_400(amplitude: Partner, body: bytes) -> None:
    assert amplitude.post("cohorts", body).status_code == 400
