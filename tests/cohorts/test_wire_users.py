"""POST /partners/{partner}/cohorts/users, row by row of wire/braze-cohort-import.md."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings

from braze_partners.people.profiles import delete_profiles
from cohorts import skipped, wire
from cohorts.models import Cohort, ImportRun
from tests.cohorts.conftest import NOW, SECRET, Partner
from tests.keys.factories import DataImportKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def refused(response: Any, status: int, text: str) -> bool:
    assert response.status_code == status, response.content
    assert response.json() == {"message": text, "errors": [text]}
    return True


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    return run.received, run.added, run.removed, run.unchanged, run.skipped


def test_it_adds_and_removes_people(amplitude: Partner) -> None:
    added = amplitude.users([{"user_ids": ["u0", "u1", "u2"], "device_ids": [], "aliases": []}])
    assert (added.status_code, added.json()) == (201, {"message": "success"})
    amplitude.users([{"user_ids": ["u1"], "should_remove": True}])
    assert amplitude.members() == {amplitude.numbers[0], amplitude.numbers[2]}
    assert amplitude.cohort().size == 2
    assert counts(amplitude.last_run()) == (1, 0, 1, 0, 0)


def test_it_records_a_run_with_key_address_and_request_id(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0", "nobody"]}])
    run = amplitude.last_run()
    assert run.key is not None and run.address == "127.0.0.1" and run.request_id.startswith("req_")
    assert (run.state, run.sequence, run.size_after) == ("with_skips", 1, 1)
    assert run.duration_ms > 0


def test_it_applies_several_kinds_and_objects_of_one_request_in_order(amplitude: Partner) -> None:
    response = amplitude.users(
        [
            {"user_ids": ["u0", "u1"], "device_ids": ["x0"]},
            {"aliases": [{"alias_name": "a2", "alias_label": "crm"}]},
            {"user_ids": ["u1"], "should_remove": True},
        ]
    )
    assert response.status_code == 201
    assert amplitude.members() == {
        amplitude.numbers[0],
        amplitude.numbers[2],
        amplitude.anonymous[0],
    }
    assert counts(amplitude.last_run()) == (5, 3, 0, 2, 0)


def test_of_a_person_named_twice_the_last_word_wins(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}, {"user_ids": ["u0"], "should_remove": True}])
    assert amplitude.members() == set()
    assert counts(amplitude.last_run()) == (2, 0, 0, 2, 0)
    amplitude.users([{"user_ids": ["u0"], "should_remove": True}, {"user_ids": ["u0"]}])
    assert amplitude.members() == {amplitude.numbers[0]}
    assert counts(amplitude.last_run()) == (2, 1, 0, 1, 0)


def test_two_identifiers_of_one_person_add_one_member(amplitude: Partner) -> None:
    amplitude.users(
        [{"user_ids": ["u3", "u3"], "aliases": [{"alias_name": "a3", "alias_label": "crm"}]}]
    )
    assert counts(amplitude.last_run()) == (3, 1, 0, 2, 0)


def test_the_same_request_again_changes_nothing(amplitude: Partner) -> None:
    for _ in range(2):
        amplitude.users([{"user_ids": ["u0", "u1"]}])
    run = amplitude.last_run()
    assert counts(run) == (2, 0, 0, 2, 0) and run.sequence is None and run.size_after == 2
    assert amplitude.cohort().sequence == 1


def test_an_aliases_object_alone_is_accepted(amplitude: Partner) -> None:
    amplitude.users([{"aliases": {"alias_name": "a4", "alias_label": "crm"}}])
    assert amplitude.members() == {amplitude.numbers[4]}


def test_a_device_of_an_identified_user_is_skipped(amplitude: Partner) -> None:
    amplitude.users([{"device_ids": ["d0", "x1", "nowhere"]}])
    run = amplitude.last_run()
    assert amplitude.members() == {amplitude.anonymous[1]}
    assert (run.skipped_identified, run.skipped_unknown) == (1, 1)
    reasons = {(entry.identifier, entry.reason) for entry in skipped.unpack(run.skipped_list)}
    assert reasons == {("d0", "identified"), ("nowhere", "unknown")}


def test_a_device_of_an_identified_user_is_not_removed_either(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    amplitude.users([{"device_ids": ["d0"], "should_remove": True}])
    assert amplitude.members() == {amplitude.numbers[0]}


def test_unknown_users_are_skipped_once_each_and_kept(amplitude: Partner) -> None:
    amplitude.users(
        [{"user_ids": ["ghost", "ghost"], "aliases": {"alias_name": "x:y", "alias_label": "a"}}]
    )
    run = amplitude.last_run()
    assert counts(run) == (3, 0, 0, 1, 2)
    left_out = skipped.unpack(run.skipped_list)
    assert [(e.kind, e.identifier, e.alias_name) for e in left_out if e.kind == "alias"] == [
        ("alias", "a:x:y", "x:y")
    ]


def test_unknown_users_are_created_where_the_workspace_says_so(amplitude: Partner) -> None:
    amplitude.workspace.create_unknown_users = True
    amplitude.workspace.save()
    amplitude.users(
        [{"user_ids": ["new1", "new2", "u0", ""]}, {"user_ids": ["old"], "should_remove": True}]
    )
    assert counts(amplitude.last_run()) == (5, 3, 0, 0, 2)
    amplitude.users([{"user_ids": ["new1"]}])
    assert counts(amplitude.last_run()) == (1, 0, 0, 1, 0)


@pytest.mark.parametrize("changes", [[], "[]", [{"user_ids": []}], [{"aliases": []}]])
def test_a_request_that_names_nobody_succeeds_and_leaves_nothing(
    amplitude: Partner, changes: Any
) -> None:
    assert amplitude.users(changes).status_code == 201
    assert not Cohort.objects.exists() and not ImportRun.objects.exists()


def test_credentials_are_tested_with_an_empty_list(amplitude: Partner) -> None:
    refused(amplitude.users([], client_secret="wrong"), 401, "Invalid client secret")


def test_changes_as_a_json_string_are_accepted(amplitude: Partner) -> None:
    changes = json.dumps([{"user_ids": ["u5"]}])
    assert amplitude.users(changes).status_code == 201
    assert amplitude.members() == {amplitude.numbers[5]}


def test_an_unknown_cohort_is_called_by_its_id_until_it_is_named(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    cohort = amplitude.cohort()
    assert (cohort.label, cohort.named) == ("[Amplitude] abcd1234: abcd1234", False)
    amplitude.name()
    cohort.refresh_from_db()
    assert (cohort.label, cohort.named) == ("[Amplitude] TEST_COHORT: abcd1234", True)
    assert amplitude.members() == {amplitude.numbers[0]}


def test_an_archived_cohort_goes_on_accepting_pushes(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    Cohort.objects.update(archived_at=NOW)
    amplitude.users([{"user_ids": ["u1"]}])
    assert len(amplitude.members()) == 2


def test_a_deleted_cohort_begins_anew(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    amplitude.cohort().delete()
    amplitude.users([{"user_ids": ["u1"]}])
    assert amplitude.members() == {amplitude.numbers[1]}


def test_deleted_people_leave_their_cohorts(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0", "u1"]}])
    amplitude.users([{"user_ids": ["u0"]}], cohort_id="second")
    delete_profiles(amplitude.workspace.pk, [amplitude.numbers[1]], NOW)
    assert amplitude.members() == {amplitude.numbers[0]} and amplitude.cohort().size == 1
    assert amplitude.cohort("second").sequence == 1
    run = amplitude.last_run()
    assert (run.kind, run.removed, run.size_after) == ("deletion", 1, 1)
    amplitude.users([{"user_ids": ["u1", "u2"]}])
    assert counts(amplitude.last_run()) == (2, 1, 0, 0, 1)


def test_headers_say_what_is_left_of_the_hour(amplitude: Partner) -> None:
    response = amplitude.users([{"user_ids": ["u0"]}])
    assert response["X-RateLimit-Limit"] == "250000"
    assert int(response["X-RateLimit-Remaining"]) == 249_999
    assert int(response["X-RateLimit-Reset"]) > 0


@override_settings(RATE_LIMITS={"partners": (1, 3600)})
def test_it_answers_429_beyond_the_hourly_limit(amplitude: Partner) -> None:
    assert amplitude.users([]).status_code == 201
    response = amplitude.users([])
    assert response.status_code == 429 and response["X-RateLimit-Remaining"] == "0"
    assert int(response["Retry-After"]) > 0


# The table of errors, row by row.


@pytest.mark.parametrize("cohort_id", [None, 5, "", "  ", ["a"], "a\x00b", True])
def test_it_rejects_an_invalid_cohort_id(amplitude: Partner, cohort_id: Any) -> None:
    response = amplitude.users([{"user_ids": ["u0"]}], cohort_id=cohort_id)
    refused(response, 400, "`cohort_id` must be a valid string")


def test_it_rejects_a_missing_cohort_id(amplitude: Partner) -> None:
    body = {"partner_api_key": "p", "client_secret": SECRET, "cohort_changes": []}
    refused(amplitude.post("cohorts/users", body), 400, wire.COHORT_ID)


def test_it_names_the_limit_of_a_cohort_id(amplitude: Partner) -> None:
    assert amplitude.users([{"user_ids": ["u0"]}], cohort_id="c" * 255).status_code == 201
    refused(amplitude.users([], cohort_id="c" * 256), 400, wire.COHORT_ID_LENGTH)


BAD_CHANGES: list[Any] = [
    None,
    5,
    {},
    {"user_ids": ["u0"]},
    "not json",
    '"[]"',
    '{"user_ids": []}',
    [5],
    [["u0"]],
    [{}],
    [{"should_remove": True}],
    [{"user_ids": "u0"}],
    [{"user_ids": None}],
    [{"user_ids": [5]}],
    [{"user_ids": ["u0", None]}],
    [{"user_ids": [["u0"]]}],
    [{"device_ids": {"a": 1}}],
    [{"aliases": "a"}],
    [{"aliases": ["a"]}],
    [{"aliases": [{"alias_name": "a0"}]}],
    [{"aliases": {"alias_label": "crm"}}],
    [{"aliases": [{"alias_name": 1, "alias_label": "crm"}]}],
    [{"user_ids": ["u0"]}, None],
]


@pytest.mark.parametrize("changes", BAD_CHANGES)
def test_it_rejects_invalid_cohort_changes(amplitude: Partner, changes: Any) -> None:
    text = (
        "`cohort_changes` must be an array of objects, each with key `user_ids` and/or "
        "`device_ids` mapping to an array of strings, or an `aliases` object"
    )
    refused(amplitude.users(changes), 400, text)
    assert not Cohort.objects.exists()


def test_it_rejects_missing_cohort_changes(amplitude: Partner) -> None:
    body = {"partner_api_key": "p", "client_secret": SECRET, "cohort_id": "c"}
    refused(amplitude.post("cohorts/users", body), 400, wire.CHANGES)


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_it_rejects_a_should_remove_that_is_no_boolean(amplitude: Partner, value: Any) -> None:
    response = amplitude.users([{"user_ids": ["u0"], "should_remove": value}])
    refused(response, 400, "`should_remove` must be a boolean")


def test_it_rejects_more_than_1000_identifiers_over_all_kinds(amplitude: Partner) -> None:
    changes: list[dict[str, Any]] = [
        {"user_ids": [f"n{n}" for n in range(500)], "device_ids": ["d"] * 300},
        {"aliases": [{"alias_name": str(n), "alias_label": "l"} for n in range(201)]},
    ]
    text = "Only 1,000 `user_ids`, `device_ids`, and `aliases` are allowed per request"
    refused(amplitude.users(changes), 400, text)
    changes[1]["aliases"].pop()
    assert amplitude.users(changes).status_code == 201


def test_it_rejects_an_invalid_partner_api_key(amplitude: Partner) -> None:
    for value in (None, "", "  ", 5):
        response = amplitude.users([], partner_api_key=value)
        refused(response, 401, "Invalid Partner API key")
    with override_settings(PARTNER_API_KEYS={"amplitude": ["right"]}):
        refused(amplitude.users([]), 401, "Invalid Partner API key")
        assert amplitude.users([], partner_api_key="right").status_code == 201


@pytest.mark.parametrize("secret", [None, "", "wrong", 5, "bpi_\x00", "é" * 5000])
def test_it_rejects_an_invalid_client_secret(amplitude: Partner, secret: Any) -> None:
    response = amplitude.users([{"user_ids": ["u0"]}], client_secret=secret)
    refused(response, 401, "Invalid client secret")
    assert not ImportRun.objects.exists()


def test_it_rejects_the_key_of_another_partner_and_masks_it(amplitude: Partner) -> None:
    secret = "bpi_" + "t" * 43
    DataImportKeyFactory.create(workspace=amplitude.workspace, partner="segment", secret=secret)
    response = amplitude.users([], client_secret=secret)
    assert response.status_code == 401
    text = response.json()["message"]
    assert text.startswith("Partner not enabled for client with client secret: ")
    assert secret not in text and text.endswith("tttt")


def test_credentials_are_checked_before_fields(amplitude: Partner) -> None:
    refused(amplitude.users(5, client_secret="x", cohort_id=None), 401, "Invalid client secret")


def test_an_unknown_partner_is_404_in_json(amplitude: Partner) -> None:
    response = amplitude.post("cohorts/users", {}, partner="nobody")
    refused(response, 404, "Unknown partner")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_405_in_json(amplitude: Partner, method: str) -> None:
    response = getattr(Client(), method)("/partners/amplitude/cohorts/users")
    assert response.status_code == 405 and response["Allow"] == "POST"
    assert response.json()["message"]
