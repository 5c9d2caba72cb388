"""Acts on whole segments and what surrounds one, over /api/v1/."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.messaging.models import Outreach
from braze_partners.workspaces.models import AuditEntry, Member
from cohorts.segments import saving
from cohorts.segments.models import Segment, Star
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.messaging.worlds import campaign, segment, target
from tests.rest.conftest import KeyClient
from tests.segments.worlds import NOW, World, cohort_filter, segment_filter, world

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]
SECRET = "brk_" + "a" * 43
LIST = "/api/v1/segments"


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, workspace=cast.workspace)
    made.cohort("a", {1, 2, 3})
    for number in range(10):
        made.profile(number, f"usr_{number}")
    return made


@pytest.fixture
def client(cast: Cast) -> KeyClient:
    allowed = ["segments.read", "segments.write"]
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=allowed)
    return KeyClient(SECRET)


def one(found: Segment, rest: str = "") -> str:
    return f"{LIST}/{found.pk}{rest}"


def test_a_copy_has_everything_but_the_name(lumen: World, client: KeyClient) -> None:
    source = segment(lumen, "Shoppers", cohort_filter("a"))
    copy = client.call("POST", one(source, "/duplicate"), {})
    assert copy.status_code == 201
    assert (copy.json()["name"], copy.json()["definition"]) == (
        "Shoppers (copy)",
        source.definition,
    )
    named = client.call("POST", one(source, "/duplicate"), {"name": "Buyers"})
    assert named.json()["name"] == "Buyers"
    again = client.call("POST", one(source, "/duplicate"), {"name": "Buyers"})
    assert again.status_code == 400 and "name" in again.json()["errors"]


def test_many_are_archived_at_once_or_none(lumen: World, client: KeyClient) -> None:
    both = [segment(lumen, name) for name in ("One", "Two")]
    foreign = segment(world(1), "Foreign")
    wanted = [str(each.pk) for each in both]
    refused = client.call("POST", f"{LIST}/archive", {"ids": [*wanted, str(foreign.pk)]})
    assert refused.status_code == 404
    assert not Segment.objects.exclude(archived_at=None).exists()

    saving.set_archived(both[:1], True, by=None, now=NOW)
    answer = client.call("POST", f"{LIST}/archive", {"ids": wanted})
    assert answer.json() == {"changed": wanted[1:]}
    back = client.call("POST", f"{LIST}/archive", {"ids": wanted, "archived": False})
    assert set(back.json()["changed"]) == set(wanted)


def test_what_is_used_is_not_deleted_and_says_by_what(lumen: World, client: KeyClient) -> None:
    inner = segment(lumen, "Inner", cohort_filter("a"))
    outer = segment(lumen, "Outer", segment_filter(inner.pk))
    restock = campaign(lumen, target=target(inner))
    saving.set_archived([outer], True, by=None, now=NOW)
    assert client.call("DELETE", one(inner)).status_code == 409
    uses = client.get(one(inner, "/uses")).json()["data"]
    assert [(each["kind"], each["name"], each["archived"]) for each in uses] == [
        ("campaign", "Restock", False),
        ("segment", "Outer", True),
    ]
    Outreach.objects.filter(pk=restock.pk).delete()
    for each in (outer, inner):
        assert client.call("DELETE", one(each)).status_code == 204
    assert not Segment.objects.exists()
    assert AuditEntry.objects.filter(action="segment.deleted").count() == 2
    assert client.call("DELETE", one(inner)).status_code == 404


def test_stars_are_a_member_s_own(cast: Cast, lumen: World, client: KeyClient) -> None:
    starred, other = segment(lumen, "Starred"), segment(lumen, "Other")
    bob = Member.objects.get(workspace=cast.workspace, account=cast.bob)
    alice = Member.objects.get(workspace=cast.workspace, account=cast.alice)
    path = one(starred, f"/stars/{bob.pk}")
    for _twice in range(2):
        assert client.call("PUT", path).status_code == 204
    assert Star.objects.get().account == cast.bob

    def listed(member: Any) -> list[str]:
        answer = client.get(f"{LIST}?starred_by={member}").json()
        return [each["name"] for each in answer["data"]]

    assert (listed(bob.pk), listed(alice.pk)) == (["Starred"], [])
    assert client.get(f"{LIST}?starred_by=bob").status_code == 400
    assert client.call("PUT", one(other, "/stars/999999")).status_code == 404
    assert client.call("DELETE", path).status_code == 204
    assert listed(bob.pk) == []


def test_the_list_is_narrowed_by_words_and_tag(lumen: World, client: KeyClient) -> None:
    saving.create(lumen.workspace, saving.Draft("Red", "shoes", ("A",)), by=None, now=NOW)
    saving.create(lumen.workspace, saving.Draft("Blue", "hats", ("B",)), by=None, now=NOW)
    for query, names in (("search=SHOES", ["Red"]), ("tag=B", ["Blue"]), ("search=x", [])):
        answer = client.get(f"{LIST}?{query}").json()
        assert [each["name"] for each in answer["data"]] == names, query


def test_a_sample_is_drawn_from_the_members(lumen: World, client: KeyClient) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("a"))
    answer = client.get(one(shoppers, "/sample?size=2")).json()
    assert answer["size"] == 3 and len(answer["members"]) == 2
    whole = client.get(one(shoppers, "/sample")).json()["members"]
    assert [each["external_id"] for each in whole] == ["usr_1", "usr_2", "usr_3"]


def test_changes_and_sizes_are_told(lumen: World, client: KeyClient) -> None:
    pk = client.call("POST", LIST, {"name": "Shoppers"}).json()["id"]
    client.call("PATCH", f"{LIST}/{pk}", {"name": "Buyers"})
    latest, first = client.get(f"{LIST}/{pk}/changes").json()["data"]
    assert latest["parts"] == [{"what": "Name", "before": "Shoppers", "after": "Buyers"}]
    assert (first["version"], latest["version"]) == (1, 2)
    (today,) = client.get(f"{LIST}/{pk}/sizes").json()["data"]
    assert today["size"] == 10
