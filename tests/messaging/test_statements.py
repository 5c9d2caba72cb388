"""How much a page of segments, campaigns and Canvases asks, with every kind of filter on it but
external ids one by one, which are looked up in one statement more.

On SQLite alone, where every statement is counted: PostgreSQL is asked for bitmaps past Django."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from braze_partners.people import answers
from braze_partners.people.questions import REACH
from cohorts.segments import saving
from tests.cast import Cast
from tests.messaging.worlds import campaign, canvas, segment, target
from tests.segments.worlds import (
    NOW,
    cohort_filter,
    definition,
    has_external_id,
    in_country,
    segment_filter,
    visits,
    world,
)

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]

MOST = 15  # product.md 10: any dashboard page
CREATED = {"type": "created", "operator": "after", "values": ["2026-01-01"]}


@pytest.fixture
def pages(cast: Cast) -> dict[str, str]:
    made = world(100, anonymous=range(90, 100), workspace=cast.workspace)
    made.cohort("a", range(40))
    made.cohort("b", range(30, 60), partner="census")
    made.value(made.profile(1, "usr_1", country="FR"), "visits", 3)
    one = segment(made, "One", cohort_filter("a"), has_external_id())
    nested = segment(made, "Two", segment_filter(one.pk))
    draft = saving.Draft(
        "Three",
        tags=("Retention", "France"),
        definition=definition(
            cohort_filter("b", partner="census"),
            segment_filter(nested.pk),
            [visits("at_least", 2), in_country("FR")],
            CREATED,
        ),
    )
    all_kinds = saving.create(made.workspace, draft, by=None, now=NOW)
    everyone = saving.Draft("Three", definition=definition(cohort_filter("a")))
    saving.update(all_kinds, everyone, version=1, by=cast.bob, now=NOW)
    all_kinds = saving.update(all_kinds, draft, version=2, by=cast.bob, now=NOW)
    whom = target(one, all_kinds, filters=[visits("at_least", 2), CREATED])
    given: dict[str, Any] = {"target": whom, "tags": ("Retention",)}
    restock, winback = campaign(made, **given), canvas(made, **given)
    return {
        f"{name}": reverse(name, args=["lumen", *(each.pk for each in about)])
        for name, *about in (
            ("segments:list",),
            ("segments:create",),
            ("segments:detail", all_kinds),
            ("segments:members", all_kinds),
            ("segments:quick_view", all_kinds),
            ("cohorts:list",),
            ("campaigns:list",),
            ("campaigns:detail", restock),
            ("campaigns:target", restock),
            ("canvas:list",),
            ("canvas:steps", winback),
        )
    } | {
        "canvas:detail": reverse("canvas:detail", args=["lumen", winback.pk]),
        "canvas:target": reverse("canvas:target", args=["lumen", winback.pk]),
    }


def test_no_page_asks_more_than_fifteen_times(
    cast: Cast, pages: dict[str, str], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL is asked for bitmaps past Django's count")
    answers.read(cast.workspace.pk, REACH)
    client = cast.client(cast.bob)
    for address in pages.values():
        client.get(address)  # answers are kept, and the page is seen, from then on
        with django_assert_max_num_queries(MOST, info=address):
            assert client.get(address).status_code == 200
