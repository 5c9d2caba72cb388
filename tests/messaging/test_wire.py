"""/campaigns/list and /canvas/list, as wire/braze-users-track.md gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from braze_partners.messaging import limits, saving
from braze_partners.messaging.drafts import stored
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.messaging.worlds import campaign, canvas
from tests.rest.conftest import KeyClient
from tests.segments.worlds import NOW, World, world

pytestmark = pytest.mark.django_db
SECRET = "brk_" + "m" * 43


@pytest.fixture
def lumen(cast: Cast) -> World:
    return world(10, workspace=cast.workspace)


def caller(cast: Cast, *allowed: str) -> KeyClient:
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=list(allowed))
    return KeyClient(SECRET)


def test_the_lists_have_braze_s_fields_and_rate_headers(cast: Cast, lumen: World) -> None:
    one = campaign(lumen, tags=("B", "A"))
    other = canvas(lumen)
    client = caller(cast, "campaigns.list", "canvas.list")
    campaigns = client.get("/campaigns/list")
    assert campaigns.status_code == 200
    assert campaigns.json() == {
        "message": "success",
        "campaigns": [
            {
                "id": str(one.pk),
                "last_edited": "2026-05-12T14:32:08.000Z",
                "name": "Restock",
                "is_api_campaign": False,
                "tags": ["A", "B"],
            }
        ],
    }
    assert "X-RateLimit-Remaining" in campaigns
    assert client.get("/canvas/list").json() == {
        "message": "success",
        "canvases": [
            {
                "id": str(other.pk),
                "last_edited": "2026-05-12T14:32:08.000Z",
                "name": "Winback",
                "tags": [],
            }
        ],
    }


def test_the_list_comes_in_pages_by_creation(
    cast: Cast, lumen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at, name in enumerate(("a", "b", "c")):
        made = campaign(lumen, name)
        made.created_at = NOW + timedelta(seconds=at)
        made.save()
    monkeypatch.setattr(limits, "BRAZE_LIST_PAGE", 2)
    client = caller(cast, "campaigns.list")

    def names(query: str) -> list[str]:
        answer = client.get(f"/campaigns/list?{query}")
        assert answer.status_code == 200
        return [each["name"] for each in answer.json()["campaigns"]]

    assert names("") == names("page=0&sort_direction=asc") == ["a", "b"]
    assert names("page=1") == ["c"]
    assert names("sort_direction=desc") == ["c", "b"]
    assert names("page=2") == names("page=-1") == names("page=x") == []


def test_archived_ones_and_those_of_others_are_left_out(cast: Cast, lumen: World) -> None:
    gone = campaign(lumen, "Gone")
    saving.set_archived([gone], True, by=None, now=NOW)
    campaign(world(1, workspace=cast.other_workspace), "Foreign")
    client = caller(cast, "campaigns.list")
    assert client.get("/campaigns/list").json()["campaigns"] == []
    whole = client.get("/campaigns/list?include_archived=true").json()["campaigns"]
    assert [each["name"] for each in whole] == ["Gone"]


def test_only_what_was_edited_after_a_time_is_listed(cast: Cast, lumen: World) -> None:
    campaign(lumen, "Old")
    made = campaign(lumen, "New")
    later = NOW + timedelta(hours=1)
    saving.update(made, replace(stored(made), tags=("A",)), version=1, by=None, now=later)
    client = caller(cast, "campaigns.list")

    def names(after: str) -> list[str]:
        found = client.get("/campaigns/list", {"last_edit.time[gt]": after}).json()["campaigns"]
        return [each["name"] for each in found]

    assert names("2026-05-12T15:00:00") == names("2026-05-12T17:00:00+02:00") == ["New"]
    assert names("2026-05-12T15:32:08Z") == []
    refused = client.get("/campaigns/list?last_edit.time[gt]=yesterday")
    assert refused.status_code == 400 and set(refused.json()) == {"message", "errors"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/campaigns/list?sort_direction=up", 400),
        ("/canvas/list?sort_direction=up", 400),
        ("/campaigns/nothing", 404),
        ("/canvas/", 404),
    ],
)
def test_errors_have_braze_s_shape(cast: Cast, lumen: World, path: str, status: int) -> None:
    answer = caller(cast, "campaigns.list", "canvas.list").get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"message", "errors"}


def test_keys_are_asked_for_their_permission(cast: Cast, lumen: World) -> None:
    client = caller(cast, "campaigns.list")
    assert client.get("/canvas/list").status_code == 403
    assert KeyClient("brk_wrong").get("/campaigns/list").status_code == 401
    assert client.post("/campaigns/list").status_code == 405
