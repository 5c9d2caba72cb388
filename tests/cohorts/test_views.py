"""The screens of cohorts and runs: what they show, to whom, at what cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from braze_partners.people.profiles import delete_profiles
from braze_partners.workspaces.models import AuditEntry, Role
from cohorts.models import Cohort
from tests.cohorts.conftest import NOW, Partner
from tests.cohorts.factories import CohortFactory
from tests.segments.factories import SegmentFactory
from tests.workspaces.factories import MemberFactory


def signed_in(partner: Partner, role: str = Role.ADMIN) -> Client:
    member = MemberFactory.create(workspace=partner.workspace, role=role)
    client = Client()
    client.force_login(member.account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(partner: Partner, name: str, *arguments: object) -> str:
    return reverse(f"cohorts:{name}", args=[partner.workspace.slug, *arguments])


def test_the_list_names_a_cohort_with_partner_and_id(amplitude: Partner) -> None:
    amplitude.name()
    amplitude.users([{"user_ids": ["u1", "u2"]}])
    page = signed_in(amplitude).get(address(amplitude, "list")).content.decode()
    assert "[Amplitude] <bdi>TEST_COHORT</bdi>:" in page
    assert "abcd1234" in page


def test_the_list_finds_by_name_and_by_id_and_leaves_archived_ones_out(amplitude: Partner) -> None:
    lapsed = CohortFactory.create(workspace=amplitude.workspace, name="Lapsed", cohort_id="aa11")
    CohortFactory.create(workspace=amplitude.workspace, name="Carts", archived_at=NOW)
    client = signed_in(amplitude)
    for words in ("laps", "aa1"):
        rows = client.get(address(amplitude, "list"), {"q": words}).context["rows"]
        assert [cohort for cohort, _change in rows] == [lapsed]
    everything = client.get(address(amplitude, "list"), {"archived": "1"}).context["rows"]
    assert len(everything) == 2


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_however_many_cohorts(
    amplitude: Partner, count: int, django_assert_max_num_queries: Any
) -> None:
    CohortFactory.create_batch(count, workspace=amplitude.workspace)
    client = signed_in(amplitude)
    with django_assert_max_num_queries(12):
        client.get(address(amplitude, "list"))


def test_a_cohorts_page_shows_size_change_and_runs(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1", "u2", "nobody"]}])
    amplitude.users([{"user_ids": ["u1"], "should_remove": True}])
    page = signed_in(amplitude).get(address(amplitude, "detail", amplitude.cohort().pk))
    assert page.context["change"].net == 1
    assert page.context["change"].data_points == 3
    assert [run.size_after for run in page.context["runs"]] == [1, 2]


def test_a_deletion_shrinks_a_cohort_without_data_points(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1", "u2"]}])
    delete_profiles(amplitude.workspace.pk, [amplitude.numbers[1]], NOW)
    page = signed_in(amplitude).get(address(amplitude, "detail", amplitude.cohort().pk))
    assert page.context["cohort"].size == 1
    assert page.context["change"].data_points == 2


def test_members_are_listed_by_identifier_and_found_by_it(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1", "u2"], "device_ids": ["x0"]}])
    client, cohort = signed_in(amplitude), amplitude.cohort()
    listed = client.get(address(amplitude, "members", cohort.pk)).context["people"]
    assert [person.identifier for person in listed] == ["u1", "u2", "device:x0"]
    inside = client.get(address(amplitude, "members", cohort.pk), {"q": "u2"})
    assert [person.identifier for person in inside.context["people"]] == ["u2"]
    outside = client.get(address(amplitude, "members", cohort.pk), {"q": "u7"})
    assert "Known, but not a member" in outside.content.decode()
    nobody = client.get(address(amplitude, "members", cohort.pk), {"q": "who?"})
    assert "Nobody here is known by that" in nobody.content.decode()


def test_members_are_paged_by_number(amplitude: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cohorts.views.MEMBERS_PER_PAGE", 2)
    amplitude.users([{"user_ids": ["u1", "u2", "u3"]}])
    client, cohort = signed_in(amplitude), amplitude.cohort()
    first = client.get(address(amplitude, "members", cohort.pk))
    assert [person.identifier for person in first.context["people"]] == ["u1", "u2"]
    second = client.get(address(amplitude, "members", cohort.pk), {"after": first.context["after"]})
    assert [person.identifier for person in second.context["people"]] == ["u3"]
    assert second.context["after"] is None


def test_a_runs_page_lists_who_was_skipped_and_why(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1", "ghost", "spook"], "device_ids": ["d1"]}])
    client, run = signed_in(amplitude), amplitude.last_run()
    page = client.get(address(amplitude, "run", run.pk))
    skipped = [skip.entry.identifier for skip, _number in page.context["skips"]]
    assert sorted(skipped) == ["d1", "ghost", "spook"]
    found = client.get(address(amplitude, "run", run.pk), {"q": "spo"})
    assert [skip.entry.identifier for skip, _number in found.context["skips"]] == ["spook"]


def test_a_refused_request_says_that_nothing_was_changed(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": [f"u{n}" for n in range(1001)]}])
    run = amplitude.last_run()
    page = signed_in(amplitude).get(address(amplitude, "run", run.pk)).content.decode()
    assert "The request was refused. Nothing was changed." in page
    assert "Only 1,000 `user_ids`" in page


def test_an_archived_cohort_goes_on_accepting_pushes(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1"]}])
    cohort = amplitude.cohort()
    signed_in(amplitude, Role.MARKETER).post(address(amplitude, "archive", cohort.pk))
    assert amplitude.cohort().archived_at is not None
    assert amplitude.users([{"user_ids": ["u2"]}]).status_code == 201
    assert len(amplitude.members()) == 2
    assert AuditEntry.objects.filter(action="cohort.archived").exists()


def test_a_cohort_that_a_segment_uses_is_not_deleted(amplitude: Partner) -> None:
    amplitude.users([{"user_ids": ["u1"]}])
    cohort = amplitude.cohort()
    segment = SegmentFactory.create(workspace=amplitude.workspace)
    segment.uses_cohorts.create(cohort=cohort)
    client = signed_in(amplitude)
    answer = client.post(address(amplitude, "delete", cohort.pk), follow=True)
    assert "this cohort is in use" in answer.content.decode()
    segment.uses_cohorts.all().delete()
    client.post(address(amplitude, "delete", cohort.pk))
    assert not Cohort.objects.filter(pk=cohort.pk).exists()
    assert amplitude.users([{"user_ids": ["u1"]}]).status_code == 201
    assert len(amplitude.members()) == 1
