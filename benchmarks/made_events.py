"""Events as a Braze account sends them: ten types, about 700 bytes each, from 100,000 people.

For our side as bodies of /currents/events and /users/track, for the SDK as what Amplitude would
get. Knows no server.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from braze_partners.events import catalogue
from braze_partners.events.records import EventRecord
from currents.amplitude import payload

PEOPLE = 100_000
BEGAN = 1_778_589_128  # seconds; 12 May 2026
# Coprime to the people: neighbours in a request are strangers to each other.
STRIDE = 61_803

CAMPAIGN = "campaign_id campaign_name message_variation_id message_variation_name send_id"
CANVAS = (
    "canvas_id canvas_name canvas_variation_id canvas_variation_name canvas_step_id"
    " canvas_step_name"
)
DEVICE = "app_id platform os_version device_model"
MAIL = "dispatch_id email_address ip_pool esp"
TYPES = {
    "users.messages.email.Send": f"{CAMPAIGN} {MAIL} message_extras",
    "users.messages.email.Delivery": f"{CANVAS} {MAIL} sending_ip",
    "users.messages.email.Open": f"{CAMPAIGN} {MAIL} user_agent",
    "users.messages.email.Click": f"{CANVAS} {MAIL} url user_agent link_id",
    "users.messages.pushnotification.Send": f"{CAMPAIGN} {DEVICE} dispatch_id message_extras",
    "users.messages.pushnotification.Open": f"{CANVAS} {DEVICE} dispatch_id button_string",
    "users.messages.inappmessage.Impression": f"{CANVAS} {DEVICE} dispatch_id message_extras",
    "users.behaviors.app.SessionStart": f"session_id {DEVICE} app_group_id ad_id ad_id_type",
    catalogue.CUSTOM_EVENT: f"name custom_properties {DEVICE} app_group_id ad_id ad_id_type",
    catalogue.PURCHASE: f"product_id price currency purchase_properties {DEVICE} app_group_id",
}
NAMES = list(TYPES)
# What a custom event of /users/track carries, to be as large as the others.
TRACKED = (
    *("campaign_name", "message_variation_name", "canvas_name", "platform", "os_version"),
    *("device_model", "app_group_id", "url", "user_agent", "session_id"),
)
FIELDS = [fields.split() for fields in TYPES.values()]
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{} like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
EXTRAS = '{"season":"spring","size":"42","group":"b","stock":"low"}'
# Fields of the wire whose SDK argument has another name.
SDK_NAMES = {"productId": "product_id", "revenueType": "revenue_type"}


class User(msgspec.Struct, omit_defaults=True):
    user_id: str
    external_user_id: str
    timezone: str
    device_id: str | None = None


class Event(msgspec.Struct):
    event_type: str
    id: str
    time: int
    user: User
    properties: dict[str, Any]


_encode = msgspec.json.Encoder().encode


def made(count: int, seed: int) -> Iterator[Event]:
    """Another seed makes other ids."""
    chance = random.Random(seed)
    for number in range(count):
        kind, person = number % len(NAMES), (number + seed) * STRIDE % PEOPLE
        values = _values(chance, person, number)
        yield Event(
            NAMES[kind],
            _uuid(chance),
            BEGAN + number // 100,
            _user(person, NAMES[kind]),
            {field: values[field] for field in FIELDS[kind]},
        )


def currents_bodies(count: int, a_request: int, seed: int) -> list[bytes]:
    bodies, events = [], []
    for event in made(count, seed):
        events.append(event)
        if len(events) == a_request:
            bodies.append(_encode({"events": events}))
            events = []
    return bodies


def track_bodies(count: int, a_request: int, seed: int) -> list[bytes]:
    """Custom events, each of somebody who is known."""
    bodies, events = [], []
    chance = random.Random(seed)
    for number in range(count):
        person = (number + seed) * STRIDE % PEOPLE
        values = _values(chance, person, number)
        events.append(
            {
                "external_id": external_id(person),
                "name": values["name"],
                "time": datetime.fromtimestamp(BEGAN + number // 100, UTC).isoformat(),
                "app_id": values["app_id"],
                "properties": {field: values[field] for field in TRACKED}
                | values["custom_properties"],
            }
        )
        if len(events) == a_request:
            bodies.append(_encode({"events": events}))
            events = []
    return bodies


def amplitude_events(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """The same events as arguments of the SDK's own event."""
    types = catalogue.event_types()
    for index, event in enumerate(made(count, seed)):
        user = event.user
        ids = (user.external_user_id, user.device_id, user.user_id)
        properties = msgspec.Raw(_encode(event.properties))
        kind, time = event.event_type, event.time * 1000
        record = EventRecord(index, 0, kind, event.id, time, *ids, properties)
        body = payload.event_body(record, types[kind])
        if isinstance(body, payload.Unsendable):
            raise TypeError(f"{kind}: {body}")
        fields = orjson.loads(body)
        del fields["library"]  # the SDK says its own name
        yield {SDK_NAMES.get(key, key): value for key, value in fields.items()}


