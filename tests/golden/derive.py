"""Writes the pair of a new event type from the catalogue: `python -m tests.golden.derive [TYPE]…`.

By wire/amplitude-export-mapping.md alone, row by row, and by nothing of `currents`: two readings
of one table that must agree. A pair that is there is left as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

FOLDER = Path(__file__).parent / "types"
CATALOGUE = Path("braze_partners/events/catalogue.json")
FIRST_SECOND = 1_775_000_000  # a minute later for each type

# Values that are not texts, or texts with a meaning. All others tell where they belong.
TELLING: dict[str, Any] = {
    "ad_tracking_enabled": True,
    "alt_accuracy": 3.5,
    "altitude": 35.0,
    "attempt_count": 3,
    "cache_hit": False,
    "cache_tokens": 12,
    "completion_tokens": 181,
    "content_length": 2048,
    "conversion_behavior_index": 2,
    "currency": "USD",
    "duration": 61.25,
    "http_status_code": 502,
    "in_control_group": True,
    "ios_push_token_apns_gateway": 2,
    "is_amp": False,
    "is_canvas_entry": False,
    "is_drop": True,
    "is_error": True,
    "is_sms_fallback": False,
    "is_suspected_bot_click": False,
    "is_terminal": True,
    "latitude": 52.52,
    "ll_accuracy": 15.0,
    "llm_owned_by_customer": True,
    "longitude": 13.405,
    "machine_open": "true",
    "media_urls": ["https://media.example/1.jpg", "https://media.example/2.jpg"],
    "price": 24.5,
    "prompt_tokens": 903,
    "push_token_created_at": 1_770_000_000,
    "push_token_foreground_push_disabled": False,
    "push_token_provisionally_opted_in": True,
    "push_token_updated_at": 1_774_000_000,
    "reasoning_tokens": 44,
    "retry_count": 1,
    "time_ms": 1_774_999_999_123,
    "total_tokens": 1140,
    "webhook_duration": 1250,
}
PHONES = (
    {
        "ad_id": "38400000-8cf0-11bd-b23e-10b96e40000d",
        "ad_id_type": "google_ad_id",
        "platform": "android",
        "os_version": "14",
        "device_model": "Pixel 8",
    },
    {
        "ad_id": "6D92078A-8246-4BA4-AE5B-76104861E7DC",
        "ad_id_type": "ios_idfa",
        "platform": "ios",
        "os_version": "17.4.1",
        "device_model": "iPhone15,2",
    },
)
CUSTOM = {"size": "42", "tags": ["trail", "run"], "gift": False, "weight": 0.31}


def raw_event(entry: dict[str, Any]) -> dict[str, Any]:
    kind, place = entry["currents_event_type"], entry["picker_order"]
    names = [one["name"] for one in entry["properties"]] + entry.get("later_properties", [])
    properties = {name: value_of(name, kind, place) for name in names}
    if kind == "users.behaviors.CustomEvent":
        properties = {"name": "Saved a shoe", "custom_properties": CUSTOM} | properties
    if kind == "users.behaviors.Purchase":
        properties |= {"purchase_properties": CUSTOM}
    return {
        "event_type": kind,
        "id": str(uuid5(NAMESPACE_URL, kind)),
        "time": FIRST_SECOND + 60 * place,
        "user": user_of(entry),
        "properties": properties,
    }


def value_of(name: str, kind: str, place: int) -> Any:
    known = TELLING | PHONES[place % 2]
    return known.get(name, f"{name} of {kind.split('.', 1)[1]}")


def user_of(entry: dict[str, Any]) -> dict[str, Any]:
    """In turns: known with a device, known, anonymous; as far as the type has these fields."""
    fields = entry.get("user_fields", ["user_id", "external_user_id", "device_id", "timezone"])
    place = entry["picker_order"]
    everything = {
        "user_id": f"639a35d192b0df004d{place:06x}",
        "external_user_id": f"usr_{place:06d}",
        "device_id": str(uuid5(NAMESPACE_URL, f"device {place}")),
        "timezone": "Europe/Berlin",
    }
    turn = place % 3
    left_out = {
        0: (),
        1: ("device_id",),
        2: ("external_user_id",) if "device_id" in fields else (),
    }[turn]
    return {
        name: everything[name] for name in everything if name in fields and name not in left_out
    }


def amplitude_event(raw: dict[str, Any], amplitude_name: str) -> dict[str, Any]:
    user, given = raw["user"], dict(raw["properties"])
    if not user.get("external_user_id") and not user.get("device_id"):
        return {"filtered": "no_identity"}
    event: dict[str, Any] = {}
    # user_id, device_id
    if user.get("external_user_id"):
        event["user_id"] = user["external_user_id"]
    if user.get("device_id"):
        event["device_id"] = user["device_id"]
    # event_type: the catalogue's name; for custom events the prefix and the name
    event["event_type"] = amplitude_name
    if raw["event_type"] == "users.behaviors.CustomEvent":
        event["event_type"] = "[Appboy] [Custom Event] " + given["name"]
    # time × 1000, insert_id, library
    event["time"] = raw["time"] * 1000
    event["insert_id"] = raw["id"]
    event["library"] = "Braze"
    # custom-event and purchase properties under their prefixes; these three never raw
    nested = {}
    for key, value in given.pop("custom_properties", {}).items():
        nested["[Custom event property] " + key] = value
    for key, value in given.pop("purchase_properties", {}).items():
        nested["[Purchase property] " + key] = value
    given.pop("name", None)
    # Purchase: productId and price at the top, not repeated below
    if raw["event_type"] == "users.behaviors.Purchase":
        event["productId"] = given.pop("product_id")
        event["price"] = given.pop("price")
    # at the top and below
    for name in ("platform", "os_version", "device_model"):
        if name in given:
            event[name] = given[name]
    if raw["event_type"] == "users.behaviors.Location":
        event["location_lat"] = given["latitude"]
        event["location_lng"] = given["longitude"]
    # idfa or adid by the kind of the advertising id
    if given.get("ad_id_type") == "ios_idfa":
        event["idfa"] = given["ad_id"]
    if given.get("ad_id_type") == "google_ad_id":
        event["adid"] = given["ad_id"]
    event["event_properties"] = given | nested
    return event


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def main(wanted: list[str]) -> None:
    for entry in json.loads(CATALOGUE.read_text())["events"]:
        kind = entry["currents_event_type"]
        path = FOLDER / f"{kind}.raw.json"
        if path.exists() or (wanted and kind not in wanted):
            continue
        raw = raw_event(entry)
        write(path, raw)
        expected = amplitude_event(raw, entry["amplitude_event_name"])
        write(FOLDER / f"{kind}.expected.json", expected)


if __name__ == "__main__":
    main(sys.argv[1:])
