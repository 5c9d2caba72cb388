"""What is told of an event's changes is what payload.py has made of it."""

from __future__ import annotations

import subprocess
from typing import Any

import msgspec
import orjson

from braze_partners.events import catalogue
from braze_partners.events.records import EventRecord
from currents.amplitude.changes import Change, How, changes, raw_event
from currents.amplitude.curl import command
from currents.amplitude.payload import event_body

OPEN = "users.messages.email.Open"
CUSTOM = catalogue.CUSTOM_EVENT
ZERO = "00000000-0000-0000-0000-000000000000"


def told(kind: str, properties: dict[str, Any], **ids: Any) -> list[Change]:
    record = a_record(kind, properties, **ids)
    body = event_body(record, catalogue.event_types()[kind])
    assert isinstance(body, bytes)
    return changes(raw_event(record), orjson.loads(body))


def a_record(kind: str, properties: dict[str, Any], **ids: Any) -> EventRecord:
    named = {"external_user_id": "ada", "device_id": None, "user_id": None} | ids
    raw = msgspec.Raw(orjson.dumps(properties))
    return EventRecord(0, 3, kind, "e-1", 1_700_000_000_500, **named, properties=raw)


def of_properties(found: list[Change]) -> set[tuple[How, str, str]]:
    return {(one.how, one.before, one.after) for one in found if "properties" in one.before}


def test_ids_are_renamed_and_brazes_own_is_left_out() -> None:
    found = told(OPEN, {}, device_id="phone", user_id="65f0")
    assert Change(How.RENAMED, "id", "insert_id") in found
    assert Change(How.RENAMED, "user.external_user_id", "user_id") in found
    assert Change(How.MOVED, "user.device_id", "device_id") in found
    assert Change(How.LEFT_OUT, "user.user_id", "") in found
    assert Change(How.ADDED, "", "library") in found


def test_a_device_id_that_amplitude_never_takes_is_told_as_left_out() -> None:
    assert Change(How.LEFT_OUT, "user.device_id", "") in told(OPEN, {}, device_id=ZERO)


def test_what_goes_as_it_came_is_not_told() -> None:
    assert of_properties(told(OPEN, {"campaign_id": "c1", "n": [1, {"a": 2}]})) == set()


def test_nulls_are_left_out_and_amplitudes_own_fields_are_copied() -> None:
    found = told(OPEN, {"platform": "ios", "dispatch_id": None, "campaign_id": "c1"})
    assert of_properties(found) == {
        (How.COPIED, "properties.platform", "platform"),
        (How.LEFT_OUT, "properties.dispatch_id", ""),
    }


def test_a_purchase_moves_product_and_price_and_prefixes_its_properties() -> None:
    found = told(
        catalogue.PURCHASE,
        {
            "product_id": "sku",
            "price": 3.5,
            "currency": "EUR",
            "purchase_properties": {"size": "M", "gone": None},
        },
    )
    assert of_properties(found) == {
        (How.MOVED, "properties.product_id", "productId"),
        (How.MOVED, "properties.price", "price"),
        (
            How.PREFIXED,
            "properties.purchase_properties.size",
            "event_properties.[Purchase property] size",
        ),
        (How.LEFT_OUT, "properties.purchase_properties.gone", ""),
    }


def test_a_custom_events_name_is_a_part_of_amplitudes_event_type() -> None:
    found = told(CUSTOM, {"name": "Loved", "custom_properties": {"how": "much"}})
    assert of_properties(found) == {
        (How.MOVED, "properties.name", "event_type"),
        (
            How.PREFIXED,
            "properties.custom_properties.how",
            "event_properties.[Custom event property] how",
        ),
    }


def test_the_raw_event_has_the_form_it_is_sent_in() -> None:
    raw = raw_event(a_record(OPEN, {"a": 1}))
    assert raw == {
        "id": "e-1",
        "event_type": OPEN,
        "time": 1_700_000_000.5,
        "user": {"external_user_id": "ada"},
        "properties": {"a": 1},
    }


def test_the_command_takes_the_key_from_the_shell_whatever_the_event_holds() -> None:
    record = a_record(OPEN, {"title": 'It\'s $HOME `now` \\ "x"'})
    body = event_body(record, catalogue.event_types()[OPEN])
    assert isinstance(body, bytes)
    words = _words(command("https://api2.amplitude.com/2/httpapi", body))
    sent = orjson.loads(words[-1])
    assert words[:3] == ["-X", "POST", "https://api2.amplitude.com/2/httpapi"]
    assert sent["api_key"] == "k3y"
    assert sent["events"] == [orjson.loads(body)]
    assert sent["options"] == {"min_id_length": 1}


def _words(line: str) -> list[str]:
    """What curl would be given."""
    script = 'curl() { printf "%s\\0" "$@"; }\n' + line
    run = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"AMPLITUDE_API_KEY": "k3y"},
        capture_output=True,
        check=True,
        timeout=10,
    )
    return run.stdout.decode().rstrip("\0").split("\0")
