"""The admin's story of keys and webhooks in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from braze_partners.keys.models import DataImportKey
from braze_partners.webhooks import delivering
from braze_partners.webhooks.models import Webhook
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def admin(cast: Cast, live_server: Any, page: Any) -> Any:
    cookie = cast.client(cast.alice).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    return page


def test_a_key_is_rotated_and_the_old_one_ended_by_keyboard_and_mouse(
    cast: Cast, live_server: Any, admin: Any, axe_violations: Callable[[Any], list[str]]
) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace, label="Production")
    admin.goto(f"{live_server.url}/w/lumen/partners/amplitude/")
    admin.get_by_role("button", name=f"Rotate {key.masked}").click()
    dialog = admin.get_by_role("dialog", name=re.compile("Rotate"))
    dialog.get_by_label("7 days").check()
    assert axe_violations(admin) == []
    dialog.get_by_role("button", name="Rotate").click()

    shown = admin.locator("#import-key").inner_text()
    assert re.fullmatch(r"bpi_\w{43}", shown)
    assert "Ends in" in admin.locator(f"#key-status-{key.pk}").inner_text()
    assert axe_violations(admin) == []
    admin.get_by_role("button", name=f"End {key.masked} now").click()
    admin.get_by_role("dialog").get_by_role("button", name="End now").click()
    assert "is invalidated" in admin.locator(".toast").first.inner_text()
    assert DataImportKey.objects.filter(invalidated_at=None).count() == 1


def test_a_snippet_is_chosen_by_keyboard(cast: Cast, live_server: Any, admin: Any) -> None:
    admin.goto(f"{live_server.url}/w/lumen/partners/heap/")
    admin.get_by_role("button", name="Try it with curl").click()
    admin.locator("#snippet-curl").focus()
    admin.keyboard.press("ArrowRight")

    assert admin.locator("#code-python").is_visible()
    assert not admin.locator("#code-curl").is_visible()
    assert f"{live_server.url}/partners/heap/cohorts" in admin.locator("#code-python").inner_text()


def test_a_webhook_is_created_tested_and_looked_at(
    cast: Cast,
    live_server: Any,
    admin: Any,
    axe_violations: Callable[[Any], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "OUTBOUND_ALLOWED", ["127.0.0.1"])
    admin.goto(f"{live_server.url}/w/lumen/settings/webhooks/")
    admin.get_by_role("link", name="Create webhook").first.click()
    admin.get_by_label("URL").fill("http://127.0.0.1:9/hook")
    admin.get_by_label("A Current has changed its state").check()
    assert axe_violations(admin) == []
    admin.get_by_role("button", name="Create webhook").click()
    assert admin.locator("#webhook-secret").inner_text().startswith("whsec_")
    assert axe_violations(admin) == []

    admin.get_by_role("button", name="Send test event").click()
    admin.get_by_role("link", name="webhook.test").wait_for()
    delivering.turn(Webhook.objects.get().pk, timezone.now)
    admin.locator(".badge", has_text="Failed").first.wait_for()
    admin.get_by_role("link", name="webhook.test").click()
    admin.get_by_text("Connection refused").first.wait_for()
    assert axe_violations(admin) == []
