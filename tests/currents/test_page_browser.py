"""A Current's page in a browser: every state fits and can be used by all, what is polled leaves
focus and unfolded tables alone, and the way out of a refused key can be walked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from currents.fates import Fate
from currents.models import Current
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import (
    API_KEY,
    PURCHASE,
    AttemptFactory,
    CredentialFailureFactory,
    CurrentFactory,
    DeadLetterFactory,
    FailureMailFactory,
    HoldFactory,
    LedgerEntryFactory,
    minute,
    now,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Any], list[str]]
HOUR = timedelta(hours=1)


@pytest.fixture
def bob(cast: Cast, live_server: Any, page: Any) -> Any:
    """The page with Bob's session."""
    name = django_settings.SESSION_COOKIE_NAME
    cookie = cast.client(cast.bob).cookies[name].value
    page.context.add_cookies([{"name": name, "value": cookie, "url": live_server.url}])
    return page


def busy(cast: Cast, state: State) -> Current:
    """With something of everything that a page can show."""
    current: Current = CurrentFactory.create(
        workspace=cast.workspace,
        name="Lifecycle EU → Amplitude",
        state=state,
        counted_sequence=1,
        due_at=now() + timedelta(minutes=2),
        failing_since=now() - HOUR if state == State.FAILING else None,
    )
    AttemptFactory.create_batch(3, current=current)
    for outcome, status in (("rejected", 400), ("throttled", 429), ("unreachable", None)):
        AttemptFactory.create(current=current, outcome=outcome, status=status, words="Wörter")
    long = "device-" + "0123456789abcdef" * 4
    HoldFactory.create(current=current, identity=long, device_id=long, waiting=1_204)
    DeadLetterFactory.create_batch(3, current=current, identity=long)
    for fate in Fate:
        LedgerEntryFactory.create(
            current=current, fate=fate, count=12_345, event_type=PURCHASE, minute=minute() - HOUR
        )
    if state in (State.STOPPED, State.DROPPING):
        failure = CredentialFailureFactory.create(current=current, began_at=now() - 35 * HOUR)
        FailureMailFactory.create(failure=failure, sent_at=now())
    return current


def address(live_server: Any, current: Current, name: str = "detail") -> str:
    return str(live_server.url + reverse(f"currents:{name}", args=["lumen", current.pk]))


def settle(page: Any) -> None:
    """Until the hot ids have come too."""
    page.locator("#hot .skeleton").wait_for(state="detached")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_state_fits_and_has_no_violation(
    theme: str, width: int, cast: Cast, bob: Any, live_server: Any, axe_violations: Check
) -> None:
    bob.emulate_media(color_scheme=theme)
    bob.set_viewport_size({"width": width, "height": 900})
    found = {}
    for state in (State.ACTIVE, State.FAILING, State.PAUSED, State.STOPPED, State.DROPPING):
        current = busy(cast, state)
        bob.goto(address(live_server, current) + "?step=received")
        settle(bob)
        found[str(state)] = axe_violations(bob) + too_wide(bob)
    for name in ("attempts", "dead_letters", "replays", "settings"):
        bob.goto(address(live_server, current, name))
        found[name] = axe_violations(bob) + too_wide(bob)
    assert {place: what for place, what in found.items() if what} == {}


def too_wide(page: Any) -> list[str]:
    wide = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return ["scrolls sideways"] if wide else []


def polled(page: Any, part: str) -> None:
    """Until the part has been drawn anew."""
    page.locator(f"#{part}").evaluate("part => { part.dataset.old = 'yes' }")
    page.locator(f"#{part}:not([data-old])").wait_for(timeout=15_000)


def test_what_is_polled_leaves_focus_and_unfolded_tables_alone(
    cast: Cast, bob: Any, live_server: Any
) -> None:
    bob.goto(address(live_server, busy(cast, State.ACTIVE)))
    bob.get_by_text("View as table").click()
    bob.locator("#step-waiting").focus()
    polled(bob, "live")
    assert bob.evaluate("document.activeElement.id") == "step-waiting"
    assert bob.locator("#delivery-table").get_attribute("open") is not None


def test_the_page_follows_a_state_that_changes(cast: Cast, bob: Any, live_server: Any) -> None:
    current = busy(cast, State.ACTIVE)
    bob.goto(address(live_server, current))
    CredentialFailureFactory.create(current=current)
    Current.objects.filter(pk=current.pk).update(state=State.STOPPED)
    bob.get_by_text("48-hour window").wait_for(timeout=15_000)
    assert bob.locator("#new-key").is_visible()


def test_the_way_out_can_be_walked_by_the_keyboard(cast: Cast, bob: Any, live_server: Any) -> None:
    current = busy(cast, State.STOPPED)
    bob.goto(address(live_server, current))
    bob.get_by_role("link", name="Enter new key").focus()
    bob.keyboard.press("Enter")
    assert bob.evaluate("document.activeElement.id") == "new-key"
    assert bob.get_by_role("button", name="Test").is_disabled()
    bob.keyboard.type(API_KEY[::-1])
    bob.keyboard.press("Enter")
    bob.get_by_text("The new key is stored.").wait_for()
    bob.get_by_text("Step 2 of 4").wait_for()
    assert bob.get_by_role("button", name="Test").is_enabled()
    current.refresh_from_db()
    assert current.api_key_hint.endswith(API_KEY[::-1][-4:])


def test_how_the_window_works_is_told_in_a_dialog(cast: Cast, bob: Any, live_server: Any) -> None:
    bob.goto(address(live_server, busy(cast, State.STOPPED)))
    bob.get_by_role("button", name="How this works").click()
    bob.get_by_role("dialog").get_by_text("whichever is later").wait_for()
    bob.keyboard.press("Escape")
    assert not bob.get_by_role("dialog").is_visible()
