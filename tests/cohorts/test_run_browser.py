"""Import runs and data points in a browser: what fits where, in both themes and languages."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from time_machine import travel

from braze_partners.people.profiles import NewPerson, create_profiles
from braze_partners.workspaces.models import Language, Role, Theme
from cohorts.models import RunGroup
from tests.cohorts.conftest import Partner, make_partner
from tests.cohorts.test_views import address
from tests.workspaces.factories import MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def partner() -> Partner:
    """Nine days of pushes by one key to two cohorts, some of them of unknown people."""
    made = make_partner()
    start = datetime.now(UTC) - timedelta(days=9)
    for day in range(10):
        with travel(start + timedelta(days=day) - timedelta(minutes=30), tick=False):
            made.name(name="High-intent shoppers")
            for part in range(3):
                users = [f"u{n}" for n in range(day + part, 20, 3)]
                made.users([{"user_ids": [*users, f"ghost-{day}"]}])
            made.users([{"user_ids": ["u1", "u7"], "should_remove": True}], cohort_id="lapsed42")
            made.users([{"user_ids": ["u1", "u7"]}], cohort_id="lapsed42")
    return made


@pytest.fixture
def signed_in(live_server: Any, page: Any, partner: Partner) -> Callable[..., Any]:
    def go(language: str = Language.ENGLISH, theme: str = Theme.LIGHT) -> Any:
        member = MemberFactory.create(workspace=partner.workspace, role=Role.MARKETER)
        member.account.language, member.account.theme = language, theme
        member.account.save()
        client = Client()
        client.force_login(member.account, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )
        return page

    return go


def pages(partner: Partner) -> dict[str, str]:
    group = RunGroup.objects.filter(runs__gt=1).latest("pk")
    run = partner.last_run().pk - 2
    return {
        "runs": address(partner, "runs"),
        "group": address(partner, "run_group", group.pk),
        "run": address(partner, "run", run),
        "skipped": address(partner, "skipped") + f"?cohort={partner.cohort().pk}",
        "points": address(partner, "data_points"),
    }


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language,theme", [("en", "light"), ("fr", "dark")])
def test_every_page_fits_and_is_accessible(
    live_server: Any,
    signed_in: Callable[..., Any],
    partner: Partner,
    axe_violations: Callable[[Any], list[str]],
    width: int,
    language: str,
    theme: str,
) -> None:
    page = signed_in(language, theme)
    page.set_viewport_size({"width": width, "height": 900})
    for name, path in pages(partner).items():
        page.goto(live_server.url + path)
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) <= 0, f"{name} scrolls sideways at {width}"
        if pictures := os.environ.get("PICTURES"):
            page.screenshot(
                path=f"{pictures}/{name}-{width}-{language}-{theme}.png", full_page=True
            )
        assert axe_violations(page) == [], name


def test_a_marketer_finds_whom_a_push_skipped_and_adds_them(
    live_server: Any, signed_in: Callable[..., Any], partner: Partner
) -> None:
    create_profiles(partner.workspace.pk, [NewPerson(external_id="ghost-4")], datetime.now(UTC))
    page = signed_in()
    page.goto(live_server.url + address(partner, "runs"))
    page.get_by_role("link", name="Delta sync in 3 requests").first.click()
    assert page.locator("tbody tr").count() == 3
    page.goto(live_server.url + address(partner, "runs"))
    page.get_by_role("link", name="Skipped identifiers").click()
    page.get_by_role("searchbox", name="Search the skipped identifiers").fill("ghost-4")
    page.get_by_role("button", name="Search", exact=True).click()
    assert page.locator("tbody tr").count() == 3 and "Known now" in page.inner_text("tbody")
    page.locator("tbody .cohort-label").first.click()
    page.goto(live_server.url + address(partner, "skipped") + f"?cohort={partner.cohort().pk}")
    page.get_by_role("button", name="Re-apply skipped").click()
    page.get_by_text("1 person added.").wait_for()
