"""The cohorts on a person's page, each with the run that put them there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from braze_partners.workspaces.models import Role
from cohorts.folding import fold
from cohorts.models import ImportRun
from tests.cohorts.conftest import Partner, amplitude, nothing_remembered
from tests.workspaces.factories import MemberFactory

__all__ = ["amplitude", "nothing_remembered"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(amplitude: Partner) -> Client:
    member = MemberFactory.create(workspace=amplitude.workspace, role=Role.VIEWER)
    client = Client()
    client.force_login(member.account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(viewer: Client, number: int) -> str:
    answer = viewer.get(f"/w/lumen/people/{number}/")
    assert f"/w/lumen/people/{number}/cohorts/" in answer.content.decode()
    part = viewer.get(f"/w/lumen/people/{number}/cohorts/")
    assert part.status_code == 200
    return part.content.decode()


def test_each_cohort_names_the_run_that_put_the_person_there(
    amplitude: Partner, viewer: Client
) -> None:
    amplitude.users([{"user_ids": ["u1", "u2"]}], cohort_id="one")
    first = amplitude.last_run()
    amplitude.users([{"user_ids": ["u1"], "should_remove": True}], cohort_id="one")
    amplitude.users([{"user_ids": ["u1", "u3"]}], cohort_id="one")
    again = amplitude.last_run()
    assert f"runs/{again.pk}/" in shown(viewer, amplitude.numbers[1])
    assert f"runs/{first.pk}/" in shown(viewer, amplitude.numbers[2])
    assert "In no cohort" in shown(viewer, amplitude.numbers[9])


def test_a_run_whose_bitmaps_are_gone_is_an_older_run(amplitude: Partner, viewer: Client) -> None:
    amplitude.users([{"user_ids": ["u1"]}])
    fold(amplitude.cohort().pk)
    ImportRun.objects.update(added_bits=None)
    assert "an older run" in shown(viewer, amplitude.numbers[1])


def test_it_costs_the_same_queries_with_many_cohorts(
    amplitude: Partner,
    viewer: Client,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for number in range(25):
        amplitude.users([{"user_ids": ["u1"]}], cohort_id=f"c{number}")
    with django_assert_max_num_queries(15):
        part = viewer.get(f"/w/lumen/people/{amplitude.numbers[1]}/cohorts/").content.decode()
    assert part.count('class="cohort-label"') == 20
    assert "and 5 more" in part


def test_nobody_has_no_cohorts(viewer: Client) -> None:
    assert viewer.get("/w/lumen/people/99/cohorts/").status_code == 404
