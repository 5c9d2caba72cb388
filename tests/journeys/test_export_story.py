"""The export story as a marketer walks it: a Current into the sandbox, an event that arrives, a key
that expires, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from braze_partners.dashboard.demo import SIGN_INS, SLUG
from tests.bed.stack import Stack

pytestmark = pytest.mark.browser

MARKETER = SIGN_INS[1]
EVENT = "[Appboy] [Custom Event] Pushed the demo button"
PATIENCE = 30_000  # milliseconds, for what workers do


def step(page: Any, title: str) -> Any:
    return page.locator("#story-export .path-step", has_text=title)


def steps_done(page: Any, count: int) -> None:
    page.locator("#story-export .badge", has_text=f"{count} of 6").wait_for(timeout=PATIENCE)


def test_the_story_from_a_launch_to_a_recovery(
    fresh_stack: Callable[..., Stack], page: Any, sign_in: Callable[[Any, str, str, str], None]
) -> None:
    stack = fresh_stack(demo=True)
    home = f"{stack.web}/w/{SLUG}/"
    sign_in(page, stack.web, MARKETER.email, MARKETER.password)

    step(page, "Launch a Current").get_by_role("link", name="Open the form").click()
    page.get_by_role("button", name="Launch Current").first.click()
    page.get_by_text("Events are delivered within seconds").wait_for()
    current = page.url

    page.goto(home)
    step(page, "Make an event").get_by_role("button", name="Send an event").click()
    steps_done(page, 3)
    with page.expect_popup() as opened:
        step(page, "See it arrive").get_by_role("link").click()
    sandbox = opened.value
    sandbox.get_by_text(EVENT).first.wait_for()

    step(page, "Make an event").get_by_role("button", name="Let events flow").click()
    fault = f"{stack.sandbox}/sandbox/api/faults/expired_key"
    assert requests.put(fault, json={"minutes": 5}, timeout=5).ok
    steps_done(page, 4)
    step(page, "See the Current stop").get_by_role("link", name="See the Current").click()
    page.get_by_text("Amplitude refuses this Current’s API key. Nothing is lost").wait_for()
    page.get_by_text("48-hour window").wait_for()
    page.goto(home)
    steps_done(page, 5)
    assert page.locator(".nav-badge").inner_text().startswith("2")  # the demo's own stopped too

    assert requests.delete(fault, timeout=5).ok
    page.goto(current)
    page.get_by_role("button", name="More for this Current").click()
    page.get_by_role("button", name="Try again now").click()
    page.get_by_text("Events are delivered within seconds").wait_for(timeout=PATIENCE)
    page.get_by_text("Balances:").wait_for()
    page.goto(home)
    steps_done(page, 6)
    step(page, "Make an event").get_by_role("button", name="Stop the flow").click()
