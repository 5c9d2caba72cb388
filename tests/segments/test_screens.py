"""The list of segments and what is done to whole segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from braze_partners.workspaces.models import Account, AuditEntry
from cohorts.segments import saving
from cohorts.segments.models import Segment, SegmentSize
from tests.cast import Cast
from tests.segments.worlds import (
    NOW,
    World,
    cohort_filter,
    definition,
    has_external_id,
    segment_filter,
    world,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, anonymous={9}, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3})
    made.cohort("p81mz0qd", {3, 4})
    return made


def make(made: World, name: str, *rows: Any, by: Account | None = None, **more: Any) -> Segment:
    draft = saving.Draft(
        name, definition=definition(*rows, exclude=more.pop("exclude", ())), **more
    )
    return saving.create(made.workspace, draft, by=by, now=NOW)


def address(name: str, *args: Any) -> str:
    return reverse(f"segments:{name}", args=["lumen", *args])


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def test_the_list_shows_size_words_use_and_who_edited(cast: Cast, lumen: World) -> None:
    inner = make(lumen, "Shoppers", cohort_filter("k3x9a7f2", "p81mz0qd"), by=cast.bob)
    make(lumen, "Not shoppers", segment_filter(inner.pk, operator="does_not_include"))
    page = text(cast.client(cast.charlie).get(address("list")))
    assert "Amplitude Cohorts includes Cohort k3x9a7f2 or Cohort p81mz0qd" in page
    assert "Segment Membership does not include Shoppers" in page
    assert "Bob" in page
    assert "<b>4</b>" in page and "<b>6</b>" in page


def test_a_workspace_without_segments_says_what_they_are_for(cast: Cast, lumen: World) -> None:
    assert "No segment yet" in text(cast.client(cast.bob).get(address("list")))


def test_the_list_is_narrowed_by_its_address(cast: Cast, lumen: World) -> None:
    make(lumen, "Alpha", by=cast.bob, tags=("Retention",))
    beta = make(lumen, "Beta", by=cast.alice)
    gone = make(lumen, "Gamma", by=cast.alice)
    saving.set_archived([gone], True, by=cast.alice, now=NOW)
    client = cast.client(cast.bob)

    def names(**query: str) -> set[str]:
        page = text(client.get(address("list"), query))
        return {name for name in ("Alpha", "Beta", "Gamma") if f">{name}</a>" in page}

    assert names() == {"Alpha", "Beta"}
    assert names(archived="1") == {"Alpha", "Beta", "Gamma"}
    assert names(q="alp") == names(mine="1") == names(tag="Retention") == {"Alpha"}
    assert names(starred="1") == set()
    client.post(address("star", beta.pk))
    assert names(starred="1") == {"Beta"}
    client.post(address("star", beta.pk))
    assert names(starred="1") == set()
    assert names(q="zzz", page="7", sort="nonsense") == set()


def test_stars_are_each_persons_own(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Alpha")
    cast.client(cast.charlie).post(address("star", segment.pk))
    assert segment.stars.get().account == cast.charlie


def test_the_list_asks_as_much_for_thirty_segments_as_for_three(
    cast: Cast, lumen: World, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    inner = make(lumen, "Inner", cohort_filter("p81mz0qd"))

    def fill(first: int, end: int) -> None:
        for at in range(first, end):
            make(
                lumen,
                f"Segment {at}",
                [cohort_filter("k3x9a7f2"), segment_filter(inner.pk)],
                has_external_id(),
                tags=(f"Tag {at}",),
                by=cast.bob,
            )

    client = cast.client(cast.bob)
    fill(0, 3)
    client.get(address("list"))
    with CaptureQueriesContext(connection) as few:
        client.get(address("list"))
    fill(3, 30)
    with CaptureQueriesContext(connection) as many:
        text(client.get(address("list")))
    assert len(many) == len(few)
    with django_assert_max_num_queries(15):
        client.get(address("list"))


def test_archiving_is_recorded_and_undone(cast: Cast, lumen: World) -> None:
    one, two = make(lumen, "One"), make(lumen, "Two")
    client = cast.client(cast.bob)
    client.post(address("archive"), {"segment": [one.pk, two.pk], "archived": "1"})
    assert Segment.objects.exclude(archived_at=None).count() == 2
    assert AuditEntry.objects.filter(action="segment.archived").count() == 2
    client.post(address("archive"), {"segment": [one.pk], "archived": "0"})
    assert Segment.objects.get(archived_at=None) == one


def test_archiving_a_segment_that_another_uses_asks_first(cast: Cast, lumen: World) -> None:
    used = make(lumen, "Used")
    make(lumen, "User", segment_filter(used.pk))
    client = cast.client(cast.bob)
    page = text(client.post(address("archive"), {"segment": [used.pk]}))
    assert "Used is used by" in page and "User" in page
    used.refresh_from_db()
    assert used.archived_at is None
    client.post(address("archive"), {"segment": [used.pk], "confirmed": "1"})
    used.refresh_from_db()
    assert used.archived_at is not None


def test_archiving_answers_404_for_other_workspaces(cast: Cast, lumen: World) -> None:
    foreign = make(world(1, workspace=cast.other_workspace), "Foreign")
    client = cast.client(cast.bob)
    assert client.post(address("archive"), {"segment": [foreign.pk]}).status_code == 404
    assert client.post(address("archive"), {"segment": ["x"]}).status_code == 404
    assert client.post(address("archive")).status_code == 404
    assert client.get(address("detail", foreign.pk)).status_code == 404


def test_the_way_back_never_leads_elsewhere(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "One")
    client = cast.client(cast.bob)
    for back in ("https://evil.example/", "//evil.example", "/w/lumen/segments/\\evil"):
        answer = client.post(address("archive"), {"segment": [segment.pk], "back": back})
        assert answer["Location"] == address("list")
    kept = address("list") + "?q=a"
    answer = client.post(address("archive"), {"segment": [segment.pk], "back": kept})
    assert answer["Location"] == kept


def test_a_duplicate_has_everything_but_the_name(cast: Cast, lumen: World) -> None:
    source = make(lumen, "Alpha", cohort_filter("k3x9a7f2"), tags=("Retention",), description="Why")
    client = cast.client(cast.bob)
    for expected in ("Alpha (copy)", "Alpha (copy 2)"):
        client.post(address("duplicate", source.pk))
        copy = Segment.objects.get(name=expected)
        assert (copy.definition, copy.description) == (source.definition, "Why")
        assert [tag.name for tag in copy.tags.all()] == ["Retention"]
        assert copy.uses_cohorts.count() == 1
        assert SegmentSize.objects.get(segment=copy).size == 3


def test_members_are_paged_by_cursor(
    cast: Cast, lumen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        lumen.profile(number, None if number == 9 else f"usr_{number}")
    segment = make(lumen, "Few", [cohort_filter("k3x9a7f2"), has_external_id(False)])
    monkeypatch.setattr("cohorts.segments.limits.MEMBERS_PAGE", 3)
    client = cast.client(cast.charlie)
    first = text(client.get(address("members", segment.pk)))
    assert (
        all(f"usr_{number}" in first for number in (1, 2, 3))
        and 'rel="next" href="?after=3"' in first
    )
    last = text(client.get(address("members", segment.pk), {"after": "3"}))
    assert "braze_id:" in last and "usr_" not in last and 'rel="next"' not in last


def test_a_viewer_may_look_and_star_but_not_edit(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Alpha", cohort_filter("k3x9a7f2"))
    client = cast.client(cast.charlie)
    page = text(client.get(address("detail", segment.pk)))
    assert "Total Reachable Users" in page and 'id="segment-form"' not in page
    assert "Create Segment" not in text(client.get(address("list")))
    for refused in (
        client.get(address("create")),
        client.post(address("save", segment.pk)),
        client.post(address("archive"), {"segment": [segment.pk]}),
        client.post(address("duplicate", segment.pk)),
        client.post(address("preview")),
    ):
        assert refused.status_code == 403


def test_the_rail_narrows_and_groups_by_links(cast: Cast, lumen: World) -> None:
    make(lumen, "Alpha", tags=("France", "Retention"), by=cast.alice)
    make(lumen, "Beta", tags=("France",), by=cast.bob)
    client = cast.client(cast.bob)
    page = text(client.get(address("list"), {"group": "editor", "q": "a"}))
    assert 'href="?q=a&amp;tag=France&amp;group=editor"' in page
    assert page.index(">Alice</th>") < page.index("Alpha") < page.index(">Bob</th>")
    assert "France <span" in page and ">2</span>" in page
    narrowed = text(client.get(address("list"), {"tag": "Retention"}))
    assert "Alpha" in narrowed and "Beta" not in narrowed


def test_archiving_offers_once_to_be_undone(cast: Cast, lumen: World) -> None:
    first, second = make(lumen, "First"), make(lumen, "Second")
    client = cast.client(cast.bob)
    chosen = {"segment": [first.pk, second.pk], "back": address("list")}
    page = text(client.post(address("archive"), chosen, follow=True))
    assert 'form="undo"' in page and page.count('name="segment"') == 2
    assert 'id="undo"' not in text(client.get(address("list")))
    client.post(address("archive"), {**chosen, "archived": "0"})
    assert not Segment.objects.exclude(archived_at=None).exists()


def test_only_an_admin_deletes_and_nothing_that_is_used(cast: Cast, lumen: World) -> None:
    inner = make(lumen, "Inner", cohort_filter("k3x9a7f2"))
    outer = make(lumen, "Outer", segment_filter(inner.pk))
    assert cast.client(cast.bob).post(address("delete", inner.pk)).status_code == 403
    alice = cast.client(cast.alice)
    refused = alice.post(address("delete", inner.pk), follow=True)
    assert "Not deleted: this segment is in use" in refused.content.decode()
    assert "Outer" in refused.content.decode()
    for each in (outer, inner):
        alice.post(address("delete", each.pk))
    assert not Segment.objects.exists()
    assert AuditEntry.objects.filter(action="segment.deleted").count() == 2
    assert alice.post(address("save", inner.pk), {"act": "save"}).status_code == 404


def test_a_sample_of_members_stands_on_the_page(cast: Cast, lumen: World) -> None:
    segment = make(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    client = cast.client(cast.charlie)
    assert (
        address("sample", segment.pk) in client.get(address("detail", segment.pk)).content.decode()
    )
    drawn = client.get(address("sample", segment.pk)).content.decode()
    assert drawn.count('class="row-title"') <= 8
