"""A key is replaced by one that may do the same; the old one stays valid for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from braze_partners.keys import issuing, listing, usage, verifying
from braze_partners.keys.errors import NotRotatable, UnknownKey, UnknownRestKey
from braze_partners.keys.issuing import By
from braze_partners.keys.models import DataImportKey, KeyUse, RestApiKey
from braze_partners.keys.standing import Standing, Verdict, advice, standing
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rotated(cast: Cast, grace: timedelta = DAY) -> tuple[DataImportKey, DataImportKey]:
    key = DataImportKeyFactory.create(workspace=cast.workspace, label="Production")
    issued = issuing.rotate(key, grace, By(cast.alice), NOW)
    return key, issued.key


def used(key: DataImportKey, at: datetime, calls: int = 1) -> None:
    usage.write((KeyUse.Kind.DATA_IMPORT, key.pk), usage.Pending(at, None, at, None, {at: calls}))
    key.refresh_from_db()


def test_both_keys_are_valid_until_the_grace_ends(cast: Cast) -> None:
    old = "bpi_" + "a" * 43
    key = DataImportKeyFactory.create(workspace=cast.workspace, secret=old, label="Production")
    issued = issuing.rotate(key, HOUR, By(cast.alice), NOW)

    assert issued.key.label == "Production" and issued.key.partner == "amplitude"
    for secret in (old, issued.secret):
        assert verifying.data_import_key(secret, "amplitude", NOW + HOUR / 2)
    with pytest.raises(UnknownKey):
        verifying.data_import_key(old, "amplitude", NOW + HOUR)
    assert verifying.data_import_key(issued.secret, "amplitude", NOW + HOUR)


def test_without_a_grace_the_old_key_is_refused_at_once(cast: Cast) -> None:
    old = "brk_" + "a" * 43
    key = RestApiKeyFactory.create(workspace=cast.workspace, secret=old)
    issuing.rotate(key, timedelta(), By(cast.alice), NOW)

    with pytest.raises(UnknownRestKey):
        verifying.rest_key(old, None, NOW)
    assert standing(key, NOW) is Standing.ENDED


def test_a_rest_keys_successor_may_do_the_same_from_the_same_addresses(cast: Cast) -> None:
    key = RestApiKeyFactory.create(
        workspace=cast.workspace,
        permissions=["users.track", "audit.read"],
        allowed_addresses=["10.20.0.0/16"],
    )
    made = issuing.rotate(key, DAY, By(cast.alice), NOW).key

    assert made.permissions == ["users.track", "audit.read"]
    assert made.allowed_addresses == ["10.20.0.0/16"]


@pytest.mark.parametrize("before", ["rotated", "invalidated", "ended"])
def test_only_an_active_key_is_rotated_and_once(cast: Cast, before: str) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    if before == "invalidated":
        issuing.invalidate(key, By(cast.alice), NOW)
    else:
        issuing.rotate(key, DAY if before == "rotated" else timedelta(), By(cast.alice), NOW)
    count = DataImportKey.objects.count()

    with pytest.raises(NotRotatable):
        issuing.rotate(key, DAY, By(cast.alice), NOW)
    assert DataImportKey.objects.count() == count


def test_the_audit_log_says_what_replaced_it_and_for_how_long(cast: Cast) -> None:
    key, new = rotated(cast)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("data_import_key.rotated", f"{key.masked} Production")
    assert entry.detail == {"successor": new.masked, "grace_seconds": 86_400}


def test_an_ending_key_is_ended_at_once_by_hand(cast: Cast) -> None:
    key, _ = rotated(cast)

    assert issuing.invalidate(key, By(cast.alice), NOW + HOUR)
    assert standing(key, NOW + HOUR) is Standing.INVALIDATED


def test_a_key_whose_grace_is_over_needs_no_ending(cast: Cast) -> None:
    key, _ = rotated(cast, HOUR)

    assert not issuing.invalidate(key, By(cast.alice), NOW + HOUR)


def test_calls_since_the_rotation_are_counted(cast: Cast) -> None:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    used(key, NOW - HOUR, 40)
    issuing.rotate(key, DAY, By(cast.alice), NOW)
    used(key, NOW + HOUR, 3)
    used(key, NOW + 2 * HOUR, 4)

    assert key.calls_since_rotation == 7


def test_it_is_not_safe_to_end_while_the_successor_is_unused(cast: Cast) -> None:
    key, _ = rotated(cast)

    assert advice(key, NOW + 10 * HOUR).verdict is Verdict.SUCCESSOR_UNUSED


def test_it_is_safe_to_end_an_hour_after_the_successor_has_taken_over(cast: Cast) -> None:
    key, new = rotated(cast)
    used(key, NOW + HOUR)
    used(new, NOW + 2 * HOUR)
    key.refresh_from_db()

    soon = advice(key, NOW + 2 * HOUR + HOUR / 2)
    assert (soon.verdict, soon.safe_from) == (Verdict.STILL_USED, NOW + 3 * HOUR)
    assert advice(key, NOW + 3 * HOUR).is_safe


def test_used_side_by_side_it_is_safe_after_a_day_of_silence(cast: Cast) -> None:
    key, new = rotated(cast, timedelta(days=7))
    used(new, NOW + HOUR)
    used(key, NOW + 2 * HOUR)

    assert advice(key, NOW + 2 * HOUR + DAY / 2).verdict is Verdict.STILL_USED
    assert advice(key, NOW + 2 * HOUR + DAY).is_safe


def test_it_is_not_safe_to_end_when_the_successor_was_taken_back(cast: Cast) -> None:
    key, new = rotated(cast)
    used(new, NOW + HOUR)
    issuing.invalidate(new, By(cast.alice), NOW + HOUR)
    key.refresh_from_db()

    assert advice(key, NOW + 12 * HOUR).verdict is Verdict.SUCCESSOR_INVALIDATED


def test_the_list_has_the_newest_first_and_what_is_over_last(cast: Cast) -> None:
    over, _ = rotated(cast, timedelta())
    ending, new = rotated(cast)
    rows = listing.import_key_rows(cast.workspace, "amplitude", NOW)

    assert rows[-1].key == over
    assert {row.key for row in rows[:3]} >= {ending, new}
    counts = listing.counts(rows)
    assert (counts.active, counts.ending, counts.ended, counts.invalidated) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("last_use", "at", "told"),
    [
        (None, NOW + HOUR, False),
        (NOW - HOUR, NOW + HOUR, False),
        (NOW + HOUR, NOW + HOUR, True),
        (NOW + HOUR, NOW + DAY + HOUR, False),  # silent for a day before it ended
        (NOW + DAY - HOUR / 2, NOW + DAY + HOUR, True),
        (NOW + DAY - HOUR / 2, NOW + 3 * DAY, False),
    ],
)
def test_a_key_that_ends_while_it_is_used_needs_attention(
    cast: Cast, last_use: datetime | None, at: datetime, told: bool
) -> None:
    key, _ = rotated(cast)
    if last_use is not None:
        used(key, last_use)

    assert [row.key for row in listing.ending_while_used(cast.workspace, at)] == [key] * told
    assert listing.ending_while_used(cast.other_workspace, at) == []


def test_a_key_that_was_ended_by_hand_needs_no_attention(cast: Cast) -> None:
    key, _ = rotated(cast)
    used(key, NOW + HOUR)
    issuing.invalidate(key, By(cast.alice), NOW + 2 * HOUR)

    assert listing.ending_while_used(cast.workspace, NOW + 2 * HOUR) == []


def test_another_workspaces_key_is_not_rotated(cast: Cast) -> None:
    key: Any = RestApiKeyFactory.create(workspace=cast.other_workspace)
    url = f"/w/lumen/settings/keys/{key.pk}/rotate/"

    assert cast.client(cast.alice).post(url, {"grace": "0"}).status_code == 404
    assert RestApiKey.objects.count() == 1
