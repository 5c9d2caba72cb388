"""The way out of refused credentials, ticked by evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from braze_partners.workspaces.audit import Actor
from currents import editing
from currents.condition import condition, found
from currents.drafts import checked_key
from currents.models import ConnectionTest, Current, Refusal
from currents.remedy import Remedy, remedy
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import (
    API_KEY,
    ConnectionTestFactory,
    CredentialFailureFactory,
    CurrentFactory,
    now,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def stopped(cast: Cast) -> Current:
    current: Current = CurrentFactory.create(workspace=cast.workspace, state=State.STOPPED)
    CredentialFailureFactory.create(current=current, began_at=now() - timedelta(hours=1))
    return current


def way(current: Current) -> Remedy:
    made = remedy(condition(found(current.workspace).get(pk=current.pk), now()))
    assert made is not None
    return made


def enter_key(current: Current) -> None:
    wanted = checked_key(API_KEY[::-1], current.region, current.region)
    editing.enter_key(current, wanted, Actor(), now())


def test_it_begins_with_a_new_key(stopped: Current) -> None:
    made = way(stopped)
    assert (made.step, made.key_entered_at, made.tested) == (1, None, None)


def test_a_key_that_was_entered_is_to_be_tested(stopped: Current) -> None:
    enter_key(stopped)
    made = way(stopped)
    assert made.step == 2
    assert made.key_entered_at is not None


def test_an_accepted_test_leads_to_resuming_a_refused_one_back_to_the_key(stopped: Current) -> None:
    enter_key(stopped)
    ConnectionTestFactory.create(current=stopped, accepted=False)
    assert way(stopped).step == 1
    ConnectionTestFactory.create(current=stopped, accepted=True)
    assert way(stopped).step == 3


def test_a_test_of_the_key_before_says_nothing(stopped: Current) -> None:
    ConnectionTestFactory.create(
        current=stopped, accepted=True, created_at=now() - timedelta(minutes=5)
    )
    enter_key(stopped)
    assert way(stopped).step == 2


def test_behind_a_firewall_one_begins_with_the_test(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, state=State.STOPPED)
    CredentialFailureFactory.create(current=current, kind=Refusal.FORBIDDEN)
    assert way(current).step == 2


def test_there_is_no_way_out_of_what_is_well(cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    assert remedy(condition(found(cast.workspace).get(pk=current.pk), now())) is None


def test_the_path_polls_while_a_test_is_under_way(cast: Cast, stopped: Current) -> None:
    client = cast.client(cast.bob)
    address = reverse("currents:path", args=["lumen", stopped.pk])
    test = ConnectionTestFactory.create(
        current=stopped, state=ConnectionTest.State.RUNNING, accepted=None
    )
    assert 'data-poll="700"' in client.get(address).content.decode()
    ConnectionTest.objects.filter(pk=test.pk).update(
        state=ConnectionTest.State.DONE, accepted=True, verdict=ConnectionTest.Verdict.ACCEPTED
    )
    text = client.get(address).content.decode()
    assert "data-poll" not in text
    assert "Amplitude accepted the test event." in text
    assert "Step 3 of 4" in text


def test_the_path_gives_way_to_the_page_once_all_is_well(cast: Cast, stopped: Current) -> None:
    Current.objects.filter(pk=stopped.pk).update(state=State.ACTIVE)
    answer = cast.client(cast.bob).get(reverse("currents:path", args=["lumen", stopped.pk]))
    assert answer.headers["HX-Refresh"] == "true"
