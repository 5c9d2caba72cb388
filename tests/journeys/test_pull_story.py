"""The marketer's story of a pull, in the browser against the sandbox: scheduled, applied, held,
approved, undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from braze_partners.dashboard.demo import SIGN_INS, SLUG
from tests.bed.stack import Stack

pytestmark = pytest.mark.browser

COHORT, NAME = "k3x9a7f2", "High-intent shoppers"
MARKETER = SIGN_INS[1]
SignInPage = Callable[[Any, str, str, str], None]


def fact(page: Any, name: str) -> Any:
    return page.locator(".facts > div", has_text=name).locator("dd")


def members(stack: Stack) -> set[str]:
    options = "--workspace", SLUG, "--partner", "amplitude"
    return set(stack.manage("cohort_members", *options, COHORT).split())


def test_a_marketer_pulls_a_cohort_holds_a_large_change_and_takes_it_back(
    fresh_stack: Callable[..., Stack],
    page: Any,
    sign_in: SignInPage,
    axe_violations: Callable[[Any], list[str]],
) -> None:
    stack = fresh_stack(demo=True)
    sign_in(page, stack.web, MARKETER.email, MARKETER.password)

    page.goto(f"{stack.web}/w/{SLUG}/cohorts/")
    page.get_by_role("link", name="Schedule a sync").click()
    page.get_by_role("searchbox", name="Search by name or ID").fill("high-intent")
    page.locator("tr", has_text=NAME).get_by_role("link", name="Choose").wait_for()
    assert axe_violations(page) == []
    page.locator("tr", has_text=NAME).get_by_role("link", name="Choose").click()
    page.get_by_role("radio", name="Daily").wait_for()
    assert axe_violations(page) == []
    page.get_by_role("radio", name="Daily").check()
    page.get_by_label("Hold above, in % of the cohort").fill("1")
    page.get_by_role("button", name="Schedule sync").click()
    page.get_by_text("The sync is scheduled.").wait_for()

    page.get_by_role("button", name="Sync now").click()
    fact(page, "Last result").get_by_text("Completed").wait_for(timeout=60_000)
    before = members(stack)
    assert len(before) > 1_000

    sandbox = page.context.new_page()
    sandbox.goto(f"{stack.sandbox}/cohorts/{COHORT}")
    sandbox.get_by_role("button", name="Shuffle members for a demo").click()
    sandbox.wait_for_load_state()

    page.get_by_role("button", name="Sync now").click()
    strip = page.get_by_role("region", name="Held for approval")
    strip.wait_for(timeout=60_000)
    assert axe_violations(page) == []
    assert members(stack) == before
    strip.get_by_role("link", name="See who").click()
    page.get_by_role("navigation", name="The difference").get_by_role("link").first.wait_for()
    page.go_back()
    page.get_by_role("button", name="Approve and apply…").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve and apply").click()
    fact(page, "Last result").get_by_text("Completed").wait_for(timeout=60_000)
    page.get_by_role("region", name="Held for approval").wait_for(state="detached")
    assert members(stack) != before

    page.get_by_role("button", name="Cohort settings").click()
    page.get_by_role("link", name="Undo the last change…").click()
    page.get_by_text("The schedule is paused with it").wait_for()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Paused because its last pull was undone").wait_for()
    assert members(stack) == before
