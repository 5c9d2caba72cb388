"""The editor of campaigns and Canvases in a browser: choosing, moving rows, live figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from braze_partners.messaging.drafts import stored, target_of
from braze_partners.messaging.models import Outreach
from cohorts.segments.models import Segment
from tests.cast import Cast
from tests.messaging.worlds import campaign, canvas, segment, target
from tests.segments.worlds import World, cohort_filter, has_external_id, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(100, anonymous=range(90, 100), workspace=cast.workspace)
    made.cohort("k3x9a7f2", range(40))
    made.cohort("p81mz0qd", range(30, 60))
    return made


@pytest.fixture
def shoppers(lumen: World) -> Segment:
    return segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))


@pytest.fixture
def lapsed(lumen: World) -> Segment:
    return segment(lumen, "Lapsed buyers", cohort_filter("p81mz0qd"))


@pytest.fixture
def signed_in(cast: Cast, live_server: Any, page: Any) -> Callable[[Any], Any]:
    """`signed_in(account)`: the page with that person's session."""

    def go(account: Any) -> Any:
        cookie = cast.client(account).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )
        return page

    return go


def address(live_server: Any, name: str, *args: Any, of: str = "campaigns") -> str:
    return str(live_server.url + reverse(f"{of}:{name}", args=["lumen", *args]))


def rows(page: Any) -> list[str]:
    return [str(row.get_attribute("data-row")) for row in page.locator(".filter-entry").all()]


def test_a_campaign_is_built_from_its_name_to_its_activation(
    cast: Cast,
    live_server: Any,
    signed_in: Callable[[Any], Any],
    shoppers: Segment,
    lapsed: Segment,
) -> None:
    page = signed_in(cast.bob)
    page.goto(address(live_server, "list"))
    page.get_by_role("link", name="Create Campaign").first.click()
    page.fill("#outreach-name", "Spring restock")
    page.get_by_label("Email", exact=True).check()
    page.get_by_role("button", name="Next: Target Users").last.click()

    def counted(people: str) -> None:
        page.locator(".audience-note-total", has_text=re.compile(rf"[^0-9]{people}$")).wait_for()

    counted("100")
    for typed, left in (("shop", "40"), ("laps", "10")):
        page.fill("#choose", typed)
        page.locator(".combobox-option.is-active").wait_for()
        page.keyboard.press("Enter")
        counted(left)
        page.locator("#choose:focus").wait_for()
    page.select_option("#add-all", "external_user_id")
    page.locator("#operator-r3f1:focus").wait_for()
    page.select_option("#operator-r3f1", "is_not_set")
    counted("0")
    assert "3 unsaved changes" in page.inner_text("#foot-note")
    assert "−30" in page.inner_text("#funnel-r2")
    page.get_by_role("button", name="Next: Confirm").click()

    page.get_by_role("button", name="Activate campaign").click()
    page.locator(".toast", has_text="The campaign is active.").wait_for()
    made = Outreach.objects.get()
    assert target_of(made).segments == (shoppers.pk, lapsed.pk)
    assert (made.state, made.channels) == ("active", ["email"])


def test_chosen_segments_move_by_key_and_by_mouse_among_themselves(
    cast: Cast,
    live_server: Any,
    signed_in: Callable[[Any], Any],
    lumen: World,
    shoppers: Segment,
    lapsed: Segment,
) -> None:
    made = campaign(lumen, target=target(shoppers, lapsed, filters=[has_external_id()]))
    page = signed_in(cast.bob)
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.goto(address(live_server, "target", made.pk))
    first, second, third = rows(page)
    page.focus(f"#grip-{second}")
    page.keyboard.press("Alt+ArrowUp")
    page.locator("#announcer", has_text="Row 1 of 2").wait_for()
    assert rows(page) == [second, first, third]
    assert "30" in page.inner_text(f"#funnel-{second}")

    grip = page.locator(f"#grip-{second}").bounding_box()
    below = page.locator(f".filter-entry[data-row={first}]").bounding_box()
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, below["y"] + below["height"] + 300, steps=5)
    page.mouse.up()
    page.locator("#announcer", has_text="Row 2 of 2").wait_for()
    assert rows(page) == [first, second, third]
    page.locator(f"[aria-label='Remove the segment {shoppers.name}']").click()
    page.locator("#foot-note", has_text="1 unsaved change").wait_for()
    page.locator("[data-save]").click()
    page.locator(".toast", has_text="is saved").wait_for()
    assert target_of(Outreach.objects.get()).segments == (lapsed.pk,)


def test_the_shares_of_a_canvas_are_added_up_while_one_types(
    cast: Cast, live_server: Any, signed_in: Callable[[Any], Any], lumen: World
) -> None:
    made = canvas(lumen)
    page = signed_in(cast.bob)
    page.goto(address(live_server, "steps", made.pk, of="canvas"))
    page.fill("#control-share", "30")
    page.locator("#shares", has_text="The shares add up to 120%").wait_for()
    page.get_by_role("button", name="Share evenly").click()
    page.locator("#shares", has_text="The shares add up to 100%").wait_for()
    page.get_by_role("button", name="Add step").click()
    page.locator("#step-name-s3:focus").fill("Farewell")
    page.locator("#foot-note", has_text="3 steps").wait_for()
    page.focus("#grip-s3")
    page.keyboard.press("Alt+ArrowUp")
    page.locator("#announcer", has_text="Row 2 of 3").wait_for()
    page.locator("[data-save]").click()
    page.locator(".toast", has_text="is saved").wait_for()
    draft = stored(Outreach.objects.get())
    assert [step.name for step in draft.steps] == ["Hello", "Farewell", "Reminder"]
    assert [each.share for each in draft.variants] == [35, 35] and draft.control_share == 30


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_messaging_has_a_violation_or_scrolls_sideways(
    theme: str,
    width: int,
    cast: Cast,
    live_server: Any,
    signed_in: Callable[[Any], Any],
    axe_violations: Callable[[Any], list[str]],
    lumen: World,
    shoppers: Segment,
) -> None:
    wanted = target(shoppers, filters=[has_external_id()], exclude=[cohort_filter("p81mz0qd")])
    restock = campaign(lumen, "Spring restock reminder", target=wanted, tags=("Retention",))
    winback = canvas(lumen, target=wanted)
    page = signed_in(cast.bob)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    found = {}
    pages = [address(live_server, name) for name in ("list", "create")]
    pages += [address(live_server, name, restock.pk) for name in ("detail", "edit", "target")]
    pages += [address(live_server, name, of="canvas") for name in ("list", "create")]
    pages += [
        address(live_server, name, winback.pk, of="canvas")
        for name in ("detail", "target", "steps")
    ]
    for each in pages:
        page.goto(each)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), each
        if violations := axe_violations(page):
            found[each] = violations
    assert found == {}
