"""The home page: figures, attention, the story's steps and what ticks them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from braze_partners.dashboard import demo, home, home_export, story
from braze_partners.dashboard.attention import attention_items
from braze_partners.workspaces.models import Account, Member
from cohorts.models import Cohort
from cohorts.segments import evaluation, listing, planning
from cohorts.segments.models import Segment, SegmentSize
from currents.states import State
from tests.cohorts.conftest import Partner, make_partner
from tests.currents.factories import CurrentFactory, LedgerEntryFactory
from tests.segments.factories import SegmentFactory
from tests.workspaces.factories import AccountFactory, MemberFactory

MOST_QUERIES = 15


@pytest.fixture
def amplitude(db: None) -> Partner:
    return make_partner()


@pytest.fixture
def member(amplitude: Partner) -> Member:
    found: Member = MemberFactory.create(workspace=amplitude.workspace)
    return found


@pytest.fixture
def client(member: Member) -> Client:
    client = Client()
    client.force_login(member.account, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def running(settings: Any, tmp_path: Path) -> None:
    settings.RUN_FILE = tmp_path / "run.json"
    settings.RUN_FILE.write_text(json.dumps({"sandbox": "http://127.0.0.1:8010"}))


def done(amplitude: Partner, account: Account) -> list[bool]:
    told = story.stories(amplitude.workspace, account)[0]
    return [step.done_at is not None for step in told.steps]


def test_the_story_is_not_told_where_no_sandbox_runs(amplitude: Partner, member: Member) -> None:
    assert story.stories(amplitude.workspace, member.account) == []


def test_each_step_of_the_story_ticks_by_evidence(
    amplitude: Partner, member: Member, client: Client, running: None
) -> None:
    slug, account = amplitude.workspace.slug, member.account
    assert done(amplitude, account) == [False] * 5
    amplitude.users([{"user_ids": ["u1", "u2", "u3"]}])
    first = amplitude.last_run()
    assert done(amplitude, account) == [True, False, False, False, False]
    client.get(reverse("cohorts:run", args=[slug, first.pk]))
    assert done(amplitude, account) == [True, True, False, False, False]
    segment = SegmentFactory.create(workspace=amplitude.workspace)
    client.get(reverse("segments:detail", args=[slug, segment.pk]))
    assert done(amplitude, account) == [True, True, True, False, False]
    amplitude.users([{"user_ids": ["u4"]}, {"user_ids": ["u1"], "should_remove": True}])
    assert done(amplitude, account) == [True, True, True, True, False]
    client.get(reverse("cohorts:run", args=[slug, amplitude.last_run().pk]))
    assert done(amplitude, account) == [True] * 5


def test_the_polled_story_answers_nothing_until_a_step_is_ticked(
    amplitude: Partner, client: Client, running: None
) -> None:
    address = reverse("dashboard:story", args=[amplitude.workspace.slug])
    assert client.get(address, {"seen": "0-off"}).status_code == 204
    amplitude.users([{"user_ids": ["u1"]}])
    assert "1 of 5" in client.get(address, {"seen": "0-off"}).content.decode()


def test_what_one_person_opened_does_not_tick_for_another(
    amplitude: Partner, member: Member, client: Client, running: None
) -> None:
    amplitude.users([{"user_ids": ["u1"]}])
    client.get(reverse("cohorts:run", args=[amplitude.workspace.slug, amplitude.last_run().pk]))
    other = MemberFactory.create(workspace=amplitude.workspace).account
    assert done(amplitude, other) == [True, False, False, False, False]


def test_a_refused_request_needs_attention_until_one_is_accepted(
    amplitude: Partner, member: Member
) -> None:
    amplitude.users([{"user_ids": [f"u{n}" for n in range(1001)]}])
    (item,) = attention_items(amplitude.workspace, member, timezone.now())
    assert "Amplitude" in str(item.title)
    assert item.url.endswith(f"/runs/{amplitude.last_run().pk}/")
    amplitude.users([{"user_ids": ["u1"]}])
    assert attention_items(amplitude.workspace, member, timezone.now()) == []


def test_the_figures_add_up(amplitude: Partner, client: Client) -> None:
    amplitude.users([{"user_ids": ["u1", "u2", "ghost"]}])
    amplitude.users([{"user_ids": ["u2"], "should_remove": True}])
    figures = home.import_figures(amplitude.workspace, timezone.now())
    assert (figures.members, figures.cohorts, figures.change) == (1, 1, 1)
    assert (figures.runs, figures.with_skips, figures.refused) == (2, 1, 0)
    assert sum(figures.runs_by_hour) == 2
    page = client.get(reverse("dashboard:home", args=[amplitude.workspace.slug]))
    assert page.status_code == 200


def test_search_finds_cohorts_segments_people_and_partners(
    amplitude: Partner, client: Client
) -> None:
    amplitude.name()
    SegmentFactory.create(workspace=amplitude.workspace, name="Test of everything")
    address = reverse("dashboard:search", args=[amplitude.workspace.slug])
    groups = client.get(address, {"q": "test"}).context["groups"]
    assert [len(group.found) for group in groups] == [1, 1]
    (people,) = client.get(address, {"q": "u7"}).context["groups"]
    assert [hit.title for hit in people.found] == ["u7"]
    (partners,) = client.get(address, {"q": "ampli"}).context["groups"][-1:]
    assert "Amplitude" in [hit.title for hit in partners.found]
    assert "Nothing is called" in client.get(address, {"q": "zzz"}).content.decode()


@pytest.mark.embedded
def test_the_demo_has_people_cohorts_and_segments_of_an_exact_size(db: None) -> None:
    demo.load(timezone.now())
    assert demo.is_loaded()
    cohorts = Cohort.objects.filter(workspace__slug=demo.SLUG)
    assert {str(cohort) for cohort in cohorts} >= {
        "[Amplitude] High-intent shoppers: k3x9a7f2",
        "[Amplitude] Lapsed 60 days: d5b9x2ru",
    }
    lapsed = Segment.objects.get(name="Lapsed, not yet bought")
    size = evaluation.size(lapsed.workspace_id, planning.stored(lapsed))
    assert 0 < size < cohorts.get(cohort_id="d5b9x2ru").size


def test_the_members_of_each_hour_lead_to_those_of_now(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1", "u2", "u3"]}])
    amplitude.users([{"user_ids": ["u2"], "should_remove": True}])
    figures = home.import_figures(amplitude.workspace, timezone.now())
    assert len(figures.members_by_hour) == len(figures.points_by_hour) == 24
    assert (figures.members_by_hour[0], figures.members_by_hour[-1]) == (0, 2)
    assert sum(figures.points_by_hour) == 4


def test_a_starred_segment_shows_what_it_gained_since_its_first_kept_size(
    amplitude: Partner,
) -> None:
    segment = SegmentFactory.create(workspace=amplitude.workspace)
    listed = listing.found(amplitude.workspace, AccountFactory.create(), listing.Filters())
    now = timezone.now()
    (row,) = home.starred_segments(amplitude.workspace, list(listed), now)
    assert row.change is None and row.listed.size is not None
    ago = now - timedelta(days=3)
    SegmentSize.objects.create(segment=segment, day=ago.date(), at=ago, size=row.listed.size + 4)
    (row,) = home.starred_segments(amplitude.workspace, list(listed), now)
    assert row.change == -4


def test_the_home_page_costs_few_queries_however_many_currents(
    amplitude: Partner, client: Client, django_assert_max_num_queries: Any
) -> None:
    address = reverse("dashboard:home", args=[amplitude.workspace.slug])
    amplitude.users([{"user_ids": ["u1"]}])
    for state in (State.ACTIVE, State.STOPPED, State.FAILING, State.PAUSED) * 3:
        current = CurrentFactory.create(workspace=amplitude.workspace, state=state)
        LedgerEntryFactory.create(current=current)
    client.get(address)
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(address)


def test_what_is_polled_has_everything_that_moves(amplitude: Partner, client: Client) -> None:
    CurrentFactory.create(workspace=amplitude.workspace, name="Lifecycle EU")
    address = reverse("dashboard:home_figures", args=[amplitude.workspace.slug])
    text = client.get(address).content.decode()
    for part in ("home-export", "home-import", "home-tiles", "attention"):
        assert f'id="{part}"' in text
    assert text.count('hx-swap-oob="true"') == 3
    assert "Lifecycle EU" in text


def test_the_export_half_shows_each_current_and_sums_them_up(amplitude: Partner) -> None:
    now = timezone.now()
    at = now.replace(second=0, microsecond=0)
    rows: dict[str, dict[str, int]] = {
        State.ACTIVE: {"delivered": 90, "retried": 10, "waiting": 3},
        State.STOPPED: {"delivered": 5, "waiting": 40},
        State.PAUSED: {"waiting": 7},
    }
    for state, fates in rows.items():
        current = CurrentFactory.create(workspace=amplitude.workspace, state=state)
        for fate, count in fates.items():
            LedgerEntryFactory.create(current=current, fate=fate, count=count, minute=at)
    elsewhere = CurrentFactory.create()
    LedgerEntryFactory.create(current=elsewhere, count=1_000)
    figures = home_export.export_figures(amplitude.workspace, now)
    assert [row.state for row in figures.shown] == [State.STOPPED, State.ACTIVE, State.PAUSED]
    assert (figures.delivered, figures.retried, figures.waiting, figures.refused) == (
        105,
        10,
        50,
        40,
    )
    assert sum(figures.delivered_by_hour) == 105
    assert figures.set_up == {"launched": True, "received": True, "delivered": False}


def test_without_a_current_the_export_half_says_what_it_is_for(
    amplitude: Partner, client: Client
) -> None:
    text = client.get(reverse("dashboard:home", args=[amplitude.workspace.slug])).content.decode()
    assert "No Current yet" in text
    figures = home_export.export_figures(amplitude.workspace, timezone.now())
    assert set(figures.set_up.values()) == {False}
