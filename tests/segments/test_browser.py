"""The segment editor in a browser: typing, choosing, moving by key and by mouse, live figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from braze_partners.people.profiles import NewPerson, create_profiles
from cohorts.segments import saving
from cohorts.segments.models import Segment
from tests.cast import Cast
from tests.segments.worlds import NOW, World, cohort_filter, definition, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(100, anonymous=range(90, 100), workspace=cast.workspace)
    made.cohort("k3x9a7f2", range(40))
    made.cohort("p81mz0qd", range(30, 60))
    made.cohort("m2v6q8ey", range(10))
    return made


@pytest.fixture
def segment(cast: Cast, lumen: World) -> Segment:
    rows = (cohort_filter("k3x9a7f2"), cohort_filter("m2v6q8ey", operator="does_not_include"))
    draft = saving.Draft("Shoppers", definition=definition(*rows))
    return saving.create(lumen.workspace, draft, by=cast.alice, now=NOW)


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


def address(live_server: Any, name: str, *args: Any) -> str:
    return str(live_server.url + reverse(f"segments:{name}", args=["lumen", *args]))


def keys(page: Any) -> list[str]:
    return [str(row.get_attribute("data-row")) for row in page.locator(".filter-entry").all()]


def test_an_edit_counts_at_once_and_is_saved(
    cast: Cast, live_server: Any, signed_in: Callable[[Any], Any], segment: Segment
) -> None:
    page = signed_in(cast.bob)
    page.goto(address(live_server, "detail", segment.pk))
    assert "30 users, exact" in page.inner_text("#foot-note")

    page.select_option("#add-all", "cohort.amplitude")
    page.locator("#typed-r3f1:focus").wait_for()
    page.keyboard.type("p81")
    page.locator(".combobox-option.is-active").wait_for()
    page.keyboard.press("Enter")
    page.locator("#foot-note", has_text="10 users, exact").wait_for()
    assert "1 unsaved change" in page.inner_text("#foot-note")
    assert "−20 by your edit" in page.inner_text("#segment-size")
    assert "−20" in page.inner_text("#funnel-r3")

    page.keyboard.press("Escape")
    page.locator("[data-save]").click()
    page.locator(".toast", has_text="is saved").wait_for()
    segment.refresh_from_db()
    assert segment.version == 2 and len(segment.definition["all"]) == 3


def test_rows_move_by_key_and_by_mouse_and_say_so(
    cast: Cast, live_server: Any, signed_in: Callable[[Any], Any], segment: Segment
) -> None:
    page = signed_in(cast.bob)
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.goto(address(live_server, "detail", segment.pk))
    page.focus("#grip-r2")
    page.keyboard.press("Alt+ArrowUp")
    page.locator("#announcer", has_text="Row 1 of 2").wait_for()
    assert keys(page) == ["r2", "r1"]
    assert page.evaluate("document.activeElement.id") == "grip-r2"
    assert "90" in page.inner_text("#funnel-r2")

    grip = page.locator("#grip-r2").bounding_box()
    below = page.locator(".filter-entry[data-row=r1]").bounding_box()
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, below["y"] + below["height"] - 2, steps=5)
    page.mouse.up()
    page.locator("#announcer", has_text="Row 2 of 2").wait_for()
    assert keys(page) == ["r1", "r2"]
    page.locator("#foot-note:not(:has-text('unsaved'))").wait_for()


def test_a_segment_is_built_with_or_and_an_exclusion(
    cast: Cast, live_server: Any, signed_in: Callable[[Any], Any], lumen: World
) -> None:
    page = signed_in(cast.alice)
    page.goto(address(live_server, "create"))
    page.fill("#segment-name", "Built")
    page.select_option("#add-all", "external_user_id")
    page.locator("#funnel-r1", has_text="90").wait_for()
    page.locator(".filter-entry .button--or").click()
    page.locator("#or-r1f1 button", has_text="Amplitude Cohorts").click()
    page.locator("#typed-r1f2:focus").wait_for()
    page.keyboard.type("m2v")
    page.locator(".combobox-option.is-active").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator("button", has_text="or add exclusion").click()
    page.locator("#add-exclude:focus").wait_for()
    page.select_option("#add-exclude", "external_user_id")
    page.locator("#operator-r2f1:focus").wait_for()
    page.select_option("#operator-r2f1", "is_any_of")
    page.locator("#operator-r2f1 option[value=is_any_of][selected]").wait_for(state="attached")
    page.fill("#typed-r2f1", "nobody")
    page.keyboard.press("Enter")
    page.locator("#funnel-r2", has_text="90").wait_for()
    page.locator("[data-save]").click()
    page.locator(".toast", has_text="is saved").wait_for()
    stored = Segment.objects.get(name="Built").definition
    assert [len(row["any"]) for row in stored["all"]] == [2]
    assert stored["exclude"][0]["any"][0]["values"] == ["nobody"]


def test_filters_on_profiles_are_built_with_the_keyboard_alone(
    cast: Cast, live_server: Any, signed_in: Callable[[Any], Any], lumen: World
) -> None:
    facts = {"country": "FR"}
    made = [
        NewPerson(f"usr_{number}", fields=facts, attributes={"visits": float(number)})
        for number in range(5)
    ]
    create_profiles(cast.workspace.pk, made, NOW)
    page = signed_in(cast.bob)
    page.goto(address(live_server, "create"))
    page.focus("#segment-name")
    page.keyboard.type("French and often here")
    page.focus("#add-all")
    page.keyboard.type("Country")
    page.locator("#typed-r1f1:focus").wait_for()
    page.keyboard.type("fran")
    page.locator(".combobox-option.is-active", has_text="France").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator("#funnel-r1 b", has_text="5").wait_for()

    page.focus("#add-all")
    page.keyboard.type("Custom A")
    page.locator("#subject-r2f1:focus").wait_for()
    page.keyboard.press("ArrowDown")
    page.locator("#operator-r2f1:focus").wait_for()
    for operator in ("is_not", "more_than", "at_least"):
        page.keyboard.press("ArrowDown")
        page.locator(f"#operator-r2f1:focus option[value={operator}][selected]").wait_for(
            state="attached"
        )
        page.locator(".htmx-request, .htmx-settling, .htmx-added").first.wait_for(state="detached")
    page.keyboard.press("Tab")
    page.locator("#typed-r2f1:focus").wait_for()
    page.keyboard.type("3")
    page.locator("#funnel-r2 b", has_text="2").wait_for()
    page.locator("[data-save]").focus()
    page.keyboard.press("Enter")
    page.locator(".toast", has_text="is saved").wait_for()
    country, visits = Segment.objects.get(name="French and often here").definition["all"]
    assert country["any"] == [{"type": "country", "operator": "is_any_of", "values": ["FR"]}]
    assert visits["any"][0]["operator"] == "at_least"
    assert visits["any"][0]["values"] == [3.0]


def test_the_list_shows_a_segment_quickly_and_takes_an_archiving_back(
    cast: Cast, live_server: Any, signed_in: Callable[[Any], Any], segment: Segment
) -> None:
    page = signed_in(cast.bob)
    page.goto(address(live_server, "list"))
    page.locator("button", has_text="Quick View").click()
    page.locator("#quick-view h2", has_text="Shoppers").wait_for()
    assert "Amplitude Cohorts includes Cohort k3x9a7f2" in page.inner_text("#quick-view")
    page.keyboard.press("Escape")
    page.locator("[data-check-row]").check()
    page.locator("[data-bulk-bar] button", has_text="Archive").click()
    page.locator(".toast button", has_text="Undo").click()
    page.locator(".toast", has_text="is active again").wait_for()
    segment.refresh_from_db()
    assert segment.archived_at is None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_segments_has_a_violation_or_scrolls_sideways(
    theme: str,
    width: int,
    cast: Cast,
    live_server: Any,
    signed_in: Callable[[Any], Any],
    axe_violations: Callable[[Any], list[str]],
    lumen: World,
    segment: Segment,
) -> None:
    lumen.profile(1, "usr_1")
    page = signed_in(cast.bob)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    found = {}
    for name, *args in (
        ("list",),
        ("create",),
        ("detail", segment.pk),
        ("members", segment.pk),
        ("look_up", segment.pk),
    ):
        page.goto(address(live_server, name, *args) + "?person=usr_1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if violations := axe_violations(page):
            found[name] = violations
    assert found == {}
