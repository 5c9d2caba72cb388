"""The sandbox's pages as a person uses them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.braze_side import KEY, BrazeSide
from tests.sandbox.cohort_client import CohortClient
from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import an_event, upload

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
COHORT = "/cohorts/k3x9a7f2"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("demo") / "var", {"SANDBOX_SEED_USERS": "2000"})
    sandbox.start()
    yield sandbox
    sandbox.end()


def test_a_person_connects_braze_syncs_and_sends_only_the_delta(
    demo: Sandbox, braze: BrazeSide, page: Any
) -> None:
    page.goto(f"{demo.url}/destinations")
    page.get_by_role("button", name="Set up").click()
    page.get_by_label("Braze API Key").fill(KEY)
    page.get_by_label("Braze REST Endpoint").fill("http://10.0.0.1")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The sandbox may not call 10.0.0.1").wait_for()
    page.get_by_label("Braze API Key").fill(KEY)
    page.get_by_label("Braze REST Endpoint").fill(braze.url)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Key accepted").wait_for()

    _sync(demo, page, "Braze does not have this cohort yet")
    assert len(braze.members) == round(2_000 * 0.2776) + 12

    page.get_by_role("button", name="Shuffle members for a demo").click()
    page.get_by_text("25 users were added and 10 removed").wait_for()
    _sync(demo, page, "25 to add, 10 to remove, in 1 request.")
    assert braze.calls[1:] == [(25, 10)]

    braze.delay = 2.0
    page.get_by_role("button", name="Shuffle members for a demo").click()
    page.get_by_text("25 users were added and 10 removed").wait_for()
    page.get_by_role("button", name="Sync to…").click()
    page.get_by_text("Hourly", exact=True).click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Syncing, 0 of 1").wait_for()
    page.get_by_role("row", name="Hourly, delta").get_by_text("Synced").wait_for()
    page.get_by_role("button", name="End schedule").click()
    page.get_by_text("The schedule has ended").wait_for()


def _sync(demo: Sandbox, page: Any, sentence: str) -> None:
    page.goto(demo.url + COHORT)
    before = page.get_by_text("Synced", exact=True).count()
    page.get_by_role("button", name="Sync to…").click()
    page.get_by_role("dialog").get_by_text("Key accepted").wait_for()
    page.get_by_role("dialog").get_by_text(sentence).wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Synced", exact=True).nth(before).wait_for()


@pytest.mark.parametrize(
    "path",
    [
        "/users",
        "/users?cohort=k3x9a7f2&q=usr",
        "/users/1",
        "/users/add",
        "/users/add-many",
        "/cohorts",
        "/cohorts/new",
        "/cohorts/new?by=rule",
        COHORT,
        "/cohorts/p81mzd0q",
        "/cohorts/p81mzd0q/rule",
        f"{COHORT}/rename",
        f"{COHORT}/members",
        f"{COHORT}/delete",
        "/destinations",
        "/credentials",
        "/nothing",
    ],
)
def test_a_page_is_accessible_and_fits_a_phone(
    demo: Sandbox, page: Any, axe_violations: Callable[[Any], list[str]], path: str
) -> None:
    page.goto(demo.url + path)
    assert axe_violations(page) == []

    page.set_viewport_size(PHONE)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_rule_is_built_row_by_row(demo: Sandbox, page: Any) -> None:
    page.goto(f"{demo.url}/cohorts/new?by=rule")
    page.get_by_label("Name").fill("French pros")
    page.get_by_label("Property").fill("plan")
    page.get_by_label("Value").fill("pro")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Property").nth(1).fill("country")
    page.get_by_label("Value").nth(1).fill("FR")
    page.get_by_role("button", name="Create").click()

    page.get_by_role("heading", name="French pros").wait_for()
    page.get_by_text("Users who have all of").wait_for()
    made = demo.call("GET", "cohorts")["cohorts"]
    cohort = next(one for one in made if one["name"] == "French pros")
    assert 0 < cohort["size"] < 200
    assert len(cohort["rule"]["conditions"]) == 2


def test_a_rule_over_events_is_built_and_computed(demo: Sandbox, page: Any) -> None:
    sent = [an_event(event_type="Tea bought", user_id="usr_000001") for _event in range(3)]
    upload(demo, sent)
    page.goto(f"{demo.url}/cohorts/new?by=rule")
    page.get_by_label("Name", exact=True).fill("Tea drinkers")
    page.get_by_role("button", name="Add an event").click()
    page.get_by_label("Event type").fill("Tea bought")
    page.get_by_label("times").fill("3")
    page.get_by_label("days").fill("7")
    page.get_by_role("button", name="Create").click()

    page.get_by_text("did Tea bought at least 3 times in the last 7 days").wait_for()
    page.get_by_role("link", name="1 user", exact=True).wait_for()
    upload(demo, [an_event(event_type="Tea bought", user_id="usr_000002") for _event in range(3)])
    page.get_by_role("button", name="Compute now").click()
    page.get_by_role("link", name="2 users", exact=True).wait_for()
    page.get_by_role("link", name="Edit rule").click()
    assert page.get_by_label("Event type").input_value() == "Tea bought"


def test_a_cohort_is_archived_taken_back_and_deleted(demo: Sandbox, page: Any) -> None:
    cohort_id = demo.cohort(["usr_000001"], "Short-lived")
    page.goto(f"{demo.url}/cohorts/{cohort_id}")
    page.get_by_role("button", name="Archive").click()
    page.get_by_text("The cohort is archived").wait_for()
    assert page.get_by_role("button", name="Sync to…").count() == 0
    page.get_by_role("button", name="Take back").click()
    page.get_by_text("The cohort is back").wait_for()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("The cohort Short-lived was deleted").wait_for()


def test_files_asked_for_stand_on_the_cohorts_page(demo: Sandbox, page: Any) -> None:
    size = len(CohortClient(demo).rows("k3x9a7f2", props=1, propKeys="plan"))

    page.goto(demo.url + COHORT)

    row = page.get_by_role("row").filter(has_text="plan")
    row.get_by_text("Completed").wait_for()
    row.get_by_text(str(size), exact=True).wait_for()


def test_a_fault_is_told_where_to_strike(demo: Sandbox, page: Any) -> None:
    page.goto(f"{demo.url}/faults/http_503")
    page.get_by_label("HTTP V2 and Batch").uncheck()
    page.get_by_label("List of cohorts").check()
    page.get_by_label("User profile").check()
    page.get_by_role("button", name="Switch on").click()

    page.get_by_text("List of cohorts, User profile").wait_for()
    assert CohortClient(demo).get("api/3/cohorts").status_code == 503
    page.get_by_role("button", name="Switch off: Unavailable (503)").click()
    page.get_by_text("The fault is off").wait_for()
