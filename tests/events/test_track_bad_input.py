"""What clients should not send to /users/track: each gets a clear error, nothing else suffers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from braze_partners.people.limits import MAX_ATTRIBUTES
from braze_partners.people.models import Attribute, Profile
from braze_partners.people.profiles import NewDevice, NewPerson, create_profiles
from tests.events.tracker import TIME, Tracker, a_purchase, an_event, make_tracker

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def tracker(db: None) -> Tracker:
    return make_tracker()


def refused(tracker: Tracker, array: str, bad: Any) -> str:
    """Sends it between two good objects of the same array, which must be taken; gives its error."""
    good = {
        "attributes": {"external_id": "good", "first_name": "Ann"},
        "events": an_event(external_id="good"),
        "purchases": a_purchase(external_id="good"),
    }[array]
    response = tracker.post({array: [good, bad, good]})
    assert response.status_code == 201, response.content
    answer = response.json()
    (error,) = answer.pop("errors")
    assert answer == {"message": "success", f"{array}_processed": 2}
    assert (error.pop("input_array"), error.pop("index")) == (array, 1)
    assert [record.external_user_id for record in tracker.log()] == (
        [] if array == "attributes" else ["good", "good"]
    )
    assert list(Profile.objects.values_list("external_id", flat=True)) == ["good"]
    assert list(error) == ["type"]
    return str(error["type"])


def refused_whole(tracker: Tracker, body: Any) -> str:
    response = tracker.post(body)
    assert response.status_code == 400, response.content
    assert response.json()["errors"]
    assert not Profile.objects.exists() and tracker.log() == []
    return str(response.json()["message"])


# The request as a whole.


@pytest.mark.parametrize("array", ["attributes", "events", "purchases"])
def test_76_in_one_array_are_400(tracker: Tracker, array: str) -> None:
    one = {"attributes": {"external_id": "u1"}, "events": an_event(), "purchases": a_purchase()}
    message = refused_whole(tracker, {"events": [an_event()]} | {array: [one[array]] * 76})
    assert array in message and "75" in message and "76" in message


@pytest.mark.parametrize(
    "body",
    [{}, {"partner": "x"}, {"attributes": [], "events": [], "purchases": []}, {"events": None}],
)
def test_a_request_that_holds_nothing_is_400(tracker: Tracker, body: Any) -> None:
    assert "attributes" in refused_whole(tracker, body)


@pytest.mark.parametrize("array", ["attributes", "events", "purchases"])
@pytest.mark.parametrize("value", [{}, {"a": 1}, "text", 5, True])
def test_an_array_that_is_none_is_400(tracker: Tracker, array: str, value: Any) -> None:
    other = (
        {"attributes": [{"external_id": "u1"}]} if array == "events" else {"events": [an_event()]}
    )
    assert "must be an array" in refused_whole(tracker, other | {array: value})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"events": [', id="truncated"),
        pytest.param(b'{"events": [{"external_id": "u1", "name": "a", "price": NaN}]}', id="NaN"),
        pytest.param(b'{"events": [{"a": Infinity}]}', id="Infinity"),
        pytest.param(b'{"events": [{"a": 1e999}]}', id="a number beyond all"),
        pytest.param(b'{"events": [{"a": "\xff\xfe"}]}', id="invalid UTF-8"),
        pytest.param(b'{"events": [{"a": "\\ud800"}]}', id="a lone surrogate"),
        pytest.param(b'{"events": ' + b"[" * 1_000 + b"]" * 1_000 + b"}", id="1,000 levels"),
        pytest.param(b'{"x":' * 100_000, id="100,000 levels"),
        pytest.param(b"events=1", id="a form"),
    ],
)
def test_a_body_that_is_no_good_json_is_400(tracker: Tracker, body: bytes) -> None:
    refused_whole(tracker, body)


def test_properties_1000_levels_deep_are_400(tracker: Tracker) -> None:
    deep = "[" * 1_000 + "]" * 1_000
    body = json.dumps({"events": [an_event(properties={"a": "DEEP"})]}).replace('"DEEP"', deep)
    refused_whole(tracker, body)


def test_a_body_of_20_mb_is_413(tracker: Tracker) -> None:
    response = tracker.post({"events": [an_event(properties={"a": "x" * 20_000_000})]})
    assert response.status_code == 413 and response.json()["message"]
    assert tracker.log() == []


def test_a_compressed_body_is_415(tracker: Tracker) -> None:
    response = tracker.post(b"\x1f\x8b", **{"Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_when_every_object_is_refused_it_is_400_with_each_reason(tracker: Tracker) -> None:
    response = tracker.post({"attributes": [{}], "events": [an_event(), an_event(name="")][1:]})
    assert response.status_code == 400
    answer = response.json()
    assert answer["message"]
    assert [(error["input_array"], error["index"]) for error in answer["errors"]] == [
        ("attributes", 0),
        ("events", 0),
    ]


def test_an_array_of_which_nothing_is_left_counts_nought_beside_others(tracker: Tracker) -> None:
    response = tracker.post({"attributes": [{"external_id": "u1"}], "events": [{}, "x"]})
    assert response.status_code == 201
    assert (response.json()["attributes_processed"], response.json()["events_processed"]) == (1, 0)
    assert [error["index"] for error in response.json()["errors"]] == [0, 1]


@pytest.mark.parametrize("array", ["attributes", "events", "purchases"])
@pytest.mark.parametrize("bad", [None, 5, "text", [], True])
def test_an_object_that_is_none_is_refused_alone(tracker: Tracker, array: str, bad: Any) -> None:
    assert "objects" in refused(tracker, array, bad)


# Identifiers.


@pytest.mark.parametrize("array", ["attributes", "events", "purchases"])
@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({}, "none"),
        ({"external_id": None, "user_alias": None}, "none"),
        ({"external_id": "a", "braze_id": "b"}, "`external_id` and `braze_id`"),
        ({"external_id": "a", "device_id": "b"}, "`external_id` and `device_id`"),
        ({"external_id": ""}, "not empty"),
        ({"external_id": "  "}, "not empty"),
        ({"external_id": 5}, "text"),
        ({"external_id": ["a"]}, "text"),
        ({"external_id": "a\x00b"}, "NUL"),
        ({"external_id": "x" * 1_024}, "997"),
        ({"external_id": "x" * 10_000}, "10000"),
        ({"external_id": "é" * 499}, "998"),
        ({"device_id": ""}, "not empty"),
        ({"device_id": "x" * 256}, "255"),
        ({"braze_id": 7}, "text"),
        ({"braze_id": "x" * 10_000}, "255"),
        ({"user_alias": "crm:a"}, "alias_name"),
        ({"user_alias": {"alias_name": "a"}}, "alias_label"),
        ({"user_alias": {"alias_label": "a", "alias_name": ""}}, "alias_name"),
        ({"user_alias": {"alias_label": "a", "alias_name": "x" * 256}}, "255"),
        ({"email": "nobody"}, "e-mail"),
        ({"email": "x" * 250 + "@x.org"}, "e-mail"),
        ({"phone": "0" * 41}, "40"),
        ({"phone": ""}, "not empty"),
    ],
)
def test_an_object_names_exactly_one_person(
    tracker: Tracker, array: str, who: dict[str, Any], said: str
) -> None:
    rest = {"attributes": {}, "events": an_event(), "purchases": a_purchase()}[array]
    assert said in refused(tracker, array, {**rest, "external_id": None} | who)


@pytest.mark.parametrize("size", [1, 5, 997])
def test_an_id_of_that_many_characters_is_taken(tracker: Tracker, size: int) -> None:
    tracker.told(
        attributes=[{"external_id": "x" * size, "vip": True}],
        events=[an_event(external_id="x" * size)],
    )
    assert Profile.objects.get().external_id == "x" * size == tracker.log()[0].external_user_id


@pytest.mark.parametrize(
    "identifier",
    [
        "a\x1fb",
        "é" * 498,
        "😀",
        "\u202etxt",
        "'; DROP TABLE --",
        " a ",
        "null",
        "0",
        "\ufeff",
        "%00",
    ],
)
def test_a_strange_id_is_one_like_any_other(tracker: Tracker, identifier: str) -> None:
    for _twice in range(2):
        tracker.told(events=[an_event(external_id=identifier)])
        tracker.told(
            attributes=[
                {
                    "user_alias": {"alias_label": identifier[:100], "alias_name": identifier[:100]},
                    "_update_existing_only": False,
                }
            ]
        )
    assert Profile.objects.count() == 2
    assert {record.external_user_id for record in tracker.log()} == {identifier}


def test_an_alias_of_which_both_parts_hold_colons_is_not_another(tracker: Tracker) -> None:
    pairs = [("a:b", "c"), ("a", "b:c")]
    for label, name in pairs:
        alias = {"alias_label": label, "alias_name": name}
        tracker.told(
            attributes=[{"user_alias": alias, "_update_existing_only": False, "first_name": label}]
        )
    assert Profile.objects.count() == 2


@pytest.mark.parametrize("flag", ["true", 1, "", {}])
def test_update_existing_only_is_true_or_false(tracker: Tracker, flag: Any) -> None:
    said = refused(tracker, "events", an_event(_update_existing_only=flag))
    assert "_update_existing_only" in said


# Events and purchases.


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": None}, "`name`"),
        ({"name": ""}, "`name`"),
        ({"name": 5}, "`name`"),
        ({"name": "x" * 256}, "255"),
        ({"name": "a\x00"}, "NUL"),
        ({"time": None}, "ISO 8601"),
        ({"time": 1_778_469_480}, "ISO 8601"),
        ({"time": 1_778_469_480_000}, "ISO 8601"),
        ({"time": -1}, "ISO 8601"),
        ({"time": "1778469480"}, "ISO 8601"),
        ({"time": "-2026-05-11T00:00:00Z"}, "ISO 8601"),
        ({"time": "2026-05-11T25:00:00Z"}, "ISO 8601"),
        ({"time": "2026-02-30"}, "ISO 8601"),
        ({"time": "0001-01-01T00:00:00+05:00"}, "ISO 8601"),
        ({"time": "9999-12-31T23:59:59-05:00"}, "ISO 8601"),
        ({"time": "12026-05-11"}, "ISO 8601"),
        ({"time": "yesterday"}, "ISO 8601"),
        ({"time": ""}, "ISO 8601"),
        ({"time": "２０２６-05-11"}, "ISO 8601"),
        ({"time": "2026-05-11T03:18:00Z" + "0" * 10_000}, "ISO 8601"),
        ({"properties": []}, "`properties`"),
        ({"properties": "a"}, "`properties`"),
        ({"properties": {"x" * 256: 1}}, "255"),
        ({"properties": {"a": [{"x" * 256: 1}]}}, "255"),
        ({"properties": {"a": "b\x00"}}, "NUL"),
        ({"properties": {"a": [["b\x00"]]}}, "NUL"),
        ({"properties": {"\x00": 1}}, "NUL"),
        ({"properties": {"a": "x" * 950_000}}, "900 KB"),
        ({"app_id": 5}, "`app_id`"),
    ],
)
def test_a_bad_event_is_refused_alone(tracker: Tracker, changes: dict[str, Any], said: str) -> None:
    assert said in refused(tracker, "events", an_event(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"product_id": None}, "`product_id`"),
        ({"product_id": 7}, "`product_id`"),
        ({"product_id": "x" * 256}, "255"),
        ({"currency": None}, "`currency`"),
        ({"currency": "EURO"}, "`currency`"),
        ({"currency": "ZZZ"}, "`currency`"),
        ({"currency": 978}, "`currency`"),
        ({"price": None}, "`price`"),
        ({"price": "4.5"}, "`price`"),
        ({"price": True}, "`price`"),
        ({"quantity": 0}, "`quantity`"),
        ({"quantity": 101}, "`quantity`"),
        ({"quantity": -1}, "`quantity`"),
        ({"quantity": 1.5}, "`quantity`"),
        ({"quantity": "2"}, "`quantity`"),
        ({"quantity": True}, "`quantity`"),
        ({"time": None}, "ISO 8601"),
        ({"properties": "a"}, "`properties`"),
    ],
)
def test_a_bad_purchase_is_refused_alone(
    tracker: Tracker, changes: dict[str, Any], said: str
) -> None:
    assert said in refused(tracker, "purchases", a_purchase(**changes))


# Attributes.


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"email": "nobody"}, "e-mail"),
        ({"email": 5}, "“email” must be a text"),
        ({"first_name": 5}, "“first_name” must be a text"),
        ({"first_name": "x" * 256}, "255"),
        ({"first_name": "a\x00"}, "NUL"),
        ({"phone": 33612345678}, "“phone” must be a text"),
        ({"country": "France"}, "country"),
        ({"language": "fra"}, "language"),
        ({"gender": "X"}, "gender"),
        ({"dob": "31/05/1984"}, "date of birth"),
        ({"dob": 5}, "“dob” must be a text"),
        ({"time_zone": "Mars/Phobos"}, "time zone"),
        ({"email_subscribe": "yes"}, "email_subscribe"),
        ({"email_subscribe": ""}, "email_subscribe"),
        ({"push_subscribe": True}, "push_subscribe"),
        ({"date_of_first_session": "soon"}, "date_of_first_session"),
        ({"date_of_last_session": 1_778_469_480}, "date_of_last_session"),
        ({"push_tokens": "abc"}, "push_tokens"),
        ({"push_tokens": ["abc"]}, "push_tokens"),
        ({"push_tokens": [{"app_id": "a"}]}, "`token`"),
        ({"push_tokens": [{"token": "t"}]}, "`app_id`"),
        ({"push_tokens": [{"app_id": "a", "token": "t", "device_id": 5}]}, "`device_id`"),
        ({"push_tokens": [{"app_id": "a", "token": "t", "device_id": "x" * 256}]}, "255"),
        ({"": 1}, "empty name"),
        ({" ": 1}, "empty name"),
        ({"x" * 256: 1}, "255"),
        ({"a\x00": 1}, "NUL"),
        ({"plan": "a\x00b"}, "“plan” holds a NUL"),
        ({"plan": "x" * 10_001}, "10000"),
        ({"plan": ["a\x00"]}, "“plan” holds a NUL"),
        ({"plan": {"a\x00": 1}}, "“plan” holds a NUL"),
        ({"plan": {"a": [{"b": "\x00"}]}}, "“plan” holds a NUL"),
        ({"plan": ["x"] * 501}, "500"),
        ({"plan": {"a": "x" * 100_000}}, "100000"),
        ({"plan": {"inc": "5"}}, "`inc` of `plan`"),
        ({"plan": {"inc": None}}, "`inc` of `plan`"),
        ({"plan": {"inc": True}}, "`inc` of `plan`"),
        ({"plan": {"add": "x"}}, "`add` of `plan`"),
        ({"plan": {"remove": {}}}, "`remove` of `plan`"),
        ({"plan": {"add": ["x"], "remove": 5}}, "`remove` of `plan`"),
        ({"plan": {"add": [str(n) for n in range(501)]}}, "501"),
    ],
)
def test_bad_attributes_are_refused_whole_and_alone(
    tracker: Tracker, attributes: dict[str, Any], said: str
) -> None:
    bad = {"external_id": "bad", "last_name": "Lee", "other": 1, **attributes}
    assert said in refused(tracker, "attributes", bad)
    assert not Attribute.objects.exists()


KINDS: dict[str, Any] = {
    "text": "gold",
    "number": 1,
    "boolean": True,
    "date": "2026-05-11",
    "array": ["a"],
    "object": {"a": 1},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_another_type_is_refused_by_the_attributes_name(
    tracker: Tracker, kind: str
) -> None:
    tracker.told(attributes=[{"external_id": "u1", "plan": KINDS[kind]}])
    kept = tracker.attributes()
    others = {k: value for k, value in KINDS.items() if k != kind}
    others |= {"inc": {"inc": 1}} if kind != "number" else {"digits": "1"}
    others |= {"add": {"add": ["x"]}} if kind != "array" else {}
    if kind == "text":
        del others["date"]  # a text that looks like a date is a text here
    response = tracker.track(
        attributes=[{"external_id": "u1", "plan": value} for value in others.values()],
        events=[an_event()],
    )
    errors = response.json()["errors"]
    assert [error["index"] for error in errors] == list(range(len(others)))
    assert all("plan" in error["type"] for error in errors)
    assert tracker.attributes() == kept


def test_a_type_is_fixed_by_the_first_of_a_request(tracker: Tracker) -> None:
    response = tracker.track(
        attributes=[
            {"external_id": "u1", "plan": 1, "email": "nobody"},
            {"external_id": "u1", "plan": "gold"},
            {"external_id": "u1", "plan": 2},
        ]
    )
    assert [error["index"] for error in response.json()["errors"]] == [0, 2]
    assert tracker.attributes() == {"plan": "gold"}


def test_an_increment_beyond_what_a_number_holds_is_refused(tracker: Tracker) -> None:
    tracker.told(attributes=[{"external_id": "u1", "n": 1.7e308}])
    response = tracker.track(attributes=[{"external_id": "u1", "n": {"inc": 1.7e308}}] * 2)
    assert response.status_code == 400
    assert tracker.attributes() == {"n": 1.7e308}


def test_a_device_of_somebody_else_takes_no_push_token(tracker: Tracker) -> None:
    create_profiles(
        tracker.workspace.pk, [NewPerson(devices=[NewDevice("d1")])], tracker.workspace.created_at
    )
    token = {"app_id": "a", "token": "t", "device_id": "d1"}
    response = tracker.track(
        attributes=[
            {"external_id": "u1", "push_tokens": [token], "plan": "gold"},
            {"device_id": "d1", "push_tokens": [token]},
        ]
    )
    (error,) = response.json()["errors"]
    assert error["index"] == 0 and "somebody else" in error["type"]
    assert Profile.objects.count() == 1 and not Attribute.objects.exists()


def test_a_workspace_has_no_more_attributes_than_its_limit(tracker: Tracker) -> None:
    names = [f"a{n}" for n in range(MAX_ATTRIBUTES - 1)]
    tracker.told(attributes=[{"external_id": "u1", **dict.fromkeys(names, 1)}])
    response = tracker.track(
        attributes=[
            {"external_id": "u1", "one": 1, "two": 1},
            {"external_id": "u1", "last": 1},
            {"external_id": "u1", "beyond": 1},
            {"external_id": "u1", "beyond": None},
            {"external_id": "u1", "last": 2},
        ]
    )
    errors = response.json()["errors"]
    assert [error["index"] for error in errors] == [0, 2]
    assert "250" in errors[0]["type"]


def test_an_error_is_said_in_english_whatever_page_was_asked_for_before(tracker: Tracker) -> None:
    tracker.client.get("/sign-in/", headers={"Accept-Language": "fr"})
    said = refused(tracker, "attributes", {"external_id": "u1", "email": "nobody"})
    assert said == "This is no e-mail address."


def test_a_number_too_long_for_64_bits_is_kept_as_near_as_json_has_it(tracker: Tracker) -> None:
    body = json.dumps({"events": [an_event(properties={"n": 10**30})]})
    assert tracker.post(body).status_code == 201
    kept = json.loads(bytes(tracker.log()[0].properties))
    assert kept["custom_properties"] == {"n": 1e30}


def test_the_same_key_twice_is_the_last(tracker: Tracker) -> None:
    body = json.dumps({"events": [an_event()]}).replace(TIME, f'x", "time": "{TIME}')
    assert tracker.post(body).status_code == 201
