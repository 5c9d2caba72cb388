"""What /users/track writes of people: reserved attributes, custom ones of each type, increments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from braze_partners.people.models import Device, Profile
from tests.events.tracker import TIME, Tracker, an_event, make_tracker

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)


@pytest.fixture
def tracker(db: None) -> Tracker:
    return make_tracker()


def test_every_type_of_custom_attribute_is_kept(tracker: Tracker) -> None:
    told = {
        "text": "gold",
        "number": 2.5,
        "boolean": False,
        "date": "2026-05-11T05:18:00.5+02:00",
        "array": ["a", 1, True, None, {"b": [2]}],
        "object": {"colour": "red", "sizes": [1, 2], "deep": {"é": "\u2028"}},
    }
    tracker.told(attributes=[{"external_id": "u1", **told}])
    kept = tracker.attributes()
    assert kept == told | {"date": NOW + timedelta(milliseconds=500)}
    assert type(kept["array"][2]) is bool


def test_every_reserved_attribute_is_a_field_of_the_profile(tracker: Tracker) -> None:
    tracker.told(
        attributes=[
            {
                "external_id": "u1",
                "first_name": "Ann",
                "last_name": "Lee",
                "email": "ann@x.org",
                "phone": "+33612345678",
                "country": "fr",
                "language": "FR",
                "gender": "f",
                "dob": "1984-05-31",
                "time_zone": "Europe/Paris",
                "home_city": "Lyon",
                "email_subscribe": "opted_in",
                "push_subscribe": "unsubscribed",
                "date_of_first_session": "2026-01-02T03:04:05Z",
                "date_of_last_session": TIME,
            }
        ]
    )
    found = tracker.profile()
    assert (found.first_name, found.last_name, found.email) == ("Ann", "Lee", "ann@x.org")
    assert (found.phone, found.country, found.language) == ("+33612345678", "FR", "fr")
    assert (found.gender, found.date_of_birth) == ("F", date(1984, 5, 31))
    assert (found.time_zone, found.home_city) == ("Europe/Paris", "Lyon")
    assert (found.email_subscribe, found.push_subscribe) == ("opted_in", "unsubscribed")
    assert found.first_session_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.last_session_at == found.last_active_at == NOW
    assert tracker.attributes() == {}


def test_the_last_session_moves_the_last_activity_forward_only(tracker: Tracker) -> None:
    tracker.told(attributes=[{"external_id": "u1", "date_of_last_session": TIME}])
    later = {"external_id": "u1", "date_of_last_session": "2026-06-01T00:00:00.5Z"}
    earlier = {"external_id": "u1", "date_of_last_session": "2020-01-01"}
    tracker.told(attributes=[later])
    tracker.told(attributes=[earlier, {"external_id": "u2", "first_name": "Eve"}])
    found = tracker.profile()
    assert found.last_session_at == datetime(2020, 1, 1, tzinfo=UTC)
    assert found.last_active_at == datetime(2026, 6, 1, 0, 0, 0, 500_000, tzinfo=UTC)


def test_null_takes_a_value_away(tracker: Tracker) -> None:
    told = {"first_name": "Ann", "dob": "1984-05-31", "email_subscribe": "opted_in", "plan": "gold"}
    tracker.told(attributes=[{"external_id": "u1", **told, "tags": ["a"]}])
    tracker.told(
        attributes=[{"external_id": "u1", **dict.fromkeys(told), "tags": None, "no": None}]
    )
    found = tracker.profile()
    assert (found.first_name, found.date_of_birth) == ("", None)
    assert found.email_subscribe == "subscribed"
    assert tracker.attributes() == {}


def test_a_field_that_one_object_does_not_name_stays(tracker: Tracker) -> None:
    both = {"first_name": "Ann", "last_name": "Lee", "dob": "1984-05-31"}
    tracker.told(attributes=[{"external_id": name, **both} for name in ("u1", "u2")])
    tracker.told(
        attributes=[
            {"external_id": "u1", "first_name": "Zoë"},
            {"external_id": "u2", "last_name": None, "dob": "1990-01-01"},
        ]
    )
    one, two = tracker.profile("u1"), tracker.profile("u2")
    assert (one.first_name, one.last_name, one.date_of_birth) == ("Zoë", "Lee", date(1984, 5, 31))
    assert (two.first_name, two.last_name, two.date_of_birth) == ("Ann", "", date(1990, 1, 1))


def test_increments_add_up_within_and_across_requests(tracker: Tracker) -> None:
    tracker.told(attributes=[{"external_id": "u1", "n": {"inc": 2}}] * 3)
    tracker.told(attributes=[{"external_id": "u1", "n": {"inc": -0.5}}])
    assert tracker.attributes() == {"n": 5.5}
    tracker.told(
        attributes=[
            {"external_id": "u1", "n": 100},
            {"external_id": "u1", "n": {"inc": 1}},
            {"external_id": "u2", "n": {"inc": 1}},
        ]
    )
    assert (tracker.attributes("u1"), tracker.attributes("u2")) == ({"n": 101.0}, {"n": 1.0})


def test_arrays_are_added_to_and_removed_from(tracker: Tracker) -> None:
    def told(value: Any) -> Any:
        tracker.told(attributes=[{"external_id": "u1", "tags": value}])
        return tracker.attributes().get("tags")

    assert told({"remove": ["a"]}) is None
    assert told({"add": ["a", "b", "a"]}) == ["a", "b"]
    assert told({"add": ["b", 1, True], "remove": ["a"]}) == ["b", 1, True]
    assert told({"remove": [1]}) == ["b", True]
    assert told({"remove": ["b", True]}) == []
    assert told(["x", "x"]) == ["x", "x"]
    assert told({"add": [{"k": 1, "l": 2}]}) == ["x", "x", {"k": 1, "l": 2}]
    assert told({"remove": ["x", {"l": 2, "k": 1}]}) == []


def test_an_object_that_looks_like_an_operation_only_in_part_is_an_object(tracker: Tracker) -> None:
    tracker.told(attributes=[{"external_id": "u1", "a": {"inc": 1, "b": 2}, "c": {}}])
    assert tracker.attributes() == {"a": {"inc": 1, "b": 2}, "c": {}}


def test_a_text_that_looks_like_a_date_is_one_unless_the_attribute_holds_text(
    tracker: Tracker,
) -> None:
    tracker.told(attributes=[{"external_id": "u1", "since": "2026-05-11", "note": "gold"}])
    tracker.told(attributes=[{"external_id": "u1", "since": "2026-05-12", "note": "2026-05-12"}])
    assert tracker.attributes() == {
        "since": datetime(2026, 5, 12, tzinfo=UTC),
        "note": "2026-05-12",
    }


def test_push_tokens_make_devices_that_can_be_pushed_to(tracker: Tracker) -> None:
    tokens = [
        {"app_id": "ios", "token": "abc", "device_id": "phone"},
        {"app_id": "ios", "token": "def"},
    ]
    for _twice in range(2):
        tracker.told(attributes=[{"external_id": "u1", "push_tokens": tokens}])
    assert Device.objects.filter(profile=tracker.profile(), push_enabled=True).count() == 2
    tracker.told(attributes=[{"external_id": "u1", "push_tokens": []}])
    assert Device.objects.filter(push_enabled=True).count() == 2
    tracker.told(attributes=[{"external_id": "u1", "push_tokens": None}])
    assert Device.objects.filter(push_enabled=True).count() == 0
    tracker.told(attributes=[{"external_id": "u1", "push_tokens": tokens[:1]}])
    assert Device.objects.get(push_enabled=True).device_id == "phone"


def test_of_an_address_and_a_number_the_address_identifies(tracker: Tracker) -> None:
    tracker.told(attributes=[{"email": "a@x.org", "phone": "+33600000000"}])
    tracker.told(attributes=[{"email": "a@x.org", "phone": "+33611111111"}])
    found = Profile.objects.get()
    assert (found.email, found.phone) == ("a@x.org", "+33611111111")


def test_what_was_written_says_when(tracker: Tracker) -> None:
    tracker.told(attributes=[{"external_id": "u1"}])
    assert tracker.profile().updated_at is None
    tracker.told(events=[an_event()], attributes=[{"external_id": "u1"}])
    assert tracker.profile().updated_at is None
    before = datetime.now(UTC)
    tracker.told(attributes=[{"external_id": "u1", "plan": "gold"}])
    moved = tracker.profile().updated_at
    assert moved is not None and moved >= before
