"""Settings > Webhooks."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from braze_partners.keys import credentials
from braze_partners.webhooks.models import Delivery, Webhook
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.webhooks.factories import DeliveryFactory, WebhookFactory

pytestmark = pytest.mark.django_db
PAGE = "/w/lumen/settings/webhooks/"
FORM = {"url": "https://hooks.example.com/x", "events": ["cohort.changed"], "description": "DWH"}
SECRET = re.compile(r"whsec_[\w+/=]{44}")


def test_a_webhook_is_created_and_its_secret_is_shown_once(cast: Cast) -> None:
    client = cast.client(cast.alice)
    made = client.post(f"{PAGE}new/", FORM)
    (secret,) = SECRET.findall(made.content.decode())

    webhook = Webhook.objects.get()
    assert (webhook.url, webhook.events, webhook.description) == (*list(FORM.values())[:2], "DWH")
    assert credentials.decrypt(webhook.secret) == secret and secret.encode() not in webhook.secret
    assert made.headers["Cache-Control"].count("no-store")
    page = client.get(f"{PAGE}{webhook.pk}/").content.decode()
    assert not SECRET.search(page) and webhook.secret_hint in page
    assert AuditEntry.objects.get().action == "webhook.created"
    assert secret not in str(AuditEntry.objects.values().get())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": ""}, "This field is required"),
        ({"url": "hooks.example.com"}, "Enter a whole URL"),
        ({"url": "http://hooks.example.com"}, "must begin with https"),
        ({"url": "https://10.0.0.1/x"}, "no public address"),
        ({"url": "https://localhost/x"}, "no public address"),
        ({"events": []}, "Choose at least one event"),
        ({"events": ["everything"]}, "not one of the available choices"),
        ({"description": "x" * 121}, "at most 120 characters"),
    ],
)
def test_it_says_what_is_wrong_with_a_form(cast: Cast, wrong: dict[str, object], said: str) -> None:
    page = cast.client(cast.alice).post(f"{PAGE}new/", FORM | wrong).content.decode()

    assert said in page and not Webhook.objects.exists()


def test_a_workspace_has_at_most_20(cast: Cast) -> None:
    WebhookFactory.create_batch(20, workspace=cast.workspace)
    page = cast.client(cast.alice).post(f"{PAGE}new/", FORM).content.decode()

    assert "at most 20 webhooks" in page and Webhook.objects.count() == 20


def test_it_is_edited_paused_resumed_and_deleted(cast: Cast) -> None:
    client, webhook = cast.client(cast.alice), WebhookFactory.create(workspace=cast.workspace)
    here = f"{PAGE}{webhook.pk}/"
    client.post(f"{here}edit/", FORM | {"events": ["sync.finished"]})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.events) == (FORM["url"], ["sync.finished"])

    assert (
        "Nothing is sent while it is paused"
        in client.post(f"{here}pause/", follow=True).content.decode()
    )
    client.post(f"{here}resume/")
    webhook.refresh_from_db()
    assert not webhook.is_paused
    client.post(f"{here}delete/")
    assert not Webhook.objects.exists()
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        f"webhook.{act}" for act in ("edited", "paused", "resumed", "deleted")
    ]


def test_its_secret_is_rotated_and_shown_once(cast: Cast) -> None:
    webhook = WebhookFactory.create(workspace=cast.workspace)
    before = credentials.decrypt(webhook.secret)
    page = cast.client(cast.alice).post(f"{PAGE}{webhook.pk}/secret/").content.decode()

    (secret,) = SECRET.findall(page)
    webhook.refresh_from_db()
    assert credentials.decrypt(webhook.secret) == secret != before
    assert credentials.decrypt(webhook.previous_secret) == before
    assert "signs too until" in page


def test_a_test_and_a_second_sending_are_deliveries_of_their_own(cast: Cast) -> None:
    client, delivery = (
        cast.client(cast.alice),
        DeliveryFactory.create(
            webhook__workspace=cast.workspace, state="delivered", status=200, answer='{"ok":true}'
        ),
    )
    here = f"{PAGE}{delivery.webhook_id}/"
    client.post(f"{here}test/")
    client.post(f"{here}deliveries/{delivery.pk}/resend/")

    kinds = Delivery.objects.order_by("pk").values_list("kind", "resent_of")
    assert list(kinds)[1:] == [("webhook.test", None), ("cohort.changed", delivery.pk)]
    page = client.get(f"{here}deliveries/{delivery.pk}/").content.decode()
    assert delivery.message_id in page and "ok" in page
    assert "Sent again by hand" in client.get(f"{here}live/").content.decode()


def test_what_is_shown_of_another_system_is_no_markup(cast: Cast) -> None:
    delivery = DeliveryFactory.create(
        webhook__workspace=cast.workspace,
        state="failed",
        status=500,
        error="<b>x</b>",
        answer="<script>alert(1)</script>",
    )
    url = f"{PAGE}{delivery.webhook_id}/deliveries/{delivery.pk}/"
    page = cast.client(cast.alice).get(url).content.decode()

    assert "<script>alert" not in page and "<b>x</b>" not in page


def test_the_queries_do_not_grow_with_the_deliveries(cast: Cast) -> None:
    client, webhook = cast.client(cast.alice), WebhookFactory.create(workspace=cast.workspace)
    counts = []
    for more in (3, 40):
        DeliveryFactory.create_batch(more, webhook=webhook)
        client.get(f"{PAGE}{webhook.pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PAGE}{webhook.pk}/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 15
