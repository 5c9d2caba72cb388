"""The frame by keyboard alone and on a narrow screen: menus, drawer, search, theme, language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.bed.stack import Stack

ADMIN = ("admin@demo.example", "demo-admin-1")
NARROW = {"width": 390, "height": 844}

SignIn = Callable[[Any, str, str, str], None]
Axe = Callable[[Any], list[str]]


@pytest.fixture
def home(live_stack: Stack, page: Any, sign_in: SignIn) -> Any:
    sign_in(page, live_stack.web, *ADMIN)
    page.goto(f"{live_stack.web}/w/demo/")
    return page


def _focused(page: Any) -> str:
    return str(
        page.evaluate(
            "(document.activeElement.getAttribute('aria-label')"
            " || document.activeElement.textContent || '').trim()"
        )
    )


def test_the_first_stop_of_the_keyboard_skips_to_the_content(home: Any) -> None:
    home.keyboard.press("Tab")
    assert _focused(home) == "Skip to the content"
    home.keyboard.press("Enter")
    assert home.evaluate("document.activeElement.id") == "main"


def test_a_menu_opens_moves_and_closes_by_keyboard_and_gives_the_focus_back(home: Any) -> None:
    button = home.locator("[popovertarget=account-menu]")
    button.focus()
    home.keyboard.press("Enter")
    home.locator("#account-menu:popover-open").wait_for()
    home.keyboard.press("ArrowDown")
    assert home.evaluate("document.activeElement.closest('.menu').id") == "account-menu"
    home.keyboard.press("Escape")
    home.locator("#account-menu").wait_for(state="hidden")
    assert home.evaluate("document.activeElement.getAttribute('popovertarget')") == "account-menu"


def test_a_slash_goes_to_the_search_and_its_answers_stand_below(home: Any) -> None:
    home.keyboard.press("/")
    home.keyboard.type("days")
    hit = home.locator("#search-panel a").first
    hit.wait_for()
    home.keyboard.press("ArrowDown")
    assert home.evaluate("Boolean(document.activeElement.closest('#search-panel'))")
    home.keyboard.press("Escape")
    assert home.locator("#search-panel a").count() == 0


def test_the_bell_lists_what_needs_attention(home: Any) -> None:
    home.locator("[popovertarget=attention-menu]").click()
    home.locator("#attention-menu b", has_text="Needs attention").wait_for()


def test_on_a_narrow_screen_the_navigation_is_a_drawer(home: Any, axe_violations: Axe) -> None:
    home.set_viewport_size(NARROW)
    assert not home.locator("#nav").is_visible()
    home.get_by_role("button", name="Open the menu").click()
    home.locator("#nav").wait_for()
    assert home.locator("#nav").bounding_box()["width"] == 288
    assert _focused(home) == "Home"
    # The page behind the drawer is inert, so its main landmark and heading are rightly gone.
    behind = ("landmark-one-main", "page-has-heading-one")
    assert [each for each in axe_violations(home) if not each.startswith(behind)] == []
    home.keyboard.press("Escape")
    home.locator("#nav").wait_for(state="hidden")
    assert _focused(home) == "Open the menu"
    home.get_by_role("button", name="Open the menu").click()
    home.mouse.click(370, 400)
    home.locator("#nav").wait_for(state="hidden")
    assert home.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_theme_and_language_stay_after_the_page_is_left(home: Any, axe_violations: Axe) -> None:
    home.get_by_role("button", name="Switch to the dark theme").click()
    home.locator("html[data-theme=dark]").wait_for()
    with home.expect_response(lambda answer: answer.url.endswith("/w/demo/")):
        home.reload()
    assert home.evaluate("document.documentElement.dataset.theme") == "dark"
    assert axe_violations(home) == []
    home.locator("[popovertarget=language-menu]").click()
    home.locator("#language-menu button[value=fr]").click()
    home.locator("html[lang=fr]").wait_for()
    home.locator("[popovertarget=language-menu]").click()
    home.locator("#language-menu button[value=en]").click()
    home.locator("html[lang=en]").wait_for()
    home.locator(".theme-to-light").click()
    home.locator("html[data-theme=light]").wait_for()