def external_id(person: int) -> str:
    """As people.fill makes them."""
    return f"customer-{person:09d}"


def _user(person: int, kind: str) -> User:
    """A mail knows no device."""
    known = User(f"639a35d192b0df{person:010x}", external_id(person), "Europe/Paris")
    if ".email." not in kind:
        known.device_id = f"5f1f2a7c-9d3e-4b6a-8c21-{person * 7919:012x}"
    return known


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _values(chance: random.Random, person: int, number: int) -> dict[str, Any]:
    campaign = chance.randrange(20)
    return {
        "campaign_id": f"5f9c0b2e-4a31-4c9b-9a77-0000000000{campaign:02d}",
        "campaign_name": f"Spring restock, week {campaign}",
        "message_variation_id": f"a1d0c0de-7e57-4f00-b5c3-00000000000{campaign % 4}",
        "message_variation_name": f"Variant {campaign % 4}",
        "send_id": f"65f1c8{campaign:018d}",
        "canvas_id": f"0b7b2c1d-6d0c-4b55-9d7c-0000000000{campaign:02d}",
        "canvas_name": f"Welcome, from shop {campaign}",
        "canvas_variation_id": f"c4a7e5b0-58d1-4d7c-8f2a-00000000000{campaign % 3}",
        "canvas_variation_name": f"Path {campaign % 3}",
        "canvas_step_id": f"d5c1aa20-0f4e-4b0e-9c11-00000000000{campaign % 5}",
        "canvas_step_name": f"Day {campaign % 5} reminder",
        "dispatch_id": f"{number // 50:032x}",
        "email_address": f"person.{person}@lumen.example",
        "ip_pool": "marketing",
        "esp": "sendgrid",
        "sending_ip": f"192.0.2.{campaign}",
        "user_agent": AGENT.format(campaign % 6),
        "url": f"https://lumen.example/shoes/{campaign * 37}?utm_campaign=spring",
        "link_id": f"{campaign * 104_729:016x}",
        "message_extras": EXTRAS,
        "button_string": "See the shoes",
        "session_id": _uuid(chance),
        "app_id": f"e2b1d7f0-3c55-4f0e-a1a8-00000000000{campaign % 2}",
        "platform": ("ios", "android")[campaign % 2],
        "os_version": f"17.{campaign % 6}",
        "device_model": f"iPhone15,{campaign % 5}",
        "app_group_id": "9b74c989-7bac-4d5a-b1a0-1f0e2d3c4b5a",
        "ad_id": f"AEBE52E7-03EE-455A-B3C4-{person:012X}",
        "ad_id_type": "ios_idfa",
        "name": "Added to cart",
        "custom_properties": _shopping(chance, campaign),
        "product_id": f"sku-{chance.randrange(5_000)}",
        "price": chance.randrange(100, 20_000) / 100,
        "currency": "EUR",
        "purchase_properties": _shopping(chance, campaign),
    }


def _shopping(chance: random.Random, shop: int) -> dict[str, Any]:
    return {
        "sku": f"sku-{chance.randrange(5_000)}",
        "category": "shoes",
        "colour": ("black", "white", "red")[shop % 3],
        "size": 36 + shop % 10,
        "gift": shop % 7 == 0,
        "shop": f"Shop {shop}",
    }
