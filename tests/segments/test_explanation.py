"""The user look-up: which filter fails, and which run of which cohort is why."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from cohorts.segments import explanation, saving
from cohorts.segments.definition import EVERYONE
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory
from tests.segments.worlds import (
    NOW,
    World,
    any_of,
    cohort_filter,
    definition,
    has_external_id,
    segment_filter,
    world,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def explain(made: World, number: int, *rows: Any, exclude: Any = ()) -> explanation.Explanation:
    wanted = definition(*rows, exclude=exclude)
    return explanation.explain(made.workspace.pk, wanted, number)


@pytest.fixture
def made(cast: Cast) -> World:
    made = world(10, deleted={8}, anonymous={9}, workspace=cast.workspace)
    made.cohort("a", {1, 2})
    made.cohort("b", {2})
    return made


def test_the_failing_filter_is_traced_to_the_run_that_spoke_last(made: World) -> None:
    bought = made.cohort("bought", set())
    made.run(bought, added={1}, removed=set())
    made.run(bought, added=set(), removed={1})
    last = made.run(bought, added={1, 3}, removed=set())
    made.run(bought, added={4}, removed=set())
    explained = explain(
        made, 1, cohort_filter("a"), cohort_filter("bought", operator="does_not_include")
    )
    assert not explained.member
    (failing,) = explained.against
    assert failing.words == "Amplitude Cohorts does not include Cohort bought"
    (traced,) = failing.cohorts
    assert traced.inside and traced.last is not None
    assert (traced.last.run, traced.last.added) == (last, True)


def test_somebody_taken_out_is_told_by_which_run(made: World) -> None:
    cohort = made.workspace.cohorts.get(cohort_id="b")
    run = made.run(cohort, added=set(), removed={2})
    (step,) = explain(made, 2, cohort_filter("b")).steps
    (traced,) = step.cohorts
    assert not traced.inside and traced.last is not None
    assert (traced.last.run, traced.last.added) == (run, False)
    (never,) = explain(made, 7, cohort_filter("b")).steps[0].cohorts
    assert never.last is None and not never.inside


def test_one_true_filter_of_a_row_is_enough(made: World) -> None:
    explained = explain(made, 1, [cohort_filter("b"), cohort_filter("a")])
    assert explained.member and explained.against == []
    assert [step.true for step in explained.steps] == [False, True]


def test_a_true_filter_of_an_exclusion_row_decides_against(made: World) -> None:
    explained = explain(
        made, 2, cohort_filter("a"), exclude=[[has_external_id(False), cohort_filter("b")]]
    )
    assert not explained.member
    assert [step.words for step in explained.against] == ["Amplitude Cohorts includes Cohort b"]


def test_nested_segments_and_ids_are_explained(made: World) -> None:
    made.profile(1, "usr_1")
    draft = saving.Draft("Inner", definition=definition(cohort_filter("b")))
    inner = saving.create(made.workspace, draft, by=None, now=NOW)
    explained = explain(made, 1, segment_filter(inner.pk), any_of("usr_1"))
    assert not explained.member
    (traced,) = explained.steps[0].segments
    assert (traced.name, traced.inside) == ("Inner", False)
    assert explained.steps[1].true


def test_everyone_is_in_a_segment_without_filters_but_the_deleted(made: World) -> None:
    assert explanation.explain(made.workspace.pk, EVERYONE, 1).member
    gone = explanation.explain(made.workspace.pk, EVERYONE, 8)
    assert not gone.member and not gone.alive
    assert not explanation.explain(made.workspace.pk, EVERYONE, 4_000_000).member


def test_the_page_tells_run_request_and_masked_key(cast: Cast, made: World) -> None:
    made.profile(1, "usr_1")
    key = DataImportKeyFactory.create(workspace=made.workspace)
    bought = made.cohort("bought", set())
    run = made.run(bought, added={1}, removed=set())
    run.key, run.request_id = key, "req_8c1e"
    run.save()
    draft = saving.Draft(
        "Lapsed",
        definition=definition(cohort_filter("bought", operator="does_not_include")),
    )
    segment = saving.create(made.workspace, draft, by=None, now=NOW)
    client = cast.client(cast.charlie)
    address = reverse("segments:look_up", args=["lumen", segment.pk])
    fragment = client.get(address, {"person": "usr_1"}, headers={"HX-Request": "true"})
    page = fragment.content.decode()
    assert "Not in this segment." in page and "One filter fails." in page
    assert reverse("cohorts:run", args=["lumen", run.pk]) in page
    assert "req_8c1e" in page and f"…{key.last_four}" in page and key.prefix not in page
    assert "<html" not in page and "<html" in client.get(address).content.decode()
    unknown = client.get(address, {"person": "nobody"}).content.decode()
    assert "Nobody here is known by that." in unknown
