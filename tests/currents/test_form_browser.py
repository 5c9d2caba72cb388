"""The form of a Current in a browser: by keyboard, with the picker, the preview and the test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from braze_partners.workspaces.audit import Actor
from currents import editing, tasks
from currents.drafts import checked
from currents.models import ConnectionTest, Current
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import API_KEY, EMAIL_OPEN, PURCHASE, CurrentFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Any], list[str]]


@pytest.fixture
def bob(cast: Cast, live_server: Any, page: Any) -> Any:
    """The page with Bob's session."""
    return signed_in(cast, live_server, page)


def signed_in(cast: Cast, live_server: Any, page: Any) -> Any:
    name = django_settings.SESSION_COOKIE_NAME
    cookie = cast.client(cast.bob).cookies[name].value
    page.context.add_cookies([{"name": name, "value": cookie, "url": live_server.url}])
    return page


def address(live_server: Any, name: str, *args: Any) -> str:
    return str(live_server.url + reverse(f"currents:{name}", args=["lumen", *args]))


def chosen(page: Any) -> str:
    return str(page.inner_text("[data-event-total]"))


def box(page: Any, name: str) -> Any:
    return page.locator(f'input[name="event"][value="{name}"]')


def head(page: Any, label: str) -> Any:
    """The box that stands for a group or a category."""
    return page.locator("[data-event-all]").and_(page.get_by_label(label, exact=True))


def test_a_current_is_created_by_the_keyboard_alone(
    cast: Cast, bob: Any, live_server: Any, settings: Any
) -> None:
    settings.AMPLITUDE_EU_URL = "http://eu.amplitude.example"
    bob.goto(address(live_server, "create"))
    bob.locator("#current-name").focus()
    bob.keyboard.type("Engagement")
    bob.keyboard.press("Tab")
    bob.keyboard.type("crm@lumen.example")
    bob.keyboard.press("Tab")
    bob.keyboard.type(API_KEY)
    bob.keyboard.press("Tab")
    bob.keyboard.press("Space")  # the eye
    assert bob.locator("#current-key").get_attribute("type") == "text"
    bob.keyboard.press("Space")
    assert bob.locator("#current-key").get_attribute("type") == "password"
    bob.keyboard.press("Tab")
    bob.keyboard.type("European")
    assert bob.inner_text("[data-host]") == "eu.amplitude.example"
    bob.keyboard.press("Tab")
    bob.keyboard.press("Space")  # no anonymous users
    bob.keyboard.press("Tab")
    bob.keyboard.type("open")
    assert bob.locator("[data-event-type]:visible").count() == 2
    bob.keyboard.press("ArrowDown")
    bob.keyboard.press("Space")
    assert chosen(bob) == "1 of 94"
    bob.keyboard.press("ArrowDown")
    bob.keyboard.press("Space")
    assert chosen(bob) == "2 of 94"
    assert "7 unsaved changes" in bob.inner_text(".form-foot")
    bob.locator("button:has-text('Launch Current')").focus()
    bob.keyboard.press("Enter")
    bob.locator(".toast", has_text="is launched").wait_for()
    current = Current.objects.get()
    assert current.state == State.ACTIVE and current.region == "eu"
    assert current.event_types == [EMAIL_OPEN, "users.messages.pushnotification.Open"]
    assert current.include_anonymous is False


def test_boxes_that_stand_for_many_have_three_states(bob: Any, live_server: Any) -> None:
    bob.goto(address(live_server, "create"))
    group, category = head(bob, "Email Events"), head(bob, "Select All Message Engagement Events")
    assert not group.evaluate("box => box.indeterminate")
    box(bob, EMAIL_OPEN).check()
    assert group.evaluate("box => box.indeterminate")
    assert category.evaluate("box => box.indeterminate")
    group.check()
    assert group.evaluate("box => box.checked && !box.indeterminate")
    assert chosen(bob) == "11 of 94"
    assert "11 of 11" in bob.inner_text(".event-group:has([value='users.messages.email.Open'])")
    category.check()
    assert chosen(bob) == "83 of 94"
    head(bob, "Added since 2022").first.uncheck()
    assert chosen(bob) == "54 of 94"
    category.click()
    assert chosen(bob) == "83 of 94"
    category.click()
    assert chosen(bob) == "0 of 94"


