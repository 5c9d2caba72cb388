"""What partners should not send to /partners/{partner}/cohorts/users, beyond the error table."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client, override_settings

from braze_partners.partners import directory
from cohorts import importing, skipped, wire
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


def test_a_body_of_20_mb_is_413_and_leaves_nothing(amplitude: Partner) -> None:
    response = amplitude.post("cohorts/users", b" " * 20_000_000)
    assert response.status_code == 413
    assert not ImportRun.objects.exists() and not Cohort.objects.exists()


def body_of(changes: Any) -> bytes:
    fields = {"partner_api_key": "p", "client_secret": SECRET, "cohort_id": "abcd1234"}
    return json.dumps(fields | {"cohort_changes": changes}).encode()


def post_gzipped(body: bytes) -> Any:
    return Client().post(
        "/partners/amplitude/cohorts/users",
        body,
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )


def test_a_gzip_bomb_is_not_unpacked_and_says_so(amplitude: Partner) -> None:
    """Partners send plain JSON; what is packed is refused as such, whole or truncated."""
    whole = gzip.compress(body_of([{"user_ids": ["u0"]}]))
    bomb = gzip.compress(b" " * 50_000_000)
    for body in (whole, bomb, whole[:-9]):
        response = post_gzipped(body)
        assert response.status_code == 415
        assert "without Content-Encoding" in response.json()["message"]
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("path", ["cohorts", "cohorts/users"])
@pytest.mark.parametrize("field", ["cohort_changes", "cohort_id", "name"])
def test_a_thousand_levels_in_a_field_that_is_read_are_400(
    amplitude: Partner, path: str, field: str
) -> None:
    for deep in ("[" * 1_000 + "]" * 1_000, '{"a":' * 1_000 + "1" + "}" * 1_000):
        whole = (
            f'{{"partner_api_key": "p", "client_secret": "{SECRET}", "{field}": {deep},'
            '"created_at": "2021-01-21"}'
        )
        assert amplitude.post(path, whole).status_code == 400
    assert not Cohort.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "01", "0x1"])
def test_a_number_that_json_does_not_know_is_400(amplitude: Partner, number: str) -> None:
    whole = body_of([{"user_ids": ["u0"]}]).decode().replace('"u0"', number)
    assert amplitude.post("cohorts/users", whole).status_code == 400
    assert not Cohort.objects.exists()


@pytest.mark.parametrize("mixed", [["u0", 5], ["u0", None], [["u0"]], [True], [{"u": 1}], [1.5]])
@pytest.mark.parametrize("kind", ["user_ids", "device_ids", "aliases"])
def test_mixed_types_are_refused_whole(amplitude: Partner, kind: str, mixed: list[Any]) -> None:
    response = amplitude.users([{"user_ids": ["u1"]}, {kind: mixed}])
    assert response.status_code == 400 and response.json()["message"] == wire.CHANGES
    assert not Cohort.objects.exists()


def test_a_thousand_ids_over_three_kinds_are_taken_and_one_more_is_not(amplitude: Partner) -> None:
    changes: list[dict[str, Any]] = [
        {"user_ids": [f"n{n}" for n in range(400)]},
        {"device_ids": [f"d{n}" for n in range(300)], "should_remove": True},
        {"aliases": [{"alias_name": f"a{n}", "alias_label": "crm"} for n in range(300)]},
    ]
    assert amplitude.users(changes).status_code == 201
    changes[1]["device_ids"].append("one more")
    response = amplitude.users(changes)
    assert response.status_code == 400 and response.json()["message"] == wire.TOO_MANY
    assert len(amplitude.members()) == 20


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


def test_the_key_of_another_partner_or_workspace_changes_nothing_here(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u0"]}])
    theirs, other_partner = "bpi_" + "o" * 43, "bpi_" + "p" * 43
    other = DataImportKeyFactory.create(secret=theirs)
    DataImportKeyFactory.create(
        workspace=amplitude.workspace, secret=other_partner, partner="mixpanel"
    )
    assert amplitude.users([{"user_ids": ["u1"]}], client_secret=theirs).status_code == 201
    refused = amplitude.users([{"user_ids": ["u1"]}], client_secret=other_partner)

    assert refused.status_code == 401 and other_partner not in refused.content.decode()
    assert amplitude.members() == {amplitude.numbers[0]}
    assert Cohort.objects.get(workspace=other.workspace).size == 0


def test_a_cohort_that_changes_while_a_push_is_read_is_counted_anew(
    amplitude: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another push comes between the look at the cohort and the write."""
    amplitude.users([{"user_ids": ["u0"]}])
    sort, again = importing.sort_identifiers, [True]

    def overtaken(pushed: importing.Push) -> importing.Sorted:
        if again:
            again.clear()
            amplitude.users(
                [{"user_ids": ["u1", "u2"]}, {"user_ids": ["u0"], "should_remove": True}]
            )
        return sort(pushed)

    monkeypatch.setattr(importing, "sort_identifiers", overtaken)
    assert amplitude.users([{"user_ids": ["u0", "u1", "u3"]}]).status_code == 201
    assert amplitude.members() == {amplitude.numbers[n] for n in (0, 1, 2, 3)}
    assert counts(amplitude.last_run()) == (3, 2, 0, 1, 0)


@pytest.mark.parametrize("slug", [partner.slug for partner in directory.PARTNERS])
def test_each_partner_has_its_own_working_address_and_key(amplitude: Partner, slug: str) -> None:
    secret = f"bpi_{slug:x<43}"
    DataImportKeyFactory.create(workspace=amplitude.workspace, secret=secret, partner=slug)
    body: dict[str, Any] = {"partner_api_key": "p", "client_secret": secret, "cohort_id": "c1"}
    changes = [{"user_ids": ["u0", "u1"]}]
    for other in directory.PARTNERS:
        named = amplitude.client.post(
            f"/partners/{other.slug}/cohorts",
            body | {"name": "Buyers", "created_at": "2021-01-21"},
            content_type="application/json",
        )
        pushed = amplitude.client.post(
            f"/partners/{other.slug}/cohorts/users",
            body | {"cohort_changes": changes},
            content_type="application/json",
        )
        right = 201 if other.slug == slug else 401
        assert (named.status_code, pushed.status_code) == (right, right)

    cohort = Cohort.objects.get()
    assert (cohort.partner, cohort.size) == (slug, 2)
    assert cohort.label == f"[{directory.display_name(slug)}] Buyers: c1"


def test_a_partners_own_key_comes_from_the_settings(amplitude: Partner) -> None:
    with override_settings(PARTNER_API_KEYS={"amplitude": ["first", "second"], "heap": ["third"]}):
        for partner_api_key, status in (("first", 201), ("second", 201), ("third", 401)):
            answer = amplitude.users([{"user_ids": ["u0"]}], partner_api_key=partner_api_key)
            assert answer.status_code == status
    assert amplitude.users([{"user_ids": ["u0"]}], partner_api_key="any").status_code == 201
