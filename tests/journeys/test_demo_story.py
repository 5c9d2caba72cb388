"""The demo story as a marketer and as an admin walk it: from Amplitude's side to a segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from braze_partners.dashboard.demo import SIGN_INS, SLUG, SignIn
from tests.bed.stack import Stack, wait_until

pytestmark = pytest.mark.browser

COHORT = "k3x9a7f2"
ADMIN, MARKETER = SIGN_INS[0], SIGN_INS[1]
SignInPage = Callable[[Any, str, str, str], None]


def sync_from_the_sandbox(page: Any) -> None:
    page.get_by_role("button", name="Sync to…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Key accepted").wait_for()
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("Synced").first.wait_for()


def step(page: Any, title: str) -> Any:
    return page.locator(".path-step", has_text=title)


@pytest.mark.parametrize("who", [MARKETER, ADMIN], ids=["marketer", "admin"])
def test_the_story_from_a_push_to_only_the_delta(
    who: SignIn, fresh_stack: Callable[..., Stack], page: Any, sign_in: SignInPage
) -> None:
    stack = fresh_stack(demo=True)
    sign_in(page, stack.web, who.email, who.password)
    assert page.url == f"{stack.web}/w/{SLUG}/"

    with page.expect_popup() as opened:
        step(page, "Push a cohort").get_by_role("link", name="Open the sandbox").click()
    sandbox = opened.value
    sync_from_the_sandbox(sandbox)

    step(page, "See the run").get_by_role("link", name="See the run").click()
    page.get_by_role("heading", name="Run ").wait_for()
    assert page.get_by_text("[Amplitude] High-intent shoppers:").first.is_visible()

    page.goto(f"{stack.web}/w/{SLUG}/")
    step(page, "Open a segment").get_by_role("link", name="Open the segment").click()
    page.get_by_text("Exact Statistics Calculated").wait_for()

    sandbox.get_by_role("button", name="Shuffle members for a demo").click()
    sandbox.wait_for_load_state()
    sync_from_the_sandbox(sandbox)

    page.goto(f"{stack.web}/w/{SLUG}/")
    step(page, "See only the delta").get_by_role("link", name="See the delta").click()
    page.get_by_role("heading", name="Run ").wait_for()
    page.goto(f"{stack.web}/w/{SLUG}/")
    page.get_by_text("5 of 5").wait_for()

    listed = stack.manage("cohort_members", "--workspace", SLUG, "--partner", "amplitude", COHORT)
    wanted = requests.get(f"{stack.sandbox}/sandbox/api/cohorts/{COHORT}/members", timeout=5)
    known = {
        member["user_id"]
        for member in wanted.json()["members"]
        if member["user_id"].startswith("usr_")
    }
    assert set(listed.split()) == known


def test_an_admin_generates_a_key_that_a_partner_can_use_at_once(
    live_stack: Stack, page: Any, sign_in: SignInPage
) -> None:
    sign_in(page, live_stack.web, ADMIN.email, ADMIN.password)
    page.goto(f"{live_stack.web}/w/{SLUG}/partners/hightouch/")
    page.get_by_text("Not Connected").wait_for()
    page.get_by_role("button", name="Generate API Key").click()
    page.get_by_role("dialog").get_by_role("button", name="Generate").click()
    key = page.locator(".copy-box-value", has_text="bpi_").inner_text().strip()
    body = {
        "partner_api_key": "any",
        "client_secret": key,
        "cohort_id": "ht1",
        "cohort_changes": [{"user_ids": ["usr_000001", "nobody"]}],
    }
    address = f"{live_stack.web}/partners/hightouch/cohorts/users"
    assert requests.post(address, json=body, timeout=5).status_code == 201

    def connected() -> bool:
        page.goto(f"{live_stack.web}/w/{SLUG}/partners/hightouch/")
        return page.get_by_text("last request").is_visible()

    wait_until(connected, 20)
    assert key not in page.content()


def test_a_viewer_sees_sizes_and_no_buttons_that_change(
    live_stack: Stack, page: Any, sign_in: SignInPage
) -> None:
    viewer = SIGN_INS[2]
    sign_in(page, live_stack.web, viewer.email, viewer.password)
    page.goto(f"{live_stack.web}/w/{SLUG}/segments/")
    assert page.get_by_text("Lapsed, not yet bought").is_visible()
    assert page.get_by_role("link", name="Create Segment").count() == 0
    page.goto(f"{live_stack.web}/w/{SLUG}/partners/amplitude/")
    assert page.get_by_role("button", name="Generate New Key").count() == 0
