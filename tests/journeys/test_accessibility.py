"""Every page of the dashboard and of the sandbox is free of axe violations, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from braze_partners.dashboard.demo import SIGN_INS, SLUG
from tests.bed.stack import Stack

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "search/?q=lapsed",
    "partners/",
    "partners/amplitude/",
    "partners/mixpanel/",
    "partners/amplitude/guide/",
    "cohorts/",
    "cohorts/1/",
    "cohorts/1/members/",
    "cohorts/1/runs/",
    "cohorts/1/used-in/",
    "cohorts/syncs/",
    "cohorts/syncs/1/edit/",
    "cohorts/syncs/runs/1/",
    "cohorts/5/",
    "cohorts/runs/",
    "cohorts/runs/1/",
    "segments/",
    "segments/create/",
    "currents/",
    "currents/create/",
    "currents/1/",
    "currents/1/edit/",
    "currents/1/?span=1h&step=received",
    "currents/1/attempts/",
    "currents/1/attempts/1/",
    "currents/1/dead-letters/",
    "currents/1/settings/",
    "campaigns/",
    "campaigns/create/",
    "canvas/",
    "canvas/create/",
    "people/",
    "people/0/",
    "people/import/",
    "settings/members/",
    "settings/keys/",
    "settings/amplitude-projects/",
    "settings/amplitude-projects/new/",
    "settings/amplitude-projects/1/",
    "settings/workspace/",
    "settings/audit-log/",
)
SANDBOX_PAGES = (
    *("/events", "/requests", "/users", "/cohorts", "/cohorts/k3x9a7f2", "/destinations"),
    *("/faults", "/faults/throttled", "/credentials"),
)

# Colours move from theme to theme, and toasts come in; in between they contrast with nothing.
COLOURS_HAVE_CHANGED = """() => new Promise(requestAnimationFrame).then(
    () => Promise.allSettled(document.getAnimations().map((each) => each.finished)))"""

Check = Callable[[Any], list[str]]


def findings(page: Any, check: Check, addresses: list[str]) -> dict[str, list[str]]:
    found = {}
    for address in addresses:
        answer = page.goto(address)
        assert answer.ok, f"{address} answered {answer.status}"
        if violations := check(page):
            found[address] = violations
    return found


def test_no_page_of_the_dashboard_has_a_violation_in_either_theme(
    live_stack: Stack, page: Any, sign_in: Any, axe_violations: Check, contrast_violations: Check
) -> None:
    def check(page: Any) -> list[str]:
        page.evaluate(COLOURS_HAVE_CHANGED)
        found = axe_violations(page)
        page.emulate_media(color_scheme="dark")
        page.evaluate(COLOURS_HAVE_CHANGED)
        found += [f"dark: {one}" for one in contrast_violations(page)]
        page.emulate_media(color_scheme="light")
        return found

    admin = SIGN_INS[0]
    assert findings(page, check, [f"{live_stack.web}/sign-in/"]) == {}
    sign_in(page, live_stack.web, admin.email, admin.password)
    addresses = [f"{live_stack.web}/w/{SLUG}/{path}" for path in PAGES]
    addresses.append(_a_segment(page, live_stack))
    addresses.append(f"{live_stack.web}/account/")
    assert findings(page, check, addresses) == {}


def test_no_page_of_the_sandbox_has_a_violation(
    live_stack: Stack, page: Any, axe_violations: Check
) -> None:
    assert requests.get(f"{live_stack.sandbox}/healthz", timeout=5).ok
    addresses = [live_stack.sandbox + path for path in SANDBOX_PAGES]
    assert findings(page, axe_violations, addresses) == {}


def _a_segment(page: Any, stack: Stack) -> str:
    page.goto(f"{stack.web}/w/{SLUG}/segments/")
    link = page.get_by_role("link", name="Lapsed, not yet bought").first
    return stack.web + str(link.get_attribute("href"))
