"""The lists of campaigns and Canvases, the page of one, where segments and cohorts are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from braze_partners.messaging import saving
from braze_partners.messaging.models import Outreach
from braze_partners.workspaces.models import AuditEntry
from cohorts.models import Cohort
from tests.cast import Cast
from tests.messaging.worlds import campaign, canvas, segment, target
from tests.segments.worlds import NOW, World, cohort_filter, has_external_id, segment_filter, world

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, anonymous={9}, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3})
    return made


def address(name: str, *args: Any, of: str = "campaigns") -> str:
    return reverse(f"{of}:{name}", args=["lumen", *args])


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def test_the_list_shows_state_channels_audience_and_size(cast: Cast, lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    regulars = segment(lumen, "Regulars", has_external_id())
    wanted = target(shoppers, regulars, filters=[cohort_filter("k3x9a7f2")])
    campaign(lumen, by=cast.bob, target=wanted, tags=("Retention",))
    canvas(lumen, target=target(regulars))
    page = text(cast.client(cast.charlie).get(address("list")))
    assert "Shoppers and Regulars; Amplitude Cohorts includes Cohort k3x9a7f2" in page
    assert "Email, Push Notification" in page and "<b>3</b>" in page and "Bob" in page
    assert "Draft" in page and "Winback" not in page
    page = text(cast.client(cast.charlie).get(address("list", of="canvas")))
    assert "Winback" in page and "<b>9</b>" in page and "Restock" not in page


@pytest.mark.parametrize(
    ("of", "told"), [("campaigns", "No campaign yet"), ("canvas", "No Canvas yet")]
)
def test_an_empty_list_says_what_they_are_for(cast: Cast, lumen: World, of: str, told: str) -> None:
    mine, theirs = (
        cast.client(each).get(address("list", of=of)) for each in (cast.bob, cast.charlie)
    )
    assert told in text(mine) and address("create", of=of) in text(mine)
    assert told in text(theirs) and address("create", of=of) not in text(theirs)


def test_the_list_is_narrowed_by_its_address(cast: Cast, lumen: World) -> None:
    campaign(lumen, "Alpha", by=cast.bob, tags=("Retention",))
    beta = campaign(lumen, "Beta", by=cast.alice, target=target(segment(lumen, "All")))
    saving.set_active(beta, True, by=cast.alice, now=NOW)
    gone = campaign(lumen, "Gamma", by=cast.alice)
    saving.set_archived([gone], True, by=cast.alice, now=NOW)
    client = cast.client(cast.bob)

    def names(**query: str) -> set[str]:
        page = text(client.get(address("list"), query))
        return {name for name in ("Alpha", "Beta", "Gamma") if f">{name}</a>" in page}

    assert names() == {"Alpha", "Beta"}
    assert names(archived="1") == {"Alpha", "Beta", "Gamma"}
    assert names(q="alp") == names(mine="1") == names(tag="Retention") == {"Alpha"}
    assert names(state="active") == {"Beta"} and names(state="draft") == {"Alpha"}
    assert names(q="zzz", page="7", sort="nonsense", state="what") == set()
    assert "No campaign matches" in text(client.get(address("list"), {"q": "zzz"}))


def test_the_list_asks_as_much_for_thirty_as_for_three(
    cast: Cast, lumen: World, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))

    def fill(first: int, end: int) -> None:
        for at in range(first, end):
            wanted = target(shoppers, filters=[[has_external_id(), segment_filter(shoppers.pk)]])
            campaign(lumen, f"Campaign {at}", by=cast.bob, target=wanted, tags=(f"Tag {at}",))

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
    one, two = campaign(lumen, "One"), campaign(lumen, "Two")
    client = cast.client(cast.bob)
    client.post(address("archive"), {"outreach": [one.pk, two.pk], "archived": "1"})
    assert Outreach.objects.exclude(archived_at=None).count() == 2
    assert AuditEntry.objects.filter(action="campaign.archived").count() == 2
    client.post(address("archive"), {"outreach": [one.pk], "archived": "0"})
    assert Outreach.objects.get(archived_at=None) == one


def test_archiving_answers_404_for_others(cast: Cast, lumen: World) -> None:
    foreign = campaign(world(1, workspace=cast.other_workspace), "Foreign")
    client = cast.client(cast.bob)
    for pks in ([foreign.pk], [canvas(lumen).pk], ["x"], []):
        assert client.post(address("archive"), {"outreach": pks}).status_code == 404
    assert Outreach.objects.exclude(archived_at=None).count() == 0


def test_the_way_back_never_leads_elsewhere(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    client = cast.client(cast.bob)
    for back in ("https://evil.example/", "//evil.example", "/w/lumen/campaigns/\\evil"):
        answer = client.post(address("archive"), {"outreach": [made.pk], "back": back})
        assert answer["Location"] == address("list")
    kept = address("list") + "?q=a"
    answer = client.post(address("archive"), {"outreach": [made.pk], "back": kept})
    assert answer["Location"] == kept


def test_a_duplicate_is_a_draft_with_everything_but_the_name(cast: Cast, lumen: World) -> None:
    source = canvas(lumen, target=target(segment(lumen, "All")), tags=("Retention",))
    saving.set_active(source, True, by=None, now=NOW)
    client = cast.client(cast.bob)
    for expected in ("Winback (copy)", "Winback (copy 2)"):
        client.post(address("duplicate", source.pk, of="canvas"))
        copy = Outreach.objects.get(name=expected)
        assert copy.state == Outreach.State.DRAFT and copy.control_share == 10
        assert [step.name for step in copy.steps.order_by("position")] == ["Hello", "Reminder"]
        assert copy.variants.count() == 2 and copy.uses_segments.count() == 1
        assert {step.pk for step in copy.steps.all()}.isdisjoint(
            step.pk for step in source.steps.all()
        )


def test_a_page_reads_all_of_a_canvas(cast: Cast, lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    made = canvas(lumen, target=target(shoppers, exclude=[has_external_id(False)]))
    page = text(cast.client(cast.charlie).get(address("detail", made.pk, of="canvas")))
    for told in ("Entry Audience", "Shoppers", "EXCLUDE", "Hello", "Reminder", "Control group"):
        assert told in page
    assert "50.0%" in page and "Activate Canvas" not in page and "step-nav" not in page
    assert "Activate Canvas" in text(
        cast.client(cast.bob).get(address("detail", made.pk, of="canvas"))
    )


def test_only_a_complete_one_is_activated(cast: Cast, lumen: World) -> None:
    made = campaign(lumen, channels=())
    client = cast.client(cast.bob)
    page = text(client.get(address("detail", made.pk)))
    assert "Choose at least one channel." in page and "disabled" in page
    client.post(address("state", made.pk), {"active": "1"})
    made.refresh_from_db()
    assert made.state == Outreach.State.DRAFT
    whole = campaign(lumen, "Whole", target=target(segment(lumen, "All")))
    for active, state in (("1", "active"), ("0", "draft")):
        client.post(address("state", whole.pk), {"active": active})
        whole.refresh_from_db()
        assert whole.state == state
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["campaign.activated", "campaign.deactivated"]


def test_a_viewer_may_read_but_not_edit(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    client = cast.client(cast.charlie)
    assert "Create Campaign" not in text(client.get(address("list")))
    for refused in (
        client.get(address("create")),
        client.get(address("edit", made.pk)),
        client.get(address("target", made.pk)),
        client.post(address("target_preview", made.pk)),
        client.post(address("state", made.pk), {"active": "1"}),
        client.post(address("duplicate", made.pk)),
        client.post(address("archive"), {"outreach": [made.pk]}),
    ):
        assert refused.status_code == 403


def test_names_are_shown_as_they_were_given(cast: Cast, lumen: World) -> None:
    name = '<b onclick="x">“&\u202eabc'
    made = campaign(lumen, name, target=target(segment(lumen, name)), tags=(name,))
    client = cast.client(cast.bob)
    for path in (
        address("list"),
        address("detail", made.pk),
        address("edit", made.pk),
        address("target", made.pk),
        reverse("dashboard:search", args=["lumen"]) + "?q=onclick",
        reverse("segments:detail", args=["lumen", made.uses_segments.get().segment_id]),
    ):
        page = text(client.get(path))
        assert "<b onclick" not in page
        assert "&lt;b onclick=&quot;x&quot;&gt;“&amp;\u202eabc" in page, path


def test_a_campaign_is_no_canvas(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    client = cast.client(cast.bob)
    for name in ("detail", "edit", "target", "steps"):
        assert client.get(address(name, made.pk, of="canvas")).status_code == 404


def test_a_segment_tells_its_messaging_use(cast: Cast, lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    campaign(lumen, "Chosen", target=target(shoppers))
    campaign(lumen, "Filtered", target=target(filters=[segment_filter(shoppers.pk)]))
    gone = canvas(lumen, target=target(shoppers))
    saving.set_archived([gone], True, by=None, now=NOW)
    client = cast.client(cast.charlie)
    page = text(client.get(reverse("segments:detail", args=["lumen", shoppers.pk])))
    card = page[page.index("Messaging Use") :]
    assert card.index("Chosen") < card.index("Filtered") < card.index("Winback")
    assert "Archived" in card
    listed = text(client.get(reverse("segments:list", args=["lumen"])))
    assert 'data-label="Campaigns" class="number">2<' in listed
    assert 'data-label="Canvases" class="number">1<' in listed


def test_archiving_a_segment_in_use_warns_and_says_where(cast: Cast, lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers")
    made = campaign(lumen, target=target(shoppers))
    client = cast.client(cast.bob)
    path = reverse("segments:archive", args=["lumen"])
    page = text(client.post(path, {"segment": [shoppers.pk]}))
    assert "Shoppers is used by" in page and "Restock" in page
    shoppers.refresh_from_db()
    assert shoppers.archived_at is None
    client.post(path, {"segment": [shoppers.pk], "confirmed": "1"})
    shoppers.refresh_from_db()
    assert shoppers.archived_at is not None
    assert "Archived" in text(client.get(address("target", made.pk)))
    saving.set_archived([made], True, by=None, now=NOW)
    client.post(path, {"segment": [shoppers.pk], "archived": "0"})
    assert client.post(path, {"segment": [shoppers.pk]}).status_code == 302


def test_a_cohort_tells_who_filters_by_it(cast: Cast, lumen: World) -> None:
    segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    campaign(lumen, target=target(filters=[cohort_filter("k3x9a7f2")]))
    canvas(lumen, target=target(filters=[cohort_filter("k3x9a7f2")]))
    cohort = Cohort.objects.get()
    client = cast.client(cast.alice)
    page = text(client.get(reverse("cohorts:used_in", args=["lumen", cohort.pk])))
    assert all(name in page for name in ("Shoppers", "Restock", "Winback"))
    assert 'Used in <span class="count">3</span>' in page
    client.post(reverse("cohorts:delete", args=["lumen", cohort.pk]))
    assert Cohort.objects.count() == 1


def test_they_are_found_by_the_search_of_the_header(cast: Cast, lumen: World) -> None:
    campaign(lumen, "Spring restock")
    canvas(lumen, "Spring winback")
    path = reverse("dashboard:search", args=["lumen"])
    page = text(cast.client(cast.charlie).get(path, {"q": "spring"}))
    assert "Spring restock" in page and "Spring winback" in page
