"""The live tail in a browser: it comes by itself, stands still when paused, and goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from tests.cast import Cast
from tests.currents.world import event, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_tail_comes_by_itself_and_can_be_paused(
    cast: Cast, live_server: Any, page: Any
) -> None:
    name = django_settings.SESSION_COOKIE_NAME
    cookie = cast.client(cast.bob).cookies[name].value
    page.context.add_cookies([{"name": name, "value": cookie, "url": live_server.url}])
    world = make_world(workspace=cast.workspace)
    page.goto(live_server.url + reverse("currents:events", args=["lumen", world.current.pk]))
    world.receive(event("ada"))
    page.wait_for_selector("#event-0")
    page.click("#tail-pause")
    page.wait_for_selector("#tail:not([data-poll])")
    assert page.evaluate("document.activeElement.id") == "tail-pause"
    world.receive(event("bob"))
    page.wait_for_timeout(2_500)
    assert page.locator("#event-1").count() == 0
    page.click("#tail-pause")
    page.wait_for_selector("#event-1")
