"""The demo project: users with realistic properties and four cohorts, made once and repeatable."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from braze_partners.sandbox import members, users
from braze_partners.sandbox.models import AmplitudeUser, Cohort
from braze_partners.sandbox.rules.events import ANY_EVENT, EventCondition
from braze_partners.sandbox.rules.properties import Condition
from braze_partners.sandbox.users import NewUser

COUNTRIES = {
    "US": ("Americas", 30),
    "GB": ("Europe", 14),
    "FR": ("Europe", 13),
    "DE": ("Europe", 12),
    "ES": ("Europe", 7),
    "NL": ("Europe", 5),
    "CA": ("Americas", 8),
    "BR": ("Americas", 6),
    "AU": ("Asia-Pacific", 5),
}
PLANS = {"free": 62, "plus": 26, "pro": 12}
PLATFORMS = {"iOS": 46, "Android": 41, "Web": 13}

GUESTS = 12  # users of Amplitude whom the other side has never heard of
ANONYMOUS = 150  # devices without a user, for syncs by device ID
INTENT_SHARE = 0.2776  # of all users, so that 5,000 give a cohort of 1,400 with the guests

HIGH_INTENT, CART_ABANDONERS, POWER_USERS = "k3x9a7f2", "p81mzd0q", "w20cc4sn"
ACTIVE = "a7days3u"  # nobody at first; it grows with the events that arrive


def is_empty() -> bool:
    return not AmplitudeUser.objects.exists() and not Cohort.objects.exists()


def seed(user_count: int, now: datetime) -> None:
    """The same users and lists for the same number; what exists already is left as it is."""
    dice = random.Random(20_240)
    known = [_known_user(number, dice) for number in range(1, user_count + 1)]
    guests = [_guest(number, dice) for number in range(1, GUESTS + 1)]
    anonymous = [_anonymous(number, dice) for number in range(1, ANONYMOUS + 1)]
    users.add_users([*known, *guests, *anonymous], now)
    _cohorts(known, guests, dice, now)
    members.recompute_rules(now)


def _cohorts(
    known: list[NewUser], guests: list[NewUser], dice: random.Random, now: datetime
) -> None:
    if not Cohort.objects.filter(pk=HIGH_INTENT).exists():
        chosen = dice.sample(known, round(len(known) * INTENT_SHARE)) + guests
        user_ids = [str(user.user_id) for user in chosen]
        members.create_list("High-intent shoppers", user_ids, now, HIGH_INTENT)
    if not Cohort.objects.filter(pk=CART_ABANDONERS).exists():
        rule = [Condition("cart_items", "greater", "0"), Condition("cart_idle_days", "less", "8")]
        members.create_rule("Cart abandoners 7d", rule, "all", now, CART_ABANDONERS)
    if not Cohort.objects.filter(pk=POWER_USERS).exists():
        rule = [Condition("region", "is", "Europe"), Condition("sessions_30d", "greater", "20")]
        members.create_rule("Power users EU", rule, "all", now, POWER_USERS)
    if not Cohort.objects.filter(pk=ACTIVE).exists():
        did = [EventCondition(ANY_EVENT, "at_least", 1, 7)]
        members.create_rule("Active in the last 7 days", did, "all", now, ACTIVE)


def _known_user(number: int, dice: random.Random) -> NewUser:
    return NewUser(f"usr_{number:06}", f"{dice.getrandbits(64):016x}", _properties(dice))


def _guest(number: int, dice: random.Random) -> NewUser:
    properties = {**_properties(dice), "plan": "free", "guest_checkout": True}
    return NewUser(f"guest_{number:04}", f"{dice.getrandbits(64):016x}", properties)


def _anonymous(number: int, dice: random.Random) -> NewUser:
    properties = {name: _properties(dice)[name] for name in ("country", "region", "platform")}
    return NewUser(None, f"device_{number:06}", properties)


def _properties(dice: random.Random) -> dict[str, Any]:
    country = _drawn({name: weight for name, (_region, weight) in COUNTRIES.items()}, dice)
    properties: dict[str, Any] = {
        "plan": _drawn(PLANS, dice),
        "country": country,
        "region": COUNTRIES[country][0],
        "platform": _drawn(PLATFORMS, dice),
        "last_seen_days": min(int(dice.expovariate(1 / 12)), 180),
        "sessions_30d": min(int(dice.expovariate(1 / 9)), 90),
        "purchases": min(int(dice.expovariate(1 / 2.5)), 40),
    }
    if dice.random() < 0.22:
        properties["cart_items"] = dice.randint(1, 6)
        properties["cart_idle_days"] = min(int(dice.expovariate(1 / 9)), 60)
    return properties


def _drawn(weights: dict[str, int], dice: random.Random) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
