"""Webhooks over /api/v1/."""

from __future__ import annotations

import pytest

from braze_partners.webhooks.models import Delivery, Webhook
from tests.cast import Cast
from tests.rest.conftest import KeyClient
from tests.webhooks.factories import DeliveryFactory, WebhookFactory

pytestmark = pytest.mark.django_db
PATH = "/api/v1/webhooks"
BODY = {"url": "https://hooks.example.com/x", "events": ["sync.finished", "cohort.changed"]}


def test_it_is_created_read_edited_paused_and_deleted(full: KeyClient) -> None:
    made = full.call("POST", PATH, BODY).json()
    one = f"{PATH}/{made['id']}"
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["cohort.changed", "sync.finished"]
    assert "secret" not in full.get(one).json()

    edited = full.call("PUT", one, BODY | {"description": "DWH", "events": ["sync.finished"]})
    assert (edited.status_code, edited.json()["description"]) == (200, "DWH")
    assert full.call("POST", f"{one}/pause").json()["is_paused"] is True
    assert full.call("POST", f"{one}/resume").json()["is_paused"] is False
    assert [row["id"] for row in full.get(PATH).json()["data"]] == [made["id"]]
    assert full.delete(one).status_code == 204 and full.get(one).status_code == 404


def test_the_same_key_of_idempotency_makes_one_and_tells_the_secret_once(full: KeyClient) -> None:
    first, second = (full.call("POST", PATH, BODY, Idempotency_Key="k1").json() for _ in range(2))

    assert first["id"] == second["id"] and Webhook.objects.count() == 1
    assert first["secret"] and second["secret"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "https://192.168.0.1/"}, "url"),
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": 5}, "url"),
        ({"events": []}, "events"),
        ({"events": ["everything"]}, "events.0"),
        ({"events": "cohort.changed"}, "events"),
        ({"description": "x" * 121}, "description"),
    ],
)
def test_it_says_which_field_is_wrong(
    full: KeyClient, wrong: dict[str, object], field: str
) -> None:
    refused = full.call("POST", PATH, BODY | wrong)

    assert refused.status_code == 400 and field in refused.json()["errors"]
    assert not Webhook.objects.exists()


def test_a_secret_is_rotated_a_test_sent_and_a_delivery_repeated(
    cast: Cast, full: KeyClient
) -> None:
    delivery = DeliveryFactory.create(webhook__workspace=cast.workspace, state="failed")
    one = f"{PATH}/{delivery.webhook_id}"
    assert full.call("POST", f"{one}/secret").json()["secret"].startswith("whsec_")
    assert full.call("POST", f"{one}/test").json()["kind"] == "webhook.test"
    again = full.call("POST", f"{one}/deliveries/{delivery.pk}/resend").json()
    assert (again["resent_of"], again["state"]) == (delivery.pk, "waiting")
    assert len(full.get(f"{one}/deliveries").json()["data"]) == Delivery.objects.count() == 3


def test_another_workspaces_webhook_is_not_there(cast: Cast, full: KeyClient) -> None:
    theirs = DeliveryFactory.create(webhook__workspace=cast.other_workspace)
    mine = WebhookFactory.create(workspace=cast.workspace)
    assert full.get(f"{PATH}/{theirs.webhook_id}").status_code == 404
    assert full.get(f"{PATH}/{theirs.webhook_id}/deliveries").status_code == 404
    path = f"{PATH}/{mine.pk}/deliveries/{theirs.pk}/resend"
    assert full.call("POST", path).status_code == 404
