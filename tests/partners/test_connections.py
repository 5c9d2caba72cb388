"""How a partner stands to a workspace, by the evidence of its keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from braze_partners.partners import directory
from braze_partners.partners.connections import NONE, State, connection, connections
from braze_partners.partners.endpoint import rest_endpoint
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory

NOW = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.embedded
def test_a_partner_is_connected_by_a_request_with_an_active_key(cast: Cast) -> None:
    workspace = cast.workspace
    assert connection(workspace, "amplitude", NOW) == NONE

    old = DataImportKeyFactory.create(workspace=workspace, last_used_at=NOW, created_at=NOW)
    DataImportKeyFactory.create(workspace=workspace, created_at=NOW + timedelta(days=1))
    connected = connection(workspace, "amplitude", NOW)
    assert (connected.state, connected.last_request_at, connected.active_keys) == (
        State.CONNECTED,
        NOW,
        2,
    )

    old.invalidated_at = NOW
    old.save()
    assert connection(workspace, "amplitude", NOW).state == State.NOT_CONNECTED


@pytest.mark.django_db
def test_with_all_keys_invalidated_it_is_as_without_and_says_so(cast: Cast) -> None:
    DataImportKeyFactory.create(workspace=cast.workspace, last_used_at=NOW, invalidated_at=NOW)
    found = connection(cast.workspace, "amplitude", NOW)

    assert (found.state, found.ever_had_a_key, found.last_request_at) == (State.NO_KEY, True, None)


@pytest.mark.django_db
def test_keys_of_another_workspace_do_not_count(cast: Cast) -> None:
    DataImportKeyFactory.create(workspace=cast.other_workspace)

    assert connections(cast.workspace, NOW) == {}


def test_the_endpoint_is_the_setting_or_where_the_request_came_to(settings: Settings) -> None:
    assert rest_endpoint("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
    settings.REST_ENDPOINT = "https://partners.example/"
    assert rest_endpoint("http://127.0.0.1:8000") == "https://partners.example"


def test_the_directory_has_each_partner_once() -> None:
    slugs = [partner.slug for partner in directory.PARTNERS]

    assert len(slugs) == len(set(slugs)) == 10
    assert directory.find("amplitude") and directory.find("nobody") is None
    assert directory.display_name("nobody") == "nobody"
