"""The event stream, the faults and the keys as a person uses them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from braze_partners.supervisor.translating import LOCALE, compile_translations
from tests.sandbox.running import Sandbox
from tests.sandbox.test_in_a_browser import PHONE
from tests.sandbox.uploading import an_event, stored, upload

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with some events, a cut one among them, a refused request and a revoked key."""
    compile_translations(LOCALE)
    sandbox = Sandbox(tmp_path_factory.mktemp("busy") / "var")
    sandbox.start()
    cut = an_event(user_id="ab", device_id="device-1", event_properties={"long": "x" * 2_000})
    upload(sandbox, [an_event(user_id="alice") for _number in range(60)])
    upload(sandbox, [cut, cut])
    upload(sandbox, [an_event(time=1)])
    sandbox.call("POST", "project/keys", {"label": "Second"}, 201)
    old = sandbox.call("POST", "project/keys", {"label": "Old"}, 201)
    sandbox.call("DELETE", f"project/keys/{old['id']}")
    yield sandbox
    sandbox.end()


@pytest.fixture
def two_faults(busy: Sandbox) -> Iterator[None]:
    named = {"devices": ["a", "b", "c", "d"], "share": 0.5, "minutes": 5}
    busy.call("PUT", "faults", {"faults": {"expired_key": {}, "throttled": named}})
    yield
    busy.call("DELETE", "faults")


@pytest.mark.parametrize(
    "path",
    [
        "/events",
        "/events?user_id=nobody",
        "/events?event_type=Tea+bought&before=40",
        "/events/1",
        "/events/61",
        "/events/delete",
        "/requests",
        "/faults",
        "/faults/throttled",
        "/faults/invalid_events",
        "/faults/html",
        "/users/1",
        "/credentials",
    ],
)
def test_a_page_is_accessible_and_fits_a_phone(
    busy: Sandbox,
    two_faults: None,
    page: Any,
    axe_violations: Callable[[Any], list[str]],
    path: str,
) -> None:
    page.goto(busy.url + path)
    assert axe_violations(page) == []
    assert page.get_by_role("banner").get_by_text("Expired API key").is_visible()

    page.set_viewport_size(PHONE)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_stream_shows_events_as_they_come_and_can_be_paused(busy: Sandbox, page: Any) -> None:
    page.goto(f"{busy.url}/events?user_id=live-user")
    page.get_by_text("No event matches these filters.").wait_for()

    upload(busy, [an_event(event_type="Came live", user_id="live-user")])
    page.get_by_role("link", name="Came live").wait_for()

    page.get_by_role("button", name="Pause").click()
    upload(busy, [an_event(event_type="Came in the pause", user_id="live-user")])
    page.wait_for_timeout(2_500)
    assert page.get_by_role("link", name="Came in the pause").count() == 0
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Came in the pause").wait_for()


def test_a_row_opens_to_the_whole_event_and_on_to_its_user(busy: Sandbox, page: Any) -> None:
    event = an_event(
        event_type="Opened", user_id="opened-user", event_properties={"tea": "Da Hong Pao"}
    )
    upload(busy, [event, event])

    page.goto(f"{busy.url}/events")
    page.get_by_role("link", name="Opened").click()
    page.get_by_text('"tea": "Da Hong Pao"').wait_for()
    assert page.get_by_text(event["insert_id"]).count() >= 1
    page.get_by_role("link", name="Open the user").click()
    page.get_by_role("heading", name="opened-user").wait_for()
    page.get_by_role("link", name="Opened").wait_for()


def test_the_stream_is_filtered_and_paged(busy: Sandbox, page: Any) -> None:
    page.goto(f"{busy.url}/events")
    page.get_by_label("User ID").fill("alice")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Newest").click()
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("Received until").fill("2020-01-01T00:00:00")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("No event matches these filters.").wait_for()


def test_a_fault_is_switched_on_seen_everywhere_and_switched_off(busy: Sandbox, page: Any) -> None:
    page.goto(f"{busy.url}/users")
    page.get_by_role("banner").get_by_text("No fault active").wait_for()
    page.get_by_role("link", name="Set a fault").click()
    page.get_by_role("link", name="Throttled devices and users").click()
    page.get_by_label("Device IDs").fill("hot-1\nhot-2\n\nhot-1")
    page.get_by_label("Share in percent").fill("0")
    page.get_by_label("Duration").select_option("15 minutes")
    page.get_by_role("button", name="Switch on").click()
    page.get_by_label("Share in percent").fill("100")
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("The fault is on from the next request on.").wait_for()

    row = page.get_by_role("row", name="Throttled devices and users")
    assert row.get_by_text("hot-1, hot-2").is_visible()
    refused = upload(busy, [an_event(device_id="hot-2")])
    assert (refused.status_code, list(refused.json()["throttled_devices"])) == (429, ["hot-2"])

    page.goto(f"{busy.url}/cohorts")
    header = page.get_by_role("banner")
    header.get_by_role("link", name="Throttled devices and users").click()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("The fault is off from the next request on.").wait_for()
    assert upload(busy, [an_event(device_id="hot-2")]).status_code == 200


def test_the_header_follows_a_fault_that_rest_switched(busy: Sandbox, page: Any) -> None:
    page.goto(f"{busy.url}/cohorts")
    busy.call("PUT", "faults/outage", {})
    page.get_by_role("banner").get_by_text("Full outage").wait_for()
    busy.call("DELETE", "faults")
    page.get_by_role("banner").get_by_text("No fault active").wait_for()


def test_all_faults_are_switched_off_together(busy: Sandbox, two_faults: None, page: Any) -> None:
    page.goto(f"{busy.url}/faults")
    page.get_by_role("button", name="Switch all off").click()
    page.get_by_text("All faults are off.").wait_for()
    assert busy.call("GET", "faults")["faults"] == []


def test_a_key_is_added_used_and_revoked(busy: Sandbox, page: Any) -> None:
    page.goto(f"{busy.url}/credentials")
    page.get_by_label("Label").fill("Staging")
    page.get_by_role("button", name="Add").click()
    row = page.get_by_role("row", name="Staging")
    key = row.locator("code").inner_text()
    assert upload(busy, [an_event()], key=key).status_code == 200
    row.get_by_role("button", name="Revoke").click()
    page.get_by_text("The key was revoked").wait_for()
    assert upload(busy, [an_event()], key=key).status_code == 400

    page.get_by_label("API key").last.fill("x\ty")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("at most 200 printable ASCII characters").wait_for()


def test_requests_are_listed_with_the_fault_that_struck_them(busy: Sandbox, page: Any) -> None:
    busy.call("PUT", "faults/http_503", {})
    upload(busy, [an_event(), an_event()])
    busy.call("DELETE", "faults")

    page.goto(f"{busy.url}/requests")

    first = page.locator("tbody tr").first.inner_text()
    assert "503" in first and "Unavailable (503)" in first


def test_deleting_all_events_asks_first(start_sandbox: Any, page: Any) -> None:
    sandbox = start_sandbox()
    upload(sandbox, [an_event(), an_event()])

    page.goto(f"{sandbox.url}/events")
    page.get_by_role("link", name="Delete all events").click()
    page.get_by_text("2 events, the totals").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("2 events were deleted.").wait_for()
    assert stored(sandbox) == []


def test_its_pages_speak_french(busy: Sandbox, browser: Any) -> None:
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    for path, heading in (
        ("/events", "Flux d’événements"),
        ("/faults", "Pannes"),
        ("/faults/slow", "Réponses lentes"),
    ):
        page.goto(busy.url + path)
        assert page.get_by_role("heading", level=1).inner_text() == heading
    context.close()
