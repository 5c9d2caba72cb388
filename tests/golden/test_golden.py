"""Each event type has a pair of files: the event as it is posted to /currents/events, and what
Amplitude gets for it. `edges/` has pairs of events that are not as they should be.

An expected file is an Amplitude event, or says why there is none. `include_anonymous` in it is the
setting of the Current, true where nothing is said.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from braze_partners.events import frames, intake
from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE, EventType, event_types
from braze_partners.events.limits import LANES
from braze_partners.events.records import EventRecord
from currents.amplitude.payload import Unsendable, event_body, verdict
from tests.events.conftest import Sender

HERE = Path(__file__).parent
RAW, EXPECTED = ".raw.json", ".expected.json"
NESTED = {CUSTOM_EVENT: {"name", "custom_properties"}, PURCHASE: {"purchase_properties"}}


def names(folder: str, suffix: str) -> list[str]:
    return sorted(path.name.removesuffix(suffix) for path in (HERE / folder).glob(f"*{suffix}"))


def content(folder: str, name: str, suffix: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((HERE / folder / f"{name}{suffix}").read_text())
    return made


def pairs() -> list[Any]:
    return [
        pytest.param(folder, name, id=f"{folder}/{name}")
        for folder in ("types", "edges")
        for name in names(folder, RAW)
    ]


def logged(raw: dict[str, Any]) -> EventRecord:
    """As it comes back out of the log."""
    user = raw["user"]
    incoming = intake.IncomingEvent(
        type=raw["event_type"],
        id=raw["id"],
        time_ms=raw["time"] * 1000,
        external_user_id=user.get("external_user_id"),
        device_id=user.get("device_id"),
        user_id=user.get("user_id"),
        properties=orjson.dumps(raw["properties"]),
    )
    batch = intake.encode([incoming])
    (record,) = frames.unpack(batch.frames, batch.frame_ends, range(LANES))
    return record


def became(record: EventRecord, *, include_anonymous: bool = True) -> dict[str, Any]:
    filtered = verdict(record, include_anonymous=include_anonymous)
    if filtered is not None:
        return {"filtered": filtered.value}
    body = event_body(record, event_types()[record.type])
    if isinstance(body, Unsendable):
        return {"unsendable": body.value}
    event: dict[str, Any] = orjson.loads(body)
    return event


@pytest.mark.parametrize(("folder", "name"), pairs())
def test_the_event_becomes_what_is_expected(folder: str, name: str) -> None:
    expected = content(folder, name, EXPECTED)
    include_anonymous = expected.pop("include_anonymous", True)
    record = logged(content(folder, name, RAW))
    assert became(record, include_anonymous=include_anonymous) == expected


@pytest.mark.embedded
@pytest.mark.django_db
def test_all_of_them_posted_in_one_request_become_what_is_expected(sender: Sender) -> None:
    answer = sender.send(*(content("types", name, RAW) for name in event_types()))
    assert (answer.status_code, answer.json()["accepted"]) == (201, len(event_types()))
    for name, record in zip(event_types(), sender.stored, strict=True):
        assert became(record) == content("types", name, EXPECTED), name


@pytest.mark.django_db
def test_the_odd_ones_posted_become_what_is_expected(sender: Sender) -> None:
    odd = names("edges", RAW)
    answer = sender.send(*(content("edges", name, RAW) for name in odd))
    assert (answer.status_code, answer.json()["rejected"]) == (201, [])
    for name, record in zip(odd, sender.stored, strict=True):
        expected = content("edges", name, EXPECTED)
        include_anonymous = expected.pop("include_anonymous", True)
        assert became(record, include_anonymous=include_anonymous) == expected, name


def test_every_type_of_the_catalogue_has_its_pair_and_no_other_has() -> None:
    assert names("types", RAW) == names("types", EXPECTED) == sorted(event_types())
    assert names("edges", RAW) == names("edges", EXPECTED)


@pytest.mark.parametrize("event_type", event_types().values(), ids=lambda kind: kind.name)
def test_a_pair_has_every_property_of_its_type_with_a_value(event_type: EventType) -> None:
    raw = content("types", event_type.name, RAW)
    assert raw["event_type"] == event_type.name
    known = {*event_type.properties, *event_type.later_properties}
    assert set(raw["properties"]) == known | NESTED.get(event_type.name, set())
    assert None not in raw["properties"].values()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("users.messages.sms.CarrierSend", "[Appboy] SMS Send To Carrier"),
        ("users.campaigns.Conversion", "[Appboy] Campaign Conversion Event"),
        ("users.canvas.Conversion", "[Appboy] Canvas Conversion Event"),
        ("users.behaviors.CustomEvent", "[Appboy] [Custom Event] Saved a shoe"),
    ],
)
def test_names_are_those_of_the_mission_where_pages_differ(kind: str, name: str) -> None:
    assert content("types", kind, EXPECTED)["event_type"] == name


def test_only_the_type_that_carries_nobody_is_filtered() -> None:
    filtered = [name for name in event_types() if "filtered" in content("types", name, EXPECTED)]
    assert filtered == ["agentconsole.ToolInvocation"]
