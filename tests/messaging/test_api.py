"""Campaigns and Canvases over /api/v1/."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.messaging.models import Outreach
from braze_partners.people.errors import StillCounting
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.messaging.worlds import campaign, canvas, segment, target
from tests.rest.conftest import KeyClient
from tests.segments.worlds import (
    World,
    cohort_filter,
    has_external_id,
    in_country,
    segment_filter,
    world,
)

pytestmark = pytest.mark.django_db
SECRET = "brk_" + "a" * 43
CAMPAIGNS, CANVASES = "/api/v1/campaigns", "/api/v1/canvases"
ALL = ("campaigns.read", "campaigns.write", "canvases.read", "canvases.write", "segments.read")


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, anonymous={9}, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3, 9})
    return made


@pytest.fixture
def client(cast: Cast) -> KeyClient:
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=list(ALL))
    return KeyClient(SECRET)


def rows(*filters: Any) -> list[dict[str, Any]]:
    return [{"any": [each]} for each in filters]


def test_a_campaign_is_created_read_changed_and_archived(lumen: World, client: KeyClient) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    filters = {"all": rows(has_external_id()), "exclude": []}
    body = {
        "name": "Restock",
        "tags": ["A"],
        "channels": ["sms", "email"],
        "target": {"segments": [str(shoppers.pk)], "filters": filters},
    }
    created = client.call("POST", CAMPAIGNS, body)
    assert created.status_code == 201
    told = created.json()
    one = f"{CAMPAIGNS}/{told['id']}"
    assert told == client.get(one).json() == client.get(CAMPAIGNS).json()["data"][0]
    assert told["target"] == body["target"] and told["channels"] == ["email", "sms"]
    assert (told["state"], told["version"], told["audience_size"]) == ("draft", 1, 3)

    changed = client.call("PATCH", one, {"name": "Spring", "state": "active", "version": 1})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["tags"]) == ("Spring", ["A"])
    assert (changed.json()["state"], changed.json()["version"]) == ("active", 3)
    assert client.call("PATCH", one, {"name": "Late", "version": 1}).status_code == 409

    assert client.call("PATCH", one, {"archived": True}).json()["archived"] is True
    assert client.get(CAMPAIGNS).json()["data"] == []
    assert len(client.get(f"{CAMPAIGNS}?archived=true").json()["data"]) == 1
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == [f"campaign.{act}" for act in ("created", "edited", "activated", "archived")]


def test_a_canvas_has_steps_and_variants_that_keep_their_ids(
    lumen: World, client: KeyClient
) -> None:
    created = client.call("POST", CANVASES, {"name": "Winback"}).json()
    assert [(each["name"], each["share"]) for each in created["variants"]] == [("Variant 1", 100)]
    one = f"{CANVASES}/{created['id']}"
    body = {
        "steps": [{"name": "Hello", "channel": "email"}],
        "variants": [created["variants"][0] | {"share": 60}, {"name": "B", "share": 30}],
        "control_share": 10,
    }
    changed = client.call("PATCH", one, body).json()
    assert changed["channels"] == ["email"] and changed["control_share"] == 10
    assert changed["variants"][0]["id"] == created["variants"][0]["id"]
    renamed = [changed["steps"][0] | {"name": "Hi"}]
    again = client.call("PATCH", one, {"steps": renamed}).json()
    assert again["steps"] == renamed
    refused = client.call("PATCH", one, {"control_share": 20})
    assert refused.status_code == 400
    assert "110%" in refused.json()["errors"]["variants"][0]


def test_a_change_that_is_refused_in_part_changes_nothing(lumen: World, client: KeyClient) -> None:
    made = campaign(lumen)
    one = f"{CAMPAIGNS}/{made.pk}"
    refused = client.call("PATCH", one, {"name": "Other", "state": "active"})
    assert refused.status_code == 400
    assert "at least one segment or filter" in refused.json()["errors"]["state"][0]
    made.refresh_from_db()
    assert (made.name, made.version) == ("Restock", 1)
    assert AuditEntry.objects.count() == 0


def test_creating_twice_with_one_key_creates_once(lumen: World, client: KeyClient) -> None:
    for path in (CAMPAIGNS, CANVASES):
        first = client.call("POST", path, {"name": "Once"}, Idempotency_Key=path)
        again = client.call("POST", path, {"name": "Once"}, Idempotency_Key=path)
        assert first.status_code == again.status_code == 201
        assert first.json()["id"] == again.json()["id"]
    assert Outreach.objects.count() == 2


UNKNOWN = "7b0f1a52-6d5f-4d3b-9d59-3f1d8ad2b4c1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x", "channels": ["pigeon"]}, "channels.0"),
        ({"name": "x", "target": {"segments": ["x"]}}, "target.segments.0"),
        ({"name": "x", "target": {"segments": [UNKNOWN]}}, "target.segments[0]"),
        ({"name": "x", "target": {"filters": []}}, "target.filters"),
        (
            {"name": "x", "target": {"filters": {"all": rows({"type": "what"})}}},
            "target.filters.all[0].any[0].type",
        ),
        (
            {"name": "x", "target": {"filters": {"all": rows(cohort_filter("gone"))}}},
            "target.filters.all[0].any[0].cohorts[0]",
        ),
        ({"name": "x", "target": {"segments": [UNKNOWN] * 21}}, "target.segments"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(
    lumen: World, client: KeyClient, body: dict[str, Any], field: str
) -> None:
    answer = client.call("POST", CAMPAIGNS, body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert Outreach.objects.count() == 0


def test_the_audience_is_told_row_by_row_saved_or_not(lumen: World, client: KeyClient) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    other = segment(lumen, "Other", has_external_id(False))
    wanted = target(shoppers, filters=[has_external_id()], exclude=[segment_filter(other.pk)])
    made = canvas(lumen, target=wanted)
    saved = client.get(f"{CANVASES}/{made.pk}/audience").json()
    asked = client.get(f"{CANVASES}/{made.pk}").json()["target"]
    unsaved = client.call("POST", "/api/v1/audiences/size", asked).json()
    for told in (saved, unsaved):
        assert (told["size"], told["everyone"], told["anonymous"]) == (3, 10, 0)
        assert set(told["reach"]) == {"push", "email", "sms", "any", "as_of"}
        assert (told["segments"], told["all"], told["exclude"]) == ([4], [3], [3])
    refused = client.call("POST", "/api/v1/audiences/size", {"segments": [UNKNOWN]})
    assert refused.status_code == 400
    campaigns = client.get(f"{CAMPAIGNS}/{campaign(lumen).pk}/audience").json()
    assert campaigns["size"] == 10


def test_while_an_answer_is_counted_the_size_is_unknown(
    lumen: World, client: KeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = campaign(lumen, target=target(filters=[in_country("FR")]))

    def counting(*_: Any, **__: Any) -> None:
        raise StillCounting(0.25)

    monkeypatch.setattr("braze_partners.people.answers.read", counting)
    assert client.get(f"{CAMPAIGNS}/{made.pk}").json()["audience_size"] is None
    asked = client.get(f"{CAMPAIGNS}/{made.pk}/audience")
    assert asked.status_code == 503 and asked["Retry-After"]


def test_nothing_of_another_workspace_or_kind_is_reachable(
    cast: Cast, lumen: World, client: KeyClient
) -> None:
    elsewhere = world(1, workspace=cast.other_workspace)
    foreign, own = campaign(elsewhere), canvas(lumen)
    for pk in (foreign.pk, own.pk):
        for path in (f"{CAMPAIGNS}/{pk}", f"{CAMPAIGNS}/{pk}/audience"):
            assert client.get(path).status_code == 404
        assert client.call("PATCH", f"{CAMPAIGNS}/{pk}", {"name": "Mine"}).status_code == 404
    theirs = {"name": "x", "target": {"segments": [str(segment(elsewhere, "Foreign").pk)]}}
    assert client.call("POST", CAMPAIGNS, theirs).status_code == 400


@pytest.mark.parametrize("allowed", ["campaigns.read", "canvases.read"])
def test_keys_are_asked_for_their_permission(cast: Cast, lumen: World, allowed: str) -> None:
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=[allowed])
    client = KeyClient(SECRET)
    for path in (CAMPAIGNS, CANVASES):
        mine = path.endswith(allowed.partition(".")[0])
        assert client.get(path).status_code == (200 if mine else 403)
        assert client.call("POST", path, {"name": "x"}).status_code == 403


@pytest.mark.embedded
@pytest.mark.parametrize(("path", "make"), [(CAMPAIGNS, campaign), (CANVASES, canvas)])
def test_both_kinds_are_copied_archived_in_bulk_and_found(
    lumen: World, client: KeyClient, path: str, make: Any
) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    first = make(lumen, "First", target=target(shoppers), tags=("A",))
    copy = client.call("POST", f"{path}/{first.pk}/duplicate", {}).json()
    assert (copy["name"], copy["state"]) == ("First (copy)", "draft")
    assert copy["target"]["segments"] == [str(shoppers.pk)]
    taken = client.call("POST", f"{path}/{first.pk}/duplicate", {"name": "First"})
    assert taken.status_code == 400

    both = {"ids": [str(first.pk), copy["id"]]}
    assert set(client.call("POST", f"{path}/archive", both).json()["changed"]) == set(both["ids"])
    assert client.get(path).json()["data"] == []
    client.call("POST", f"{path}/archive", both | {"archived": False})
    for query, count in (("search=copy", 1), ("tag=A", 2), ("state=active", 0), ("search=no", 0)):
        assert len(client.get(f"{path}?{query}").json()["data"]) == count, query
    missing = {"ids": [*both["ids"], str(shoppers.pk)]}
    assert client.call("POST", f"{path}/archive", missing).status_code == 404


@pytest.mark.parametrize("path", [CAMPAIGNS, CANVASES])
def test_both_kinds_are_described(client: KeyClient, path: str) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]
    plural = path.rpartition("/")[2]
    operations = {
        operation["operationId"]
        for address, methods in paths.items()
        if address.startswith(path)
        for operation in methods.values()
    }
    acts = ("list", "create", "read", "change", "audience", "duplicate", "archive")
    assert operations == {f"{plural}_{act}" for act in acts}


def test_steps_follow_the_new_name_of_their_variant(lumen: World, client: KeyClient) -> None:
    body = {
        "name": "Winback",
        "variants": [{"name": "A", "share": 60}, {"name": "B", "share": 40}],
        "steps": [
            {"name": "Hello", "channel": "email"},
            {"name": "Offer", "channel": "push", "variant": "B"},
        ],
    }
    told = client.call("POST", CANVASES, body).json()
    assert [step["variant"] for step in told["steps"]] == ["", "B"]
    told["variants"][1]["name"] = "Bold"
    path = f"{CANVASES}/{told['id']}"
    renamed = client.call("PATCH", path, {"variants": told["variants"]}).json()
    assert [step["variant"] for step in renamed["steps"]] == ["", "Bold"]
    body["steps"][1]["variant"] = "C"  # type: ignore[index]
    refused = client.call("PATCH", path, {"steps": body["steps"]})
    assert "steps[1].variant" in refused.json()["errors"]
