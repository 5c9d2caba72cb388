"""Keys that end while somebody still calls with them stand in Needs attention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from braze_partners.dashboard.attention import attention_items
from braze_partners.keys import issuing
from braze_partners.keys.issuing import By
from braze_partners.workspaces.models import Member
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_it_says_who_still_calls_and_when_it_ends(cast: Cast) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    issuing.rotate(key, 24 * HOUR, By(cast.alice), NOW)
    bob = Member.objects.get(account=cast.bob)
    assert attention_items(cast.workspace, bob, NOW + HOUR) == []

    key.last_used_at, key.calls_since_rotation = NOW + HOUR, 12
    key.save()
    (item,) = attention_items(cast.workspace, bob, NOW + 2 * HOUR)
    assert item.title == f"{key.masked} ends in 22\u00a0h, and Amplitude still calls with it"
    assert "12 calls since it was rotated" in str(item.facts)
    assert (item.tone, item.url) == ("amber", "/w/lumen/partners/amplitude/#keys")


def test_one_that_has_ended_so_is_red_for_a_day(cast: Cast) -> None:
    key = RestApiKeyFactory.create(workspace=cast.workspace, label="Reports")
    issuing.rotate(key, HOUR, By(cast.alice), NOW)
    key.last_used_at = NOW + HOUR / 2
    key.save()
    alice, bob = (Member.objects.get(account=one) for one in (cast.alice, cast.bob))

    (item,) = attention_items(cast.workspace, alice, NOW + 2 * HOUR)
    assert item.title == f"{key.masked} has ended while Reports still called with it"
    assert item.tone == "red"
    assert attention_items(cast.workspace, bob, NOW + 2 * HOUR) == []
    assert attention_items(cast.workspace, alice, NOW + 27 * HOUR) == []
