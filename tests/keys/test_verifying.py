"""A key is found by its hash in one query, and what is wrong with it is said alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings as SettingsWrapper

from braze_partners.keys import verifying
from braze_partners.keys.errors import (
    AddressNotAllowed,
    InvalidPartnerKey,
    TooManyFailures,
    UnknownKey,
    UnknownRestKey,
    WrongPartner,
)
from braze_partners.keys.limits import FAILURE_WINDOW_SECONDS, FAILURES_PER_WINDOW
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)
SECRET = "bpi_" + "q" * 43


def test_a_valid_key_gives_its_workspace_in_one_query() -> None:
    workspace = WorkspaceFactory.create(slug="lumen", create_unknown_users=True)
    key = DataImportKeyFactory.create(secret=SECRET, workspace=workspace)

    with CaptureQueriesContext(connection) as queries:
        verified = verifying.data_import_key(SECRET, "amplitude", NOW)

    assert len(queries) == 1
    assert verified == verifying.VerifiedKey(key.pk, "amplitude", workspace.pk, "lumen", True)


@pytest.mark.parametrize("secret", ["", "bpi_", SECRET + "x", "\x00", "é" * 500, None, 7, ["x"]])
def test_it_refuses_what_is_no_key(secret: object) -> None:
    DataImportKeyFactory.create(secret=SECRET)

    with pytest.raises(UnknownKey):
        verifying.data_import_key(secret, "amplitude", NOW)


def test_an_unknown_and_an_invalidated_key_are_refused_in_the_same_words() -> None:
    DataImportKeyFactory.create(secret=SECRET, invalidated_at=NOW)

    with pytest.raises(UnknownKey) as invalidated:
        verifying.data_import_key(SECRET, "amplitude", NOW)
    with pytest.raises(UnknownKey) as unknown:
        verifying.data_import_key("bpi_" + "z" * 43, "amplitude", NOW)

    assert invalidated.value.text == unknown.value.text == "Invalid client secret"


def test_a_key_of_another_partner_is_refused_masked() -> None:
    DataImportKeyFactory.create(secret=SECRET, partner="segment")

    with pytest.raises(WrongPartner) as refused:
        verifying.data_import_key(SECRET, "amplitude", NOW)

    assert refused.value.text == (
        "Partner not enabled for client with client secret: bpi_qqqq…qqqq"
    )


def test_any_partner_key_will_do_until_some_are_configured(
    settings: SettingsWrapper,
) -> None:
    verifying.partner_api_key("anything", "amplitude")
    for value in ("", "  ", None, 5):
        with pytest.raises(InvalidPartnerKey):
            verifying.partner_api_key(value, "amplitude")

    settings.PARTNER_API_KEYS = {"amplitude": ["right", "also right"]}
    verifying.partner_api_key("also right", "amplitude")
    verifying.partner_api_key("anything", "segment")
    with pytest.raises(InvalidPartnerKey):
        verifying.partner_api_key("anything", "amplitude")


def test_failures_from_one_address_are_limited_and_valid_calls_are_not() -> None:
    DataImportKeyFactory.create(secret=SECRET)
    for _ in range(FAILURES_PER_WINDOW):
        with pytest.raises(UnknownKey):
            verifying.admit_import_call("wrong", "amplitude", "203.0.113.9", NOW)

    with pytest.raises(TooManyFailures) as refused:
        verifying.admit_import_call("wrong", "amplitude", "203.0.113.9", NOW)

    assert 0 < int(refused.value.headers["Retry-After"]) <= FAILURE_WINDOW_SECONDS
    assert verifying.admit_import_call(SECRET, "amplitude", "203.0.113.9", NOW)
    with pytest.raises(UnknownKey):
        verifying.admit_import_call("wrong", "amplitude", "203.0.113.10", NOW)
    with pytest.raises(UnknownKey):
        later = NOW + timedelta(seconds=FAILURE_WINDOW_SECONDS)
        verifying.admit_import_call("wrong", "amplitude", "203.0.113.9", later)


def test_a_rest_key_says_what_it_may() -> None:
    secret = "brk_" + "r" * 43
    key = RestApiKeyFactory.create(secret=secret, permissions=["segments.list"])

    with CaptureQueriesContext(connection) as queries:
        verified = verifying.rest_key(secret, None, NOW)

    assert len(queries) == 1
    assert (verified.key_id, verified.permissions) == (
        key.pk,
        frozenset({"segments.list"}),
    )
    with pytest.raises(UnknownRestKey):
        verifying.rest_key(SECRET, None, NOW)


def test_a_rest_key_bound_to_addresses_is_refused_elsewhere() -> None:
    secret = "brk_" + "r" * 43
    RestApiKeyFactory.create(secret=secret, allowed_addresses=["10.0.0.0/8"])

    assert verifying.rest_key(secret, "10.20.4.17", NOW)
    for elsewhere in ("203.0.113.9", None):
        with pytest.raises(AddressNotAllowed):
            verifying.rest_key(secret, elsewhere, NOW)
