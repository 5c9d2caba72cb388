"""Events as a real Currents posts them, ready-made: about 740 bytes each, of 100,000 people."""

from __future__ import annotations

import random
import uuid
from typing import Any

import orjson

PEOPLE = 100_000
TYPES = (
    "users.messages.email.Open",
    "users.messages.email.Click",
    "users.messages.email.Delivery",
    "users.behaviors.CustomEvent",
)
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124",
)
START = 1_772_366_400  # 2026-03-01


class Events:
    """The same events for the same seed; ids are never used twice."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._campaigns = [(self._hex(12), f"Campaign {n}") for n in range(50)]

    def _hex(self, count: int) -> str:
        return self._chance.randbytes(count).hex()

    def one(self) -> dict[str, Any]:
        chance = self._chance
        campaign_id, campaign_name = chance.choice(self._campaigns)
        person = chance.randrange(PEOPLE)
        return {
            "event_type": chance.choice(TYPES),
            "id": str(uuid.UUID(bytes=chance.randbytes(16))),
            "time": START + chance.randrange(86_400),
            "user": {
                "user_id": self._hex(12),
                "external_user_id": f"user_{person:06d}",
                "device_id": str(uuid.UUID(bytes=chance.randbytes(16))),
                "timezone": "America/New_York",
            },
            "properties": {
                "name": "opened",
                "campaign_id": campaign_id,
                "campaign_name": campaign_name,
                "message_variation_id": self._hex(12),
                "email_address": f"person{person}@example.org",
                "user_agent": chance.choice(AGENTS),
                "url": f"https://example.org/p/{chance.randrange(1_000)}",
                "dispatch_id": self._hex(16),
                "app_id": "app_1",
                "platform": "ios",
                "os_version": "17.4",
                "device_model": "iPhone 15",
                "machine_open": "true",
                "link_id": f"a{chance.randrange(100)}",
            },
        }

    def bodies(self, requests: int, events: int) -> list[bytes]:
        """Ready-made bodies of /currents/events."""
        return [
            orjson.dumps({"events": [self.one() for _ in range(events)]}) for _ in range(requests)
        ]
