"""Keys over /api/v1/: rotated with a grace, bound to addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from braze_partners.keys.models import DataImportKey, RestApiKey
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory
from tests.rest.conftest import KeyClient

pytestmark = pytest.mark.django_db


def test_an_import_key_is_rotated_with_a_grace(cast: Cast, full: KeyClient) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace, partner="heap", label="CI")
    path = f"/api/v1/import-keys/{key.pk}"
    made = full.call("POST", f"{path}/rotate", {"grace_seconds": 3600})
    successor: dict[str, Any] = made.json()

    assert made.status_code == 201 and successor["secret"].startswith("bpi_")
    assert (successor["partner"], successor["label"]) == ("heap", "CI")
    old = full.get(path).json()
    assert (old["status"], old["successor_id"]) == ("ending", successor["id"])
    assert old["ending"] == {"verdict": "successor_unused", "safe_from": None}
    assert old["calls_since_rotation"] == 0 and "secret" not in old
    assert full.delete(path).status_code == 204
    assert full.get(path).json()["status"] == "invalidated"


@pytest.mark.parametrize("grace", [None, 60, -1, "1h", 604_801])
def test_only_the_offered_graces_are_taken(cast: Cast, full: KeyClient, grace: Any) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    refused = full.call("POST", f"/api/v1/import-keys/{key.pk}/rotate", {"grace_seconds": grace})

    assert refused.status_code == 400 and "grace_seconds" in refused.json()["errors"]
    assert DataImportKey.objects.count() == 1


def test_a_key_that_is_ending_is_not_rotated_again(cast: Cast, full: KeyClient) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    path, body = f"/api/v1/import-keys/{key.pk}/rotate", {"grace_seconds": 0}

    assert full.call("POST", path, body).status_code == 201
    again = full.call("POST", path, body)
    assert again.status_code == 409 and "Only an active key" in again.json()["detail"]


def test_a_key_gets_no_successor_of_a_key_that_may_do_more(
    cast: Cast, with_key: Callable[..., KeyClient]
) -> None:
    stronger = RestApiKeyFactory.create(workspace=cast.workspace, permissions=["people.write"])
    caller = with_key("rest_keys.write", "people.read")
    path = f"/api/v1/rest-keys/{stronger.pk}/rotate"

    assert caller.call("POST", path, {"grace_seconds": 0}).status_code == 403
    stronger.refresh_from_db()
    assert stronger.rotated_at is None


def test_another_workspaces_key_is_not_there_to_rotate(cast: Cast, full: KeyClient) -> None:
    theirs = DataImportKeyFactory.create(workspace=cast.other_workspace)
    their_rest = RestApiKeyFactory.create(workspace=cast.other_workspace)
    for path in (f"import-keys/{theirs.pk}", f"rest-keys/{their_rest.pk}"):
        answer = full.call("POST", f"/api/v1/{path}/rotate", {"grace_seconds": 0})
        assert answer.status_code == 404


def test_a_rest_key_is_bound_to_addresses(full: KeyClient) -> None:
    body = {"permissions": ["audit.read"], "allowed_addresses": ["10.0.0.0/8", "::1/128"]}
    made = full.call("POST", "/api/v1/rest-keys", body).json()
    assert made["allowed_addresses"] == ["10.0.0.0/8", "::1"]

    rotated = full.call("POST", f"/api/v1/rest-keys/{made['id']}/rotate", {"grace_seconds": 0})
    assert rotated.json()["allowed_addresses"] == ["10.0.0.0/8", "::1"]
    refused = full.call("POST", "/api/v1/rest-keys", body | {"allowed_addresses": ["10.0.0.1/8"]})
    assert refused.status_code == 400
    assert "10.0.0.0/8 is the whole network" in str(refused.json()["errors"]["allowed_addresses"])


def test_a_key_past_its_grace_is_refused_as_an_unknown_one(
    cast: Cast, with_key: Callable[..., KeyClient]
) -> None:
    caller = with_key("workspace.read")
    key = RestApiKey.objects.get(permissions=["workspace.read"])
    key.ends_at = timezone.now() + timedelta(minutes=1)
    key.save()
    assert caller.get("/api/v1/workspace").status_code == 200
    key.ends_at = timezone.now()
    key.save()
    refused = caller.get("/api/v1/workspace")
    assert (refused.status_code, refused.json()["detail"]) == (401, "Invalid API key")
