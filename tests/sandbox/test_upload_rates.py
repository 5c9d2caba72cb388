"""Rates and quotas: who is above them and when they are let in again; time is passed in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from braze_partners.sandbox.upload.throttling import (
    HOUR,
    MOST_BUCKETS,
    Quota,
    Rates,
    counted,
    excess,
)

ALICE = ("user", "alice")
PHONE = ("device", "phone")
NOON = 1_800_000_000.0 // HOUR * HOUR


def test_events_count_for_the_user_and_for_the_device() -> None:
    identities = [("alice", "phone"), ("alice", None), (None, "phone"), ("alice", "phone")]

    assert counted(identities) == {ALICE: 3, PHONE: 3}


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=60))
def test_a_sender_that_paces_itself_at_the_rate_never_meets_it(pauses: list[float]) -> None:
    rates = Rates(30, 30)
    at, left = NOON, 30.0
    for pause in pauses:
        sent = int(left)
        assert rates.over({ALICE: sent}, at) == {}
        rates.take({ALICE: sent}, at)
        at, left = at + pause, min(30.0, left - sent + pause * 30)


def test_the_rate_is_averaged_over_the_window() -> None:
    rates = Rates(30, 30)
    rates.take({ALICE: 900}, NOON)

    assert rates.over({ALICE: 1}, NOON) == {ALICE: 30}
    assert rates.over({ALICE: 900}, NOON) == {ALICE: 60}
    assert rates.over({ALICE: 30}, NOON + 1) == {}
    assert rates.over({ALICE: 900}, NOON + 30) == {}
    assert rates.over({PHONE: 900}, NOON) == {}


def test_whoever_paused_30_seconds_has_the_whole_window_again() -> None:
    rates = Rates(30, 30)
    sent, second = 0, 0
    while second < 300 or rates.over({ALICE: 1}, NOON + second) == {}:
        if not rates.over({ALICE: 10}, NOON + second):
            rates.take({ALICE: 10}, NOON + second)
            sent += 10
        else:
            second += 1

    assert sent == 900 + 300 * 30
    assert rates.over({ALICE: 900}, NOON + second + 29) == {ALICE: 31}
    assert rates.over({ALICE: 900}, NOON + second + 30) == {}


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    rates = Rates(30, 30)
    rates.take({ALICE: 900}, NOON)

    assert rates.over({ALICE: 1}, NOON - HOUR)


def test_the_quota_is_counted_over_24_hours_in_steps_of_an_hour() -> None:
    quota = Quota(500_000)
    quota.take({ALICE: 300_000}, NOON + 10)
    quota.take({ALICE: 200_000}, NOON + 2 * HOUR)

    assert quota.over({ALICE: 1, PHONE: 1}, NOON + 3 * HOUR) == {ALICE: 500_001}
    assert quota.over({ALICE: 1}, NOON + 24 * HOUR - 1)
    assert quota.over({ALICE: 300_000}, NOON + 24 * HOUR) == {}
    assert quota.over({ALICE: 300_001}, NOON + 24 * HOUR)


def test_an_excess_names_ids_with_their_rates_and_events_by_index() -> None:
    identities = [("bob", "tablet"), ("alice", "tablet"), ("bob", "phone")]

    found = excess({ALICE: 60}, {PHONE: 500_001}, identities)

    assert (found.users, found.devices, list(found.events)) == ({"alice": 60}, {}, [1, 2])
    assert (found.quota_users, found.quota_devices) == ({}, {"phone": 500_001})


def test_buckets_that_are_full_again_are_forgotten() -> None:
    rates = Rates(30, 30)
    many = {("user", str(number)): 1 for number in range(MOST_BUCKETS + 1)}
    rates.take(many, NOON)
    rates.take({ALICE: 1}, NOON + 60)

    assert len(rates._buckets) == 1
