"""Segments over /api/v1/."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.workspaces.models import AuditEntry
from cohorts.segments.models import Segment, SegmentSize
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient
from tests.segments.worlds import World, cohort_filter, segment_filter, world

pytestmark = pytest.mark.django_db
SECRET = "brk_" + "a" * 43
LIST = "/api/v1/segments"


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, anonymous={9}, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3})
    made.cohort("p81mz0qd", {3, 4, 9})
    return made


@pytest.fixture
def client(cast: Cast) -> KeyClient:
    allowed = ["segments.read", "segments.write"]
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=allowed)
    return KeyClient(SECRET)


def all_of(*filters: Any, exclude: Any = ()) -> dict[str, Any]:
    return {
        "all": [{"any": [each]} for each in filters],
        "exclude": [{"any": [each]} for each in exclude],
    }


def test_a_segment_is_created_read_changed_and_archived(lumen: World, client: KeyClient) -> None:
    wanted = all_of(cohort_filter("k3x9a7f2"))
    created = client.call("POST", LIST, {"name": "Shoppers", "tags": ["A"], "definition": wanted})
    assert created.status_code == 201
    one = f"{LIST}/{created.json()['id']}"
    assert created.json() == client.get(one).json()
    assert created.json()["definition"] == wanted and created.json()["version"] == 1

    changed = client.call("PATCH", one, {"name": "Buyers", "version": 1})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["tags"]) == ("Buyers", ["A"])
    assert client.call("PATCH", one, {"name": "Late", "version": 1}).status_code == 409

    assert client.call("PATCH", one, {"archived": True}).json()["archived"] is True
    assert client.get(LIST).json()["data"] == []
    assert len(client.get(f"{LIST}?archived=true").json()["data"]) == 1
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["segment.created", "segment.edited", "segment.archived"]
    assert SegmentSize.objects.get().size == 3


def test_creating_twice_with_one_key_creates_once(lumen: World, client: KeyClient) -> None:
    body = {"name": "Once"}
    first = client.call("POST", LIST, body, Idempotency_Key="k1")
    again = client.call("POST", LIST, body, Idempotency_Key="k1")
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert client.call("POST", LIST, {"name": "Other"}, Idempotency_Key="k1").status_code == 422
    assert Segment.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x", "tags": "A"}, "tags"),
        ({"name": "x", "definition": []}, "definition"),
        ({"name": "x", "definition": all_of({"type": "x"})}, "definition.all[0].any[0].type"),
        (
            {"name": "x", "definition": all_of(cohort_filter("k3x9a7f2", "gone"))},
            "definition.all[0].any[0].cohorts[1]",
        ),
        (
            {
                "name": "x",
                "definition": all_of(segment_filter("7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1")),
            },
            "definition.all[0].any[0].segments[0]",
        ),
    ],
)
def test_a_mistake_names_its_field(
    lumen: World, client: KeyClient, body: dict[str, Any], field: str
) -> None:
    answer = client.call("POST", LIST, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert Segment.objects.count() == 0


def test_a_taken_name_is_refused(lumen: World, client: KeyClient) -> None:
    client.call("POST", LIST, {"name": "Same"})
    assert "name" in client.call("POST", LIST, {"name": "Same"}).json()["errors"]


def test_size_and_funnel_of_a_stored_and_of_an_unsaved_definition(
    lumen: World, client: KeyClient
) -> None:
    wanted = all_of(
        cohort_filter("k3x9a7f2", "p81mz0qd"),
        cohort_filter("k3x9a7f2", operator="does_not_include"),
        exclude=[{"type": "external_user_id", "operator": "is_not_set"}],
    )
    unsaved = client.call("POST", f"{LIST}/size", {"definition": wanted})
    assert unsaved.status_code == 200
    pk = client.call("POST", LIST, {"name": "x", "definition": wanted}).json()["id"]
    for counted in (unsaved.json(), client.get(f"{LIST}/{pk}/size").json()):
        assert counted.pop("milliseconds") > 0
        assert counted["reach"].pop("as_of") is not None
        assert counted == {
            "size": 1,
            "everyone": 10,
            "all": [5, 2],
            "exclude": [1],
            "anonymous": 0,
            "as_of": None,
            "reach": {"push": 0, "email": 0, "sms": 0, "any": 0},
        }
    gone = client.call("POST", f"{LIST}/size", {"definition": all_of(cohort_filter("gone"))})
    assert gone.status_code == 400


def test_members_come_in_pages(lumen: World, client: KeyClient) -> None:
    for number in (1, 2, 3):
        lumen.profile(number, f"usr_{number}")
    wanted = all_of(cohort_filter("k3x9a7f2"))
    pk = client.call("POST", LIST, {"name": "x", "definition": wanted}).json()["id"]
    first = client.get(f"{LIST}/{pk}/members?page_size=2").json()
    assert [each["external_id"] for each in first["data"]] == ["usr_1", "usr_2"]
    last = client.get(first["next"]).json()
    assert [each["external_id"] for each in last["data"]] == ["usr_3"]
    assert last["next"] is None


def test_segments_come_in_pages_newest_first(lumen: World, client: KeyClient) -> None:
    for name in "abcde":
        client.call("POST", LIST, {"name": name})
    seen: list[str] = []
    address: str | None = f"{LIST}?page_size=2"
    while address:
        page = client.get(address).json()
        seen += [each["name"] for each in page["data"]]
        address = page["next"]
    assert seen == list("edcba")
    assert client.get(f"{LIST}?cursor=zzz").status_code == 400


def test_the_look_up_names_the_filter_and_the_run(
    cast: Cast, lumen: World, client: KeyClient
) -> None:
    lumen.profile(5, "usr_5")
    cohort = lumen.cohort("late", set())
    run = lumen.run(cohort, added={5}, removed=set())
    wanted = all_of(
        cohort_filter("late", operator="does_not_include"),
        cohort_filter("k3x9a7f2", operator="does_not_include"),
    )
    pk = client.call("POST", LIST, {"name": "x", "definition": wanted}).json()["id"]
    found = client.get(f"{LIST}/{pk}/lookup?person=usr_5").json()
    assert found["member"] is False and found["person"]["external_id"] == "usr_5"
    assert [each["true"] for each in found["filters"]] == [False, True]
    traced = found["filters"][0]["cohorts"][0]
    assert traced["member"] is True
    assert (traced["last_run"]["id"], traced["last_run"]["added"]) == (run.pk, True)
    assert traced["last_run"]["key"] is None
    assert client.get(f"{LIST}/{pk}/lookup?person=nobody").status_code == 404
    assert client.get(f"{LIST}/{pk}/lookup").status_code == 400


def test_nothing_of_another_workspace_is_reachable(
    cast: Cast, lumen: World, client: KeyClient
) -> None:
    foreign = world(1, workspace=cast.other_workspace)
    foreign.cohort("theirs", {0})
    wanted = all_of(cohort_filter("theirs"))
    assert client.call("POST", LIST, {"name": "x", "definition": wanted}).status_code == 400
    pk = client.call("POST", LIST, {"name": "Mine"}).json()["id"]
    RestApiKeyFactory.create(
        workspace=cast.other_workspace,
        secret="brk_other",
        permissions=["segments.read", "segments.write"],
    )
    other = KeyClient("brk_other")
    for path in (f"{LIST}/{pk}", f"{LIST}/{pk}/size", f"{LIST}/{pk}/members"):
        assert other.get(path).status_code == 404
    assert other.call("PATCH", f"{LIST}/{pk}", {"name": "y"}).status_code == 404


def test_reading_and_writing_need_their_own_permission(cast: Cast, lumen: World) -> None:
    RestApiKeyFactory.create(
        workspace=cast.workspace, secret="brk_read", permissions=["segments.read"]
    )
    reader = KeyClient("brk_read")
    assert reader.get(LIST).status_code == 200
    assert reader.call("POST", LIST, {"name": "x"}).status_code == 403


def test_the_document_describes_the_endpoints(cast: Cast, client: KeyClient) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]
    assert {path for path in paths if path.startswith(LIST)} == {
        LIST,
        f"{LIST}/size",
        f"{LIST}/{{id}}",
        f"{LIST}/{{id}}/size",
        f"{LIST}/{{id}}/members",
        f"{LIST}/{{id}}/lookup",
        f"{LIST}/archive",
        f"{LIST}/{{id}}/duplicate",
        f"{LIST}/{{id}}/sample",
        f"{LIST}/{{id}}/sizes",
        f"{LIST}/{{id}}/changes",
        f"{LIST}/{{id}}/uses",
        f"{LIST}/{{id}}/stars/{{member}}",
        f"{LIST}/{{id}}/exports",
        f"{LIST}/{{id}}/exports/{{export}}",
        f"{LIST}/{{id}}/exports/{{export}}/file",
    }
