"""POST /users/track, as Braze's clients call it: whom it finds and makes, and the events that stand
in the log afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from braze_partners.events.records import EventRecord
from braze_partners.people import numbers, profiles
from braze_partners.people.models import Alias, Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from tests.events.tracker import Tracker, a_purchase, an_event, make_tracker
from tests.keys.factories import RestApiKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)


@pytest.fixture
def tracker(db: None) -> Tracker:
    return make_tracker()


def properties(record: EventRecord) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(bytes(record.properties))
    return read


# Events and purchases.


def test_an_event_stands_in_the_log_as_currents_has_it(tracker: Tracker) -> None:
    answer = tracker.told(
        events=[an_event(app_id="app-1", properties={"screen": "home", "deep": {"a": [1, None]}})]
    )
    assert answer == {"message": "success", "events_processed": 1}
    (event,) = tracker.log()
    profile = tracker.profile()
    assert (event.type, event.time_ms) == ("users.behaviors.CustomEvent", 1_778_469_480_000)
    assert (event.external_user_id, event.device_id) == ("u1", None)
    assert event.user_id == profile.braze_id and UUID(event.id)
    assert properties(event) == {
        "name": "Opened App",
        "custom_properties": {"screen": "home", "deep": {"a": [1, None]}},
        "app_id": "app-1",
    }


def test_an_anonymous_persons_event_is_known_by_its_device(tracker: Tracker) -> None:
    tracker.told(events=[an_event(external_id=None, device_id="d1")])
    (event,) = tracker.log()
    assert (event.external_user_id, event.device_id, event.identity) == (None, "d1", "d1")
    profile = Profile.objects.get(workspace=tracker.workspace)
    assert profile.external_id is None and event.user_id == profile.braze_id


def test_an_event_of_an_identified_persons_device_is_that_persons(tracker: Tracker) -> None:
    create_profiles(
        tracker.workspace.pk, [NewPerson("u1", devices=[NewDevice("d1"), NewDevice("d2")])], NOW
    )
    tracker.told(events=[an_event(external_id=None, device_id="d2")])
    (event,) = tracker.log()
    assert (event.external_user_id, event.device_id) == ("u1", None)


def test_an_anonymous_person_named_otherwise_is_known_by_the_oldest_device(
    tracker: Tracker,
) -> None:
    person = NewPerson(aliases=[("crm", "a")], devices=[NewDevice("old"), NewDevice("new")])
    create_profiles(tracker.workspace.pk, [person], NOW)
    alias = {"alias_label": "crm", "alias_name": "a"}
    tracker.told(events=[an_event(external_id=None, user_alias=alias)])
    assert tracker.log()[0].identity == "old"


def test_events_of_a_request_keep_their_order(tracker: Tracker) -> None:
    tracker.told(
        events=[an_event(name=f"e{n}", external_id=f"u{n % 3}") for n in range(75)],
        purchases=[a_purchase(product_id="last", external_id="u1")],
    )
    names = [properties(record).get("name") for record in tracker.log()]
    assert names == [*(f"e{n}" for n in range(75)), None]


def test_a_purchase_of_three_is_three_events_with_the_unit_price(tracker: Tracker) -> None:
    told = a_purchase(quantity=3, price=4.5, currency="eur", properties={"colour": "red"})
    assert tracker.told(purchases=[told, a_purchase(price=0)]) == {
        "message": "success",
        "purchases_processed": 2,
    }
    *pieces, single = tracker.log()
    assert [record.id for record in pieces] == [
        pieces[0].id,
        f"{pieces[0].id}-2",
        f"{pieces[0].id}-3",
    ]
    assert {record.type for record in pieces} == {"users.behaviors.Purchase"}
    assert all(
        properties(record)
        == {
            "product_id": "socks",
            "currency": "EUR",
            "price": 4.5,
            "purchase_properties": {"colour": "red"},
        }
        for record in pieces
    )
    assert properties(single)["purchase_properties"] == {} and single.id != pieces[0].id


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-05-11T03:18:00Z", 0),
        ("2026-05-11T03:18:00z", 0),
        ("2026-05-11T05:18:00+02:00", 0),
        ("2026-05-11T05:18:00+0200", 0),
        ("2026-05-11T05:18+02", 0),
        ("20260511T031800Z", 0),
        ("2026-05-11 03:18:00 +0000", 0),
        ("2026-05-11T03:18:00", 0),
        ("2026-05-11T03:18:00.123Z", 123),
        ("2026-05-11T03:18:00.123456", 123),
        ("2026-05-11T03:18:00.999999Z", 999),
        ("2026-05-11T03:18:00,5Z", 500),
        ("2026-05-11T03:18:00.123456789+00:00", 123),
        ("2026-05-11T03:18:00:123Z", 123),
    ],
)
def test_a_time_is_read_in_every_form_of_iso_8601(
    tracker: Tracker, time: str, expected: int
) -> None:
    tracker.told(events=[an_event(time=time)], purchases=[a_purchase(time=time)])
    assert [record.time_ms for record in tracker.log()] == [1_778_469_480_000 + expected] * 2


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("1969-12-31T23:59:59.5Z", -500),
        ("3000-01-01", 32_503_680_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ],
)
def test_a_time_of_another_age_is_kept_as_it_is(tracker: Tracker, time: str, expected: int) -> None:
    tracker.told(events=[an_event(time=time)])
    assert tracker.log()[0].time_ms == expected


def test_a_quiet_form_of_nothing_is_no_error(tracker: Tracker) -> None:
    """As real clients send it."""
    response = tracker.post(
        {
            "partner": "segment",
            "attributes": [],
            "events": [an_event(properties=None, app_id=None, user_alias=None)],
            "purchases": None,
        },
        **{"X-Braze-Batch": "true", "X-Braze-Bulk": "true"},
    )
    assert response.status_code == 201
    assert response.json() == {"message": "success", "events_processed": 1}
    assert properties(tracker.log()[0])["custom_properties"] == {}


def test_several_kinds_of_identifier_in_one_request_may_name_one_person(tracker: Tracker) -> None:
    person = NewPerson(
        "u1",
        aliases=[("crm", "a")],
        devices=[NewDevice("d1")],
        fields={"email": "ann@x.org", "phone": "+33612345678"},
    )
    create_profiles(tracker.workspace.pk, [person], NOW)
    braze_id = tracker.profile().braze_id
    names: list[dict[str, Any]] = [
        {"external_id": "u1"},
        {"user_alias": {"alias_label": "crm", "alias_name": "a"}},
        {"braze_id": braze_id},
        {"email": "ANN@x.org"},
        {"phone": "+33612345678"},
        {"device_id": "d1"},
    ]
    tracker.told(
        attributes=[{**who, "visits": {"inc": 1}} for who in names],
        events=[{**an_event(external_id=None), **who} for who in names],
    )
    assert tracker.attributes() == {"visits": 6.0}
    assert [record.external_user_id for record in tracker.log()] == ["u1"] * 6
    assert Profile.objects.count() == 1


# Who is made, who is not.


def test_an_unknown_user_is_made_by_an_event_a_purchase_and_attributes(tracker: Tracker) -> None:
    tracker.told(
        attributes=[{"external_id": "a", "vip": True}],
        events=[an_event(external_id="b")],
        purchases=[a_purchase(external_id="c")],
    )
    assert set(Profile.objects.values_list("external_id", flat=True)) == {"a", "b", "c"}
    assert numbers.universe(tracker.workspace.pk).size == 3


def test_update_existing_only_makes_nobody_and_counts_as_processed(tracker: Tracker) -> None:
    flag = {"_update_existing_only": True}
    answer = tracker.told(
        attributes=[{"external_id": "a", "vip": True, **flag}],
        events=[an_event(**flag)],
        purchases=[a_purchase(**flag)],
    )
    assert set(answer.values()) == {"success", 1}
    assert not Profile.objects.exists() and tracker.log() == []


def test_an_alias_makes_somebody_only_on_the_explicit_word(tracker: Tracker) -> None:
    alias = {"alias_label": "crm", "alias_name": "a"}
    told = {"user_alias": alias, "first_name": "Ann"}
    tracker.told(attributes=[told], events=[an_event(external_id=None, user_alias=alias)])
    assert not Profile.objects.exists()
    tracker.told(attributes=[told | {"_update_existing_only": False}])
    assert Alias.objects.get().profile.first_name == "Ann"
    tracker.told(attributes=[told | {"first_name": "Eve"}])
    assert Alias.objects.get().profile.first_name == "Eve"


def test_an_unknown_braze_id_makes_nobody(tracker: Tracker) -> None:
    tracker.told(events=[an_event(external_id=None, braze_id="0" * 24)])
    assert not Profile.objects.exists() and tracker.log() == []


@pytest.mark.parametrize("kind", ["email", "phone"])
def test_an_unknown_address_or_number_makes_somebody_who_has_it(
    tracker: Tracker, kind: str
) -> None:
    value = {"email": "Ann@x.org", "phone": "+33612345678"}[kind]
    tracker.told(attributes=[{kind: value, "vip": True}])
    tracker.told(attributes=[{kind: value, "vip": False}])
    profile = Profile.objects.get()
    assert getattr(profile, kind) == value and profile.external_id is None


def test_of_several_with_one_address_the_most_recently_updated_is_meant(tracker: Tracker) -> None:
    people = [NewPerson(f"u{n}", fields={"email": "same@x.org"}) for n in range(3)]
    create_profiles(tracker.workspace.pk, people, NOW)
    later = NOW + timedelta(hours=1)
    Profile.objects.filter(external_id="u1").update(updated_at=later)
    tracker.told(events=[an_event(external_id=None, email="Same@X.org")])
    tracker.told(attributes=[{"external_id": "u0", "vip": True}])
    tracker.told(events=[an_event(external_id=None, email="same@x.org")])
    assert [record.external_user_id for record in tracker.log()] == ["u1", "u0"]


def test_an_address_that_moves_within_a_request_names_its_new_owner(tracker: Tracker) -> None:
    create_profiles(tracker.workspace.pk, [NewPerson("u1", fields={"email": "a@x.org"})], NOW)
    tracker.told(
        attributes=[
            {"external_id": "u1", "email": "b@x.org"},
            {"external_id": "u2", "email": "c@x.org"},
            {"email": "a@x.org", "who": "somebody new"},
            {"email": "c@x.org", "who": "u2"},
        ]
    )
    assert Profile.objects.count() == 3
    assert tracker.attributes("u2") == {"who": "u2"}
    assert Profile.objects.get(email="a@x.org").external_id is None


def test_another_workspaces_people_are_not_there(tracker: Tracker) -> None:
    (number,) = create_profiles(
        RestApiKeyFactory.create().workspace.pk,
        [NewPerson("u1", fields={"email": "a@x.org"})],
        NOW,
    )
    theirs = Profile.objects.get(number=number)
    tracker.told(events=[an_event(external_id=None, braze_id=theirs.braze_id)])
    assert tracker.log() == []
    tracker.told(events=[an_event(), an_event(external_id=None, email="a@x.org")])
    assert Profile.objects.filter(workspace=tracker.workspace).count() == 2


def test_a_deleted_person_is_made_anew(tracker: Tracker) -> None:
    tracker.told(attributes=[{"external_id": "u1", "vip": True}])
    first = tracker.profile()
    profiles.delete_profiles(tracker.workspace.pk, [first.number], NOW)
    tracker.told(events=[an_event()])
    assert tracker.profile().number != first.number and tracker.attributes() == {}


# The request as a whole.


def test_seventy_five_of_each_are_fine(tracker: Tracker) -> None:
    answer = tracker.told(
        attributes=[{"external_id": f"u{n}", "n": n} for n in range(75)],
        events=[an_event(external_id=f"u{n}") for n in range(75)],
        purchases=[a_purchase(external_id=f"u{n}", quantity=100) for n in range(75)],
    )
    assert answer == {
        "message": "success",
        "attributes_processed": 75,
        "events_processed": 75,
        "purchases_processed": 75,
    }
    assert len(tracker.log()) == 75 + 7_500


def test_a_request_costs_the_same_statements_however_many_it_names(tracker: Tracker) -> None:
    def body(count: int) -> dict[str, Any]:
        return {
            "attributes": [
                {
                    "external_id": f"u{n}",
                    "first_name": "A",
                    "n": {"inc": 1},
                    "tag": "t",
                    "vip": True,
                }
                for n in range(count)
            ],
            "events": [an_event(external_id=f"u{n}") for n in range(count)],
            "purchases": [a_purchase(external_id=f"u{n}") for n in range(count)],
        }

    tracker.told(**body(75))
    counts = []
    for count in (2, 75):
        with CaptureQueriesContext(connection) as queries:
            tracker.told(**body(count))
        counts.append(len(queries))
    if connection.vendor == "postgresql":  # SQLite counts each row of an executemany
        assert counts[0] == counts[1] <= 14
    with CaptureQueriesContext(connection) as queries:
        tracker.told(events=[an_event(external_id=f"u{n}") for n in range(75)])
    assert len(queries) <= 8


def test_the_headers_say_what_is_left_of_three_seconds(tracker: Tracker) -> None:
    response = tracker.track(events=[an_event()])
    assert response["X-RateLimit-Limit"] == "3000"
    assert response["X-RateLimit-Remaining"] == "2999"
    assert int(response["X-RateLimit-Reset"]) % 3 == 0


def test_beyond_the_rate_it_answers_429_and_writes_nothing(
    tracker: Tracker, settings: Settings
) -> None:
    settings.RATE_LIMITS = {"track": (1, 3600)}
    assert tracker.track(events=[an_event()]).status_code == 201
    response = tracker.track(events=[an_event()])
    assert response.status_code == 429 and int(response["Retry-After"]) > 0
    assert response["X-RateLimit-Remaining"] == "0"
    assert len(tracker.log()) == 1


def test_a_key_without_the_permission_is_403_and_no_key_401(tracker: Tracker) -> None:
    secret = "brk_" + "o" * 43
    RestApiKeyFactory.create(secret=secret, permissions=["segments.list"])
    response = tracker.post({"events": [an_event()]}, Authorization=f"Bearer {secret}")
    assert response.status_code == 403 and "users.track" in response.json()["message"]
    for authorization in ("", "Bearer ", "Bearer nonsense", "Basic YTpi"):
        assert tracker.post({}, Authorization=authorization).status_code == 401
    assert tracker.client.get("/users/track").status_code == 405
