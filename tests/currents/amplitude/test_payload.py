"""Whom an event is sent for, and how it is sent, when it is not as the catalogue says.

What each type becomes when all is well is told by the pairs in tests/golden.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE, event_types
from braze_partners.events.records import EventRecord
from currents.amplitude.limits import MAX_EVENT_BYTES
from currents.amplitude.payload import (
    LOCATION,
    NEVER_VALID_IDS,
    Filtered,
    Unsendable,
    event_body,
    sent_ids,
    verdict,
)
from currents.fates import Fate

OPEN = "users.messages.email.Open"
PUSH_OPEN = "users.messages.pushnotification.Open"
ZERO_UUID = "00000000-0000-0000-0000-000000000000"


def record(
    kind: str = OPEN,
    properties: Any = None,
    *,
    raw: bytes | None = None,
    user: str | None = "ada",
    device: str | None = None,
    time_ms: int = 1_700_000_000_000,
    event_id: str = "e-1",
) -> EventRecord:
    content = json.dumps({} if properties is None else properties).encode() if raw is None else raw
    return EventRecord(
        0, 0, kind, event_id, time_ms, user, device, "639a35d1", msgspec.Raw(content)
    )


def sent(kind: str = OPEN, properties: Any = None, **rest: Any) -> dict[str, Any]:
    body = event_body(record(kind, properties, **rest), event_types()[kind])
    assert isinstance(body, bytes), body
    made: dict[str, Any] = orjson.loads(body)
    return made


def refused(kind: str = OPEN, properties: Any = None, **rest: Any) -> Unsendable:
    body = event_body(record(kind, properties, **rest), event_types()[kind])
    assert isinstance(body, Unsendable)
    return body


def who(user: str | None, device: str | None, anonymous: bool = True) -> Filtered | None:
    return verdict(record(user=user, device=device), include_anonymous=anonymous)


# Whom it is sent for


@pytest.mark.parametrize(("user", "device"), [(None, None), ("", None), (None, ""), ("", "")])
@pytest.mark.parametrize("anonymous", [True, False])
def test_brazes_own_id_alone_is_no_identity(
    user: str | None, device: str | None, anonymous: bool
) -> None:
    assert who(user, device, anonymous) is Filtered.NO_IDENTITY


@pytest.mark.parametrize("user", [None, ""])
def test_an_anonymous_event_is_sent_unless_the_current_leaves_them_out(user: str | None) -> None:
    assert who(user, "d-1") is None
    assert who(user, "d-1", anonymous=False) is Filtered.ANONYMOUS


def test_an_identified_event_is_sent_by_every_current() -> None:
    assert who("ada", None, anonymous=False) is None
    assert who("ada", "d-1", anonymous=False) is None


@pytest.mark.parametrize("identifier", sorted(NEVER_VALID_IDS - {""}))
def test_an_id_that_amplitude_never_takes_is_filtered(identifier: str) -> None:
    assert who(identifier, None) is Filtered.INVALID_ID
    assert who(identifier, "d-1") is Filtered.INVALID_ID
    assert who(None, identifier) is Filtered.INVALID_ID


@pytest.mark.parametrize(
    "identifier", ["Null", "NA", " null", "0.0", "00", "-10", "unknown1", "{ }"]
)
def test_only_ids_that_are_written_just_so_are_never_valid(identifier: str) -> None:
    """Filtering is final; what Amplitude refuses besides is a dead letter, and can be replayed."""
    assert who(identifier, None) is None


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (1, None),
        (5, None),
        (1_024, None),
        (1_025, Filtered.INVALID_ID),
        (10_000, Filtered.INVALID_ID),
    ],
)
def test_an_id_that_amplitude_would_cut_is_filtered(
    characters: int, expected: Filtered | None
) -> None:
    assert who("é" * characters, None) is expected
    assert who(None, "é" * characters) is expected


def test_the_list_of_never_valid_ids_is_the_wires() -> None:
    words = {"anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown"}
    assert words | {"", ZERO_UUID, "{}", "lmy47d", "0", "-1"} == NEVER_VALID_IDS


def test_the_reasons_are_fates_of_the_ledger() -> None:
    assert {reason.value for reason in Filtered} <= set(Fate.values)


def test_a_device_id_that_is_never_valid_is_left_out_beside_a_user_id() -> None:
    """Phones that hide their id send the zero UUID: with it the whole event would be refused."""
    event = sent(device=ZERO_UUID)
    assert (event["user_id"], "device_id" in event) == ("ada", False)
    assert sent_ids(record(device=ZERO_UUID)) == ("ada", None)
    assert sent_ids(record(device="x" * 1_025)) == ("ada", None)


def test_the_ids_that_limits_count_by_are_those_that_are_sent() -> None:
    for user, device in [("ada", "d-1"), ("ada", None), (None, "d-1"), ("", "d-1"), ("ada", "")]:
        event = sent(user=user, device=device)
        assert sent_ids(record(user=user, device=device)) == (
            event.get("user_id"),
            event.get("device_id"),
        )


def test_braze_ids_are_not_sent() -> None:
    assert "639a35d1" not in json.dumps(sent())


# The envelope


def test_an_event_has_its_id_time_and_library() -> None:
    event = sent(device="d-1", event_id="x" * 10_000, time_ms=-5)
    assert event == {
        "event_type": "[Appboy] Email Open",
        "user_id": "ada",
        "device_id": "d-1",
        "time": -5,
        "insert_id": "x" * 10_000,
        "library": "Braze",
        "event_properties": {},
    }


def test_event_properties_stand_last_so_that_the_head_of_a_request_tells_most() -> None:
    assert list(sent(PUSH_OPEN, {"platform": "ios"}))[-1] == "event_properties"


# Properties that are kept, left out, moved


def test_unknown_and_later_properties_are_passed_on() -> None:
    properties = {"unheard_of": [1, {"a": None}], "canvas_step_name": "Day 3", "session_id": "s"}
    assert sent(properties=properties)["event_properties"] == properties


def test_nulls_are_left_out_but_not_those_within_a_value() -> None:
    properties = {"campaign_id": None, "message_extras": {"a": None}, "url": "null"}
    assert sent(properties=properties)["event_properties"] == {
        "message_extras": {"a": None},
        "url": "null",
    }


@pytest.mark.parametrize("kind", [OPEN, CUSTOM_EVENT, PURCHASE, PUSH_OPEN])
def test_name_and_nested_properties_never_appear_raw(kind: str) -> None:
    properties = {
        "name": "Added",
        "custom_properties": {"a": 1, "b": None},
        "purchase_properties": {"c": 2, "d": None},
        "kept": True,
    }
    assert sent(kind, properties)["event_properties"] == {
        "[Custom event property] a": 1,
        "[Purchase property] c": 2,
        "kept": True,
    }


@pytest.mark.parametrize("nested", [None, [], [1], "text", 7, True])
@pytest.mark.parametrize("where", ["custom_properties", "purchase_properties"])
def test_nested_properties_that_are_no_object_are_left_out(where: str, nested: Any) -> None:
    event = sent(CUSTOM_EVENT, {"name": "Added", where: nested, "kept": 1})
    assert event["event_properties"] == {"kept": 1}


def test_odd_keys_of_custom_properties_are_prefixed_as_they_are() -> None:
    keys = [
        "",
        " ",
        "$price",
        "a.b",
        "日本",
        "[Appboy] x",
        'quote"',
        "new\nline",
        "k" * 300,
        "name",
    ]
    event = sent(CUSTOM_EVENT, {"name": "Added", "custom_properties": dict.fromkeys(keys, 1)})
    assert list(event["event_properties"]) == [f"[Custom event property] {key}" for key in keys]


# Custom events' names


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Added", "Added"), ("{name}", "{name}"), (" ", " "), (7, "7"), (1.5, "1.5"), ("é", "é")],
)
def test_a_custom_event_is_named_after_the_prefix(name: Any, expected: str) -> None:
    assert sent(CUSTOM_EVENT, {"name": name})["event_type"] == f"[Appboy] [Custom Event] {expected}"


@pytest.mark.parametrize(
    "properties",
    [{}, {"name": None}, {"name": ""}, {"name": True}, {"name": []}, {"name": {}}],
)
def test_a_custom_event_without_a_name_cannot_be_sent(properties: dict[str, Any]) -> None:
    assert refused(CUSTOM_EVENT, properties) is Unsendable.NO_EVENT_NAME


# Purchases


def purchase(**properties: Any) -> dict[str, Any]:
    return sent(PURCHASE, properties)


@pytest.mark.parametrize(
    ("price", "expected"),
    [(5, 5), (19.99, 19.99), (0, 0), (-3, -3), ("19.99", 19.99), ("5", 5), ("1e2", 100)],
)
def test_a_price_is_a_number_at_the_top(price: Any, expected: float) -> None:
    event = purchase(price=price, currency="EUR")
    assert event["price"] == expected
    assert event["event_properties"] == {"currency": "EUR"}


@pytest.mark.parametrize(
    "price",
    ["19,99", "EUR 5", "", " 5", "5 ", "1_000", "NaN", "Infinity", "٣", "9" * 400, "0x10", "+5"]
    + [True, [5], {"amount": 5}],
)
def test_a_price_that_is_none_stays_where_it_can_be_seen(price: Any) -> None:
    event = purchase(price=price)
    assert "price" not in event
    assert event["event_properties"] == {"price": price}


@pytest.mark.parametrize(("product", "expected"), [("sku", "sku"), (42, "42"), ("", "")])
def test_a_product_is_a_text_at_the_top(product: Any, expected: str) -> None:
    event = purchase(product_id=product)
    assert event["productId"] == expected
    assert event["event_properties"] == {}


def test_a_product_that_is_none_stays_where_it_can_be_seen() -> None:
    event = purchase(product_id=["a", "b"])
    assert "productId" not in event
    assert event["event_properties"] == {"product_id": ["a", "b"]}


def test_a_purchase_without_product_and_price_is_sent() -> None:
    event = purchase(product_id=None, price=None, currency="EUR")
    assert event["event_properties"] == {"currency": "EUR"}


def test_neither_quantity_nor_revenue_is_made_up() -> None:
    event = purchase(product_id="sku", price=5)
    assert not {"quantity", "revenue", "revenueType"} & set(event)


@pytest.mark.parametrize("kind", [OPEN, "users.messages.whatsapp.InboundReceive"])
def test_other_types_keep_product_and_price_among_their_properties(kind: str) -> None:
    properties = {"product_id": "sku", "price": 5}
    event = sent(kind, properties)
    assert event["event_properties"] == properties
    assert not {"productId", "price"} & set(event)


# Amplitude's own fields


def test_platform_version_and_model_stand_at_the_top_and_among_the_properties() -> None:
    properties = {"platform": "ios", "os_version": "17.4", "device_model": "iPhone15,2"}
    event = sent(PUSH_OPEN, properties)
    assert event.items() >= properties.items()
    assert event["event_properties"] == properties


@pytest.mark.parametrize(
    ("value", "at_the_top"),
    [(17.4, "17.4"), (9, "9"), (None, None), (True, None), ([17], None), ({"v": 17}, None)],
)
def test_a_version_that_is_no_text_becomes_one_or_stays_below(
    value: Any, at_the_top: str | None
) -> None:
    assert sent(PUSH_OPEN, {"os_version": value}).get("os_version") == at_the_top


@pytest.mark.parametrize(
    ("lat", "lng", "expected"),
    [
        (48.8, 2.3, (48.8, 2.3)),
        ("48.8", "-2.3", (48.8, -2.3)),
        (90, -180, (90, -180)),
        (91, 181, (None, None)),
        (None, True, (None, None)),
        ("north", [2.3], (None, None)),
    ],
)
def test_a_location_stands_at_the_top_where_it_is_one(
    lat: Any, lng: Any, expected: tuple[float | None, float | None]
) -> None:
    event = sent(LOCATION, {"latitude": lat, "longitude": lng})
    assert (event.get("location_lat"), event.get("location_lng")) == expected
    below = {"latitude": lat, "longitude": lng}
    assert event["event_properties"] == {k: v for k, v in below.items() if v is not None}


def test_only_a_location_event_has_a_location() -> None:
    assert "location_lat" not in sent(PUSH_OPEN, {"latitude": 1.0, "longitude": 1.0})


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("ios_idfa", "idfa"),
        ("google_ad_id", "adid"),
        ("roku_ad_id", None),
        (None, None),
        ([], None),
    ],
)
def test_an_advertising_id_has_its_field_by_its_kind(kind: Any, field: str | None) -> None:
    event = sent(PUSH_OPEN, {"ad_id": "A-1", "ad_id_type": kind})
    assert {name: event[name] for name in ("idfa", "adid") if name in event} == (
        {field: "A-1"} if field else {}
    )
    assert event["event_properties"]["ad_id"] == "A-1"


@pytest.mark.parametrize("value", [None, "", [], {}, True])
def test_an_advertising_id_that_is_none_has_no_field(value: Any) -> None:
    assert "idfa" not in sent(PUSH_OPEN, {"ad_id": value, "ad_id_type": "ios_idfa"})


# Rubbish


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b'"text"', b"7", b"{", b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":"\\ud800"}']
    + [b"\x00", b'{"a":' * 2_000 + b"1" + b"}" * 2_000],
)
def test_properties_that_cannot_be_read_are_refused(raw: bytes) -> None:
    assert refused(raw=raw) is Unsendable.UNREADABLE_PROPERTIES


@pytest.mark.parametrize("field", ["event_id", "user", "device"])
def test_an_id_that_is_no_unicode_is_refused(field: str) -> None:
    wrong: dict[str, Any] = {field: "\ud800"}
    assert refused(**wrong) is Unsendable.UNREADABLE_PROPERTIES


def test_a_time_beyond_what_json_numbers_hold_is_refused() -> None:
    assert refused(time_ms=10**30) is Unsendable.UNREADABLE_PROPERTIES


def test_nul_line_ends_and_big_numbers_pass() -> None:
    raw = b'{"a":"\\u0000","b":"\\u2028","c":123456789012345678901234567890, "d" : 1e300 }'
    assert sent(raw=raw)["event_properties"] == orjson.loads(raw)


def test_a_number_beyond_what_a_double_holds_passes_as_it_came() -> None:
    assert b'{"a":1e999}' in event_body(record(raw=b'{"a":1e999}'), event_types()[OPEN])  # type: ignore[operator]


def test_deep_properties_pass_as_they_came() -> None:
    raw = b'{"a":' * 900 + b"1" + b"}" * 900
    assert raw in event_body(record(raw=raw), event_types()[OPEN])  # type: ignore[operator]


def test_deep_custom_properties_are_refused_rather_than_raise() -> None:
    raw = b'{"name":"x","custom_properties":' + b'{"a":' * 900 + b"1" + b"}" * 901
    assert refused(CUSTOM_EVENT, raw=raw) is Unsendable.UNREADABLE_PROPERTIES


def test_an_event_that_no_request_could_hold_is_too_large() -> None:
    assert len(json.dumps(sent(properties={"a": "x" * 900_000}))) > 900_000
    assert refused(properties={"a": "x" * MAX_EVENT_BYTES}) is Unsendable.TOO_LARGE
    assert refused(properties={"a": "x" * 2_000_000}) is Unsendable.TOO_LARGE


json_values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**70), 2**70)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=6,
)
special_keys = some.sampled_from(
    ["name", "custom_properties", "purchase_properties", "product_id", "price", "platform"]
    + ["os_version", "device_model", "latitude", "longitude", "ad_id", "ad_id_type", "session_id"]
)


@given(
    kind=some.sampled_from([OPEN, CUSTOM_EVENT, PURCHASE, LOCATION, PUSH_OPEN]),
    properties=some.dictionaries(special_keys | some.text(), json_values, max_size=8),
)
def test_whatever_the_properties_are_the_event_is_well_formed_or_refused(
    kind: str, properties: dict[str, Any]
) -> None:
    body = event_body(record(kind, properties), event_types()[kind])
    if isinstance(body, Unsendable):
        return
    event = orjson.loads(body)
    assert event["user_id"] == "ada"
    assert event["event_type"].startswith("[Appboy] ")
    below = event["event_properties"]
    assert None not in below.values()
    assert not {"name", "custom_properties", "purchase_properties"} & set(below)
    assert all(isinstance(event.get(field, ""), str) for field in ("platform", "idfa", "productId"))
    assert all(type(event.get(field, 0)) in (int, float) for field in ("price", "location_lat"))