def test_groups_fold_and_the_search_opens_those_that_match(bob: Any, live_server: Any) -> None:
    bob.goto(address(live_server, "create"))
    whatsapp = box(bob, "users.messages.whatsapp.Send")
    assert not whatsapp.is_visible()
    bob.fill("#event-search", "whatsapp")
    assert whatsapp.is_visible() and not box(bob, EMAIL_OPEN).is_visible()
    assert bob.locator("[data-event-none]:visible").count() == 1  # in customer behavior
    head(bob, "WhatsApp Events").check()
    assert chosen(bob) == "8 of 94"
    bob.press("#event-search", "Escape")
    assert not whatsapp.is_visible() and box(bob, EMAIL_OPEN).is_visible()
    bob.get_by_role("button", name="Selected", exact=True).click()
    assert bob.locator("[data-event-type]:visible").count() == 8
    bob.get_by_role("button", name="All", exact=True).click()
    fold = bob.get_by_role("button", name=re.compile("^Purchase Events"))
    assert fold.get_attribute("aria-expanded") == "true"
    fold.click()
    assert not box(bob, PURCHASE).is_visible()


def test_the_preview_follows_the_type_that_one_is_at(bob: Any, live_server: Any) -> None:
    bob.goto(address(live_server, "create"))
    box(bob, EMAIL_OPEN).focus()
    bob.locator(f'#preview[data-preview="{EMAIL_OPEN}"]').wait_for()
    assert "[Appboy] Email Open" in bob.inner_text("#preview pre")
    assert bob.locator("[data-preview-left-out]").is_visible()
    bob.keyboard.press("Space")
    assert bob.locator("[data-preview-chosen]").is_visible()
    assert bob.locator(".event-type.is-previewed input").input_value() == EMAIL_OPEN


def test_a_connection_is_tested_and_its_bodies_are_shown(
    bob: Any, live_server: Any, httpserver: HTTPServer, settings: Any, axe_violations: Check
) -> None:
    settings.AMPLITUDE_US_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/2/httpapi").respond_with_json({"code": 200, "events_ingested": 1})
    bob.goto(address(live_server, "create"))
    bob.evaluate(f"document.getElementById('current-key').value = '\\u200b{API_KEY}\\u200b'")
    bob.click("button:has-text('Test connection')")
    bob.locator("#connection", has_text="Testing").wait_for()
    bob.locator("#key-note", has_text="2 hidden characters were removed from the key.").wait_for()
    tasks.run_connection_test(ConnectionTest.objects.get().pk)
    bob.locator("#connection", has_text="Amplitude accepted the test event.").wait_for()
    bob.click("text=Show request and response")
    shown = bob.inner_text("#connection")
    assert "[Braze Partners] Connection test" in shown and "••••41f7" in shown
    assert API_KEY not in bob.content()
    assert axe_violations(bob) == []


def test_mistakes_and_conflicts_are_shown_without_violations(
    cast: Cast, bob: Any, live_server: Any, axe_violations: Check
) -> None:
    bob.goto(address(live_server, "create"))
    bob.click("button:has-text('Launch Current')")
    bob.locator(".error-summary:focus").wait_for()
    assert bob.locator(".field-error").count() == 4
    assert axe_violations(bob) == []

    current = CurrentFactory.create(workspace=cast.workspace, name="Before")
    bob.goto(address(live_server, "edit", current.pk))
    theirs = checked(replace(editing.draft_of(current), name="Theirs"))
    editing.update(current, theirs, Actor(cast.alice), timezone.now())
    bob.fill("#current-name", "Mine")
    bob.click("button:has-text('Update Current')")
    bob.locator(".conflict-table").wait_for()
    assert "Theirs" in bob.inner_text(".conflict-table")
    assert axe_violations(bob) == []
    bob.click("button:has-text('Update Current')")
    bob.locator(".toast", has_text="is updated").wait_for()
    current.refresh_from_db()
    assert current.name == "Mine"


def test_the_form_works_without_a_script(cast: Cast, browser: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(cast, live_server, context.new_page())
    page.goto(address(live_server, "create"))
    assert not page.locator("[data-event-search]").is_visible()
    assert box(page, "users.messages.whatsapp.Send").is_visible()
    page.fill("#current-name", "Plain")
    page.fill("#current-contact", "crm@lumen.example")
    page.fill("#current-key", API_KEY)
    page.click('button[value="all:customer_behavior"]')
    assert page.locator('input[name="event"]:checked').count() == 11
    page.click("button:has-text('Launch Current')")
    current = Current.objects.get()
    assert len(current.event_types) == 11 and current.state == State.ACTIVE
    assert editing.stored_key(current) == API_KEY
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_list_and_form_fit_and_have_no_violation(
    cast: Cast, bob: Any, live_server: Any, axe_violations: Check, theme: str, width: int
) -> None:
    for state in (State.ACTIVE, State.STOPPED, State.FAILING, State.PAUSED):
        CurrentFactory.create(workspace=cast.workspace, state=state)
    draft = CurrentFactory.create(workspace=cast.workspace, draft=True)
    bob.emulate_media(color_scheme=theme)
    bob.set_viewport_size({"width": width, "height": 900})
    for name, *args in (("list",), ("create",), ("edit", draft.pk)):
        bob.goto(address(live_server, name, *args))
        assert axe_violations(bob) == []
        assert bob.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
