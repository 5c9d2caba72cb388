"""Every answer of wire/amplitude-http-v2.md, and every one that is none, has its "what next"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from currents.amplitude import answers
from currents.amplitude.answers import (
    CredentialsRefused,
    Delivered,
    ProjectThrottled,
    Refused,
    Rejected,
    Throttled,
    TooLarge,
    Unexpected,
    Unreachable,
    Unreached,
)
from currents.amplitude.limits import MAX_CAUSE_CHARACTERS, MAX_KEPT_CHARACTERS

KEY = "a8b1c2d3e4f5a6b7c8d9e0f1a2b341f7"
HTML = b"<html><body>Access denied</body></html>"
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
MEGABYTES = b" " * 10_000_000


def read(status: int, body: bytes | dict[str, Any], sent: int = 3, cut: bool = False) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answers.read(Answer(status, raw, 0.1, cut), sent=sent, api_key=KEY)


def bad(error: str, **more: Any) -> Any:
    return read(400, {"code": 400, "error": error, **more})


# 200


def test_200_is_delivered() -> None:
    body = {"code": 200, "events_ingested": 3, "payload_size_bytes": 9, "server_upload_time": 1}
    outcome = read(200, body)
    assert isinstance(outcome, Delivered)
    assert (outcome.status, outcome.ingested, outcome.warning) == (200, 3, None)


@pytest.mark.parametrize("ingested", [0, 2, 4])
def test_200_that_ingested_another_number_is_delivered_with_a_warning(ingested: int) -> None:
    outcome = read(200, {"code": 200, "events_ingested": ingested})
    assert isinstance(outcome, Delivered)
    assert outcome.ingested == ingested
    assert outcome.warning == f"Amplitude ingested {ingested} of 3 events"


@pytest.mark.parametrize("ingested", [None, "3", -1, True, 3.0])
def test_200_that_does_not_count_is_delivered_with_a_warning(ingested: Any) -> None:
    outcome = read(200, {"code": 200, "events_ingested": ingested})
    assert isinstance(outcome, Delivered)
    assert outcome.ingested is None
    assert outcome.warning is not None


@pytest.mark.parametrize(
    "body",
    [b"", HTML, b"success", b"{", b"[1]", b'"ok"', b"null", b"\xff\xfe", b'{"status":"ok"}', DEEP]
    + [b'{"code":400,"events_ingested":3}', b'{"code":"200","events_ingested":3}', MEGABYTES],
    ids=lambda body: body[:20].decode("latin-1"),
)
@pytest.mark.parametrize("status", [200, 202, 204])
def test_2xx_that_is_no_answer_of_amplitudes_is_garbage_that_may_have_been_ingested(
    status: int, body: bytes
) -> None:
    outcome = read(status, body)
    assert isinstance(outcome, Unreachable)
    assert (outcome.kind, outcome.status) == (Unreached.GARBAGE, status)
    assert outcome.maybe_ingested


def test_an_answer_cut_at_the_limit_of_reading_is_not_believed() -> None:
    outcome = read(200, {"code": 200, "events_ingested": 3}, cut=True)
    assert isinstance(outcome, Unreachable)


# 400 with names


def test_400_names_events_by_field() -> None:
    outcome = bad(
        "Invalid field values on some events",
        events_with_invalid_fields={"time": [0]},
        events_with_missing_fields={"event_type": [1]},
    )
    assert isinstance(outcome, Rejected)
    assert outcome.named == {
        0: "events_with_invalid_fields: time",
        1: "events_with_missing_fields: event_type",
    }
    assert not outcome.nothing_named
    assert outcome.words == "Invalid field values on some events"


def test_400_names_events_whose_ids_are_too_short() -> None:
    outcome = bad("Invalid", events_with_invalid_id_lengths={"user_id": [2], "device_id": [0]})
    assert outcome.named == {
        2: "events_with_invalid_id_lengths: user_id",
        0: "events_with_invalid_id_lengths: device_id",
    }


def test_400_that_names_an_event_twice_keeps_the_first_cause() -> None:
    outcome = bad(
        "Invalid",
        events_with_invalid_fields={"time": [1], "price": [1]},
        events_with_missing_fields={"user_id": [1]},
    )
    assert outcome.named == {1: "events_with_invalid_fields: time"}


def test_400_that_lists_indexes_without_a_field_names_them_all_the_same() -> None:
    outcome = bad("Invalid", events_with_missing_fields=[0, 2])
    assert outcome.named == dict.fromkeys((0, 2), "events_with_missing_fields")


def test_400_for_silenced_devices_names_their_events_and_them() -> None:
    outcome = bad(
        "Events silenced for device_id",
        eps_threshold=30,
        silenced_devices=["d1", "d2"],
        silenced_events=[0, 1],
        throttled_devices={},
        throttled_events=[],
        exceeded_daily_quota_devices={},
    )
    assert outcome.named == dict.fromkeys((0, 1), "Events silenced for device_id")
    assert outcome.devices == dict.fromkeys(("d1", "d2"), "Events silenced for device_id")
    assert outcome.throttled is None


def test_400_for_silenced_devices_without_indexes_names_the_devices() -> None:
    outcome = bad("Events silenced for device_id", silenced_devices=["d1"])
    assert outcome.named == {}
    assert outcome.devices == {"d1": "Events silenced for device_id"}
    assert not outcome.nothing_named


def test_400_for_silenced_devices_may_throttle_others_at_once() -> None:
    outcome = bad(
        "Events silenced for device_id",
        silenced_devices=["d1"],
        silenced_events=[0],
        throttled_devices={"d2": 45},
        throttled_events=[1],
        exceeded_daily_quota_devices={"d3": 500_001},
    )
    assert outcome.named == {0: "Events silenced for device_id"}
    assert outcome.throttled is not None
    assert outcome.throttled.devices == {"d2": 45}
    assert outcome.throttled.indexes == {1}
    assert outcome.throttled.quota_devices == {"d3": 500_001}


@pytest.mark.parametrize(
    "indexes", [[-1], [3], [99], ["0"], [0.0], [True], [None], "0", 0, {}, [[0]]]
)
def test_400_with_indexes_that_are_no_places_in_the_request_names_nothing(indexes: Any) -> None:
    outcome = bad("Invalid field values on some events", events_with_invalid_fields={"x": indexes})
    assert isinstance(outcome, Rejected)
    assert outcome.nothing_named


def test_400_keeps_the_good_indexes_among_bad_ones() -> None:
    outcome = bad("Invalid", events_with_invalid_fields={"time": [7, -1, "x", 2]})
    assert outcome.named == {2: "events_with_invalid_fields: time"}


@pytest.mark.parametrize("maps", [None, [], {}, "text", 7, {"time": None}])
def test_400_with_odd_maps_names_nothing(maps: Any) -> None:
    assert bad("Invalid", events_with_invalid_fields=maps, silenced_events=maps).nothing_named


def test_a_cause_is_short_and_holds_no_key() -> None:
    outcome = bad("Invalid", events_with_invalid_fields={KEY + "x" * 5_000: [0]})
    assert len(outcome.named[0]) == MAX_CAUSE_CHARACTERS
    assert KEY not in outcome.named[0]


# 400 without names


@pytest.mark.parametrize(
    "error",
    [
        "Invalid JSON request body",
        "Invalid event JSON",
        "Invalid field values on some events",
        "Something new",
        "",
    ],
)
def test_400_that_names_nothing_leaves_the_batch_to_be_split(error: str) -> None:
    outcome = bad(error)
    assert isinstance(outcome, Rejected)
    assert outcome.nothing_named
    assert outcome.words == (error or "HTTP 400")


def test_400_for_a_missing_field_of_an_event_says_which() -> None:
    outcome = bad("Request missing required field", missing_field="event_type")
    assert isinstance(outcome, Rejected)
    assert outcome.nothing_named
    assert outcome.words == "Request missing required field: event_type"


@pytest.mark.parametrize("error", ["Invalid API key", "Invalid API key: " + KEY])
def test_400_invalid_api_key_is_about_the_credentials(error: str) -> None:
    outcome = bad(error)
    assert isinstance(outcome, CredentialsRefused)
    assert outcome.kind is Refused.INVALID_KEY
    assert KEY not in outcome.words + outcome.body


def test_400_for_a_missing_api_key_is_about_the_credentials() -> None:
    outcome = bad("Request missing required field", missing_field="api_key")
    assert isinstance(outcome, CredentialsRefused)
    assert outcome.kind is Refused.INVALID_KEY


@pytest.mark.parametrize("error", ["Invalid request path", "Missing request body"])
def test_400_about_the_request_as_a_whole_blames_no_event(error: str) -> None:
    assert isinstance(bad(error), Unexpected)


def test_400_for_missing_events_blames_no_event() -> None:
    outcome = bad("Request missing required field", missing_field="events")
    assert isinstance(outcome, Unexpected)


@pytest.mark.parametrize("body", [HTML, b"", b"[]", DEEP, MEGABYTES], ids=range(5))
def test_400_of_somebody_else_is_a_failing_destination(body: bytes) -> None:
    assert isinstance(read(400, body), Unexpected)


@pytest.mark.parametrize("error", [None, 7, ["x"], {"a": 1}])
def test_400_whose_error_is_no_text_is_read_all_the_same(error: Any) -> None:
    assert read(400, {"code": 400, "error": error}).words == "HTTP 400"


# Credentials


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Refused.UNAUTHORIZED), (403, Refused.FORBIDDEN)]
)
@pytest.mark.parametrize(
    "body", [b'{"code":403,"error":"Forbidden"}', HTML, b"", DEEP], ids=range(4)
)
def test_401_and_403_are_about_the_credentials_whatever_the_body(
    status: int, kind: Refused, body: bytes
) -> None:
    outcome = read(status, body)
    assert isinstance(outcome, CredentialsRefused)
    assert (outcome.kind, outcome.status) == (kind, status)


# 413


@pytest.mark.parametrize("body", [b'{"code":413,"error":"Payload too large"}', HTML, b""])
def test_413_is_too_large(body: bytes) -> None:
    assert isinstance(read(413, body), TooLarge)


# 429


def test_429_names_devices_users_and_those_over_their_quota() -> None:
    outcome = read(
        429,
        {
            "code": 429,
            "error": "Too many requests for some devices and users",
            "eps_threshold": 30,
            "throttled_devices": {"d1": 31},
            "throttled_users": {"u1": 32},
            "throttled_events": [0, 2],
            "exceeded_daily_quota_devices": {"d2": 500_000},
            "exceeded_daily_quota_users": {"u2": 500_001},
        },
    )
    assert isinstance(outcome, Throttled)
    assert outcome.devices == {"d1": 31}
    assert outcome.users == {"u1": 32}
    assert outcome.indexes == {0, 2}
    assert outcome.quota_devices == {"d2": 500_000}
    assert outcome.quota_users == {"u2": 500_001}
    assert outcome.words == "Too many requests for some devices and users"


def test_429_that_names_only_indexes_is_throttled_by_them() -> None:
    outcome = read(429, {"code": 429, "throttled_events": [1, 99, "x"]})
    assert isinstance(outcome, Throttled)
    assert outcome.indexes == {1}
    assert outcome.devices == {}


def test_429_may_list_ids_without_rates() -> None:
    outcome = read(
        429, {"code": 429, "throttled_devices": ["d1", 7], "throttled_users": {"u": "x"}}
    )
    assert outcome.devices == {"d1": 0}
    assert outcome.users == {"u": 0}


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":429,"error":"Too many requests for some devices and users"}',
        b'{"code":429,"throttled_devices":{},"throttled_events":[]}',
        b'{"code":429,"throttled_devices":7,"throttled_events":[55]}',
        HTML,
        b"",
        DEEP,
        MEGABYTES,
    ],
    ids=range(7),
)
def test_429_that_names_nobody_is_the_projects_own_rate(body: bytes) -> None:
    assert isinstance(read(429, body), ProjectThrottled)


# The rest


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("body", [b'{"code":500,"error":"Internal"}', HTML, b""], ids=range(3))
def test_5xx_is_unreachable_and_only_503_says_that_nothing_was_ingested(
    status: int, body: bytes
) -> None:
    outcome = read(status, body)
    assert isinstance(outcome, Unreachable)
    assert (outcome.kind, outcome.status) == (Unreached.SERVER_ERROR, status)
    assert outcome.maybe_ingested is (status != 503)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 405, 408, 410, 418, 422, 451])
def test_3xx_404_and_other_4xx_are_unexpected(status: int) -> None:
    outcome = read(status, HTML)
    assert isinstance(outcome, Unexpected)
    assert (outcome.status, outcome.words) == (status, f"HTTP {status}")
    assert outcome.body == HTML.decode()


@pytest.mark.parametrize("status", [0, 101, 199, 600, 999])
def test_a_status_that_means_nothing_is_unexpected(status: int) -> None:
    assert isinstance(read(status, b""), Unexpected)


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("may_have_arrived", [True, False])
def test_a_network_failure_is_unreachable(trouble: Trouble, may_have_arrived: bool) -> None:
    failure = NetworkFailure(trouble, "Connection refused", 0.2, may_have_arrived, status=None)
    outcome = answers.read(failure, sent=3, api_key=KEY)
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == Unreached(trouble.value)
    assert outcome.maybe_ingested is may_have_arrived
    assert (outcome.status, outcome.words) == (None, "Connection refused")


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 413, 429, 500])
def test_what_is_kept_of_an_answer_is_short_and_holds_no_key(status: int) -> None:
    for body in (f'{{"error":"{KEY}"}}'.encode(), f"<p>{KEY}</p>".encode() * 100_000):
        outcome = read(status, body)
        assert KEY not in outcome.body + outcome.words
        assert KEY[:12] not in outcome.body + outcome.words
        assert len(outcome.body) <= MAX_KEPT_CHARACTERS + 1
        assert len(outcome.words) <= MAX_CAUSE_CHARACTERS
