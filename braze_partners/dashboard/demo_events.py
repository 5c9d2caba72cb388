"""Events of demo people, one at the push of a button or a few a second for some minutes. They go in
by the intake that /currents/events uses. Only where a sandbox may run; knows no Current.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db.models import F

from braze_partners.dashboard.demo import PEOPLE, external_id
from braze_partners.dashboard.models import EventFlow
from braze_partners.events import intake
from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE
from braze_partners.events.intake import IncomingEvent
from braze_partners.workspaces.models import Workspace

# How long the flow runs at most, so that one that was forgotten ends by itself.
FLOWS_FOR = timedelta(minutes=10)
PER_SECOND = 4
# Of a time in which no worker ran, only so much is made up for.
MOST_AT_ONCE = timedelta(seconds=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

EMAIL = {
    "campaign_name": "Spring restock",
    "message_variation_name": "Variant A",
    "email_address": "someone@people.example",
}
PUSH = {"campaign_name": "Back in stock", "platform": "ios", "os_version": "17.4"}
CARTS = ("Added to cart", "Removed from cart", "Viewed size guide")
PRODUCTS = (("trail-runner-42", 129.0), ("merino-base", 64.5), ("day-pack-20", 89.0))

# (weight, event type, properties): a campaign's course, with some shopping between.
COURSE: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (8, "users.messages.email.Send", EMAIL),
    (7, "users.messages.email.Delivery", EMAIL),
    (4, "users.messages.email.Open", EMAIL | {"machine_open": "true"}),
    (2, "users.messages.email.Click", EMAIL | {"url": "https://lumen.example/restock"}),
    (4, "users.messages.pushnotification.Send", PUSH),
    (1, "users.messages.pushnotification.Open", PUSH),
    (4, "users.behaviors.app.SessionStart", PUSH),
    (3, CUSTOM_EVENT, {}),
    (1, PURCHASE, {}),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that was made, in words for who asked for it."""

    name: str
    person: str


def send_one(workspace_id: int, now: datetime) -> Sent:
    """One custom event, whose name says where it comes from. Raises LogUnavailable."""
    dice = random.Random()
    name, person = "Pushed the demo button", _person(dice)
    properties = {"name": name, "custom_properties": {"page": "home", "at": now.isoformat()}}
    event = _event(dice, CUSTOM_EVENT, person, properties, now)
    intake.accept(workspace_id, [event], now)
    return Sent(name, person)


def flow_of(workspace: Workspace, now: datetime) -> EventFlow | None:
    """The flow while it runs."""
    return EventFlow.objects.filter(workspace=workspace, until__gt=now).first()


def switch_on(workspace: Workspace, now: datetime) -> EventFlow:
    flow, _made = EventFlow.objects.update_or_create(
        workspace=workspace, defaults={"until": now + FLOWS_FOR, "made_until": now, "made": 0}
    )
    return flow


def switch_off(workspace: Workspace, now: datetime) -> None:
    EventFlow.objects.filter(workspace=workspace, until__gt=now).update(until=now)


def make_due(now: datetime) -> int:
    """The events of every flow since its last ones; how many. Safe to run together: who moves a
    flow's row makes its events."""
    made = 0
    for flow in EventFlow.objects.filter(until__gt=F("made_until")):
        end = min(now, flow.until)
        begin = max(flow.made_until, end - MOST_AT_ONCE)
        count = round((end - begin).total_seconds() * PER_SECOND)
        if count <= 0:
            continue
        moved = EventFlow.objects.filter(pk=flow.pk, made_until=flow.made_until)
        if moved.update(made_until=end, made=F("made") + count):
            intake.accept(flow.workspace_id, some_events(count, begin, end), end)
            made += count
    return made


def some_events(count: int, begin: datetime, end: datetime) -> list[IncomingEvent]:
    """Plausible ones, spread evenly over the time."""
    dice = random.Random()
    weights = [weight for weight, _kind, _properties in COURSE]
    chosen = dice.choices(COURSE, weights, k=count)
    step = (end - begin) / count
    return [
        _event(dice, kind, _person(dice), _filled(dice, kind, properties), begin + step * place)
        for place, (_weight, kind, properties) in enumerate(chosen)
    ]


def _filled(dice: random.Random, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    product, price = dice.choice(PRODUCTS)
    if kind == CUSTOM_EVENT:
        return {"name": dice.choice(CARTS), "custom_properties": {"product": product}}
    if kind == PURCHASE:
        return {"product_id": product, "price": price, "currency": "EUR"}
    return properties


def _person(dice: random.Random) -> str:
    return external_id(dice.randint(1, PEOPLE))


def _event(
    dice: random.Random, kind: str, person: str, properties: dict[str, Any], at: datetime
) -> IncomingEvent:
    return IncomingEvent(
        type=kind,
        id=str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        time_ms=(at - EPOCH) // MILLISECOND,
        external_user_id=person,
        device_id=None,
        user_id=None,
        properties=orjson.dumps(properties),
    )
