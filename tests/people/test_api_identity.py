"""Identifying and merging one person over /api/v1/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from braze_partners.people.models import Profile
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.people.factories import AliasFactory, ProfileFactory
from tests.rest.conftest import KeyClient, with_key

__all__ = ["with_key"]

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def client(with_key: Callable[..., KeyClient]) -> KeyClient:
    return with_key("people.write")


def act(client: KeyClient, person: Profile, what: str, **body: Any) -> Any:
    return client.call("POST", f"/api/v1/people/{person.braze_id}/{what}", body)


def nameless(cast: Cast, **fields: Any) -> Profile:
    profile = ProfileFactory.create(workspace=cast.workspace, external_id=None, **fields)
    AliasFactory.create(profile=profile)
    return profile


def logged() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(action__startswith="person.").order_by("pk")
    return list(entries.values_list("action", "target"))


def test_an_external_id_is_given(cast: Cast, client: KeyClient) -> None:
    person = nameless(cast)
    response = act(client, person, "identify", external_id="ada")
    assert response.status_code == 200
    assert response.json() == {"braze_id": person.braze_id, "merged": False}
    person.refresh_from_db()
    assert person.external_id == "ada"
    assert logged() == [("person.identified", f"number {person.number}")]
    assert act(client, person, "identify", external_id="ada").status_code == 200


def test_who_has_the_external_id_stays(cast: Cast, client: KeyClient) -> None:
    person, ada = nameless(cast, country="FR"), ProfileFactory.create(workspace=cast.workspace)
    response = act(client, person, "identify", external_id=ada.external_id)
    assert response.json() == {"braze_id": ada.braze_id, "merged": True}
    assert Profile.objects.get().country == "FR"
    assert logged() == [("person.merged", f"number {person.number} into {ada.number}")]
    assert act(client, person, "identify", external_id="x").status_code == 404


def test_people_are_merged_by_their_braze_ids(cast: Cast, client: KeyClient) -> None:
    person, other = nameless(cast), nameless(cast)
    response = act(client, person, "merge", into=other.braze_id)
    assert response.json() == {"braze_id": other.braze_id, "merged": True}
    assert Profile.objects.get().pk == other.pk


def test_an_external_id_is_never_lost(cast: Cast, client: KeyClient) -> None:
    ada, ben = (ProfileFactory.create(workspace=cast.workspace) for _ in range(2))
    assert act(client, ada, "merge", into=ben.braze_id).status_code == 409
    assert act(client, ada, "identify", external_id=ben.external_id).status_code == 409
    assert act(client, ada, "merge", into=ada.braze_id).status_code == 409
    assert Profile.objects.count() == 2 and logged() == []


def test_what_cannot_be_an_external_id_is_refused(cast: Cast, client: KeyClient) -> None:
    person = nameless(cast)
    for bad in ("", "x" * 998, "a\x00b", None, 7):
        response = act(client, person, "identify", external_id=bad)
        assert response.status_code == (200 if bad == 7 else 400), bad  # a number is taken as text
    assert "external_id" in act(client, person, "identify").json()["errors"]


def test_nobody_of_another_workspace_is_found(cast: Cast, client: KeyClient) -> None:
    stranger = ProfileFactory.create(workspace=cast.other_workspace)
    person = nameless(cast)
    assert act(client, stranger, "identify", external_id="x").status_code == 404
    assert act(client, person, "merge", into=stranger.braze_id).status_code == 404
