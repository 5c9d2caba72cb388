"""What events say of users: whom a device belongs to, who is new, which properties changed.

As Amplitude does it: an event with a user id and a device id joins the two. A device that was
anonymous until then becomes that user, with all it did. An event with a device id only belongs to
the user who was last seen on the device.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
from django.db import connection

from braze_partners.sandbox import members, tallies
from braze_partners.sandbox.models import AmplitudeUser, UserDevice
from braze_partners.sandbox.upload import properties

_USERS = """
    SELECT user_id, amplitude_id FROM sandbox_amplitudeuser
    WHERE user_id IN (SELECT value FROM json_each(%s))
"""
_DEVICES = """
    SELECT device.device_id, device.user_id, held.user_id
    FROM sandbox_userdevice AS device
    JOIN sandbox_amplitudeuser AS held ON held.amplitude_id = device.user_id
    WHERE device.device_id IN (SELECT value FROM json_each(%s))
"""
_NEW_USER = """
    INSERT INTO sandbox_amplitudeuser (user_id, device_id, properties, created_at, changed_at)
    VALUES (%s, %s, '{}', %s, %s)
"""
_BELONGS = """
    INSERT INTO sandbox_userdevice (device_id, user_id) VALUES (%s, %s)
    ON CONFLICT (device_id) DO UPDATE SET user_id = excluded.user_id
"""
_LAST_DEVICE = "UPDATE sandbox_amplitudeuser SET device_id = %s WHERE amplitude_id = %s"


class Identification(Protocol):
    """Whoever an event or an identify call speaks of, and what it says of them."""

    @property
    def user_id(self) -> str | None: ...
    @property
    def device_id(self) -> str | None: ...
    @property
    def user_properties(self) -> dict[str, Any] | None: ...


def follow(cursor: Any, events: Sequence[Identification], now: datetime) -> None:
    """Brings users and devices up to date with these events, in their order."""
    people = People(cursor, now)
    people.learn({(one.user_id, one.device_id): None for one in events})
    changed: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        if event.user_properties:
            number = people.number_of(event.user_id, event.device_id)
            changed.setdefault(number, []).append(event.user_properties)
    if changed:
        _change_properties(changed, now)
        tallies.add({tallies.PROFILE_CHANGES: len(changed)})


class People:
    """The users and devices of one request, as they are known after it."""

    def __init__(self, cursor: Any, now: datetime) -> None:
        self.cursor, self.now = cursor, now
        self.now_in_rows = connection.ops.adapt_datetimefield_value(now)
        self.users: dict[str, int] = {}
        self.devices: dict[str, int] = {}
        self.anonymous: set[int] = set()

    def number_of(self, user_id: str | None, device_id: str | None) -> int:
        return self.users[user_id] if user_id else self.devices[device_id or ""]

    def learn(self, pairs: Iterable[tuple[str | None, str | None]]) -> None:
        pairs = list(pairs)
        self._load(
            [user_id for user_id, _device in pairs if user_id],
            [device_id for _user, device_id in pairs if device_id],
        )
        self._create([pair for pair in pairs if not self._is_known(*pair)])
        self._join([(user, device) for user, device in pairs if user and device])

    def _is_known(self, user_id: str | None, device_id: str | None) -> bool:
        return user_id in self.users if user_id else device_id in self.devices

    def _load(self, user_ids: list[str], device_ids: list[str]) -> None:
        self.cursor.execute(_USERS, [orjson.dumps(user_ids).decode()])
        self.users |= dict(self.cursor.fetchall())
        self.cursor.execute(_DEVICES, [orjson.dumps(device_ids).decode()])
        for device_id, number, user_id in self.cursor.fetchall():
            self.devices[device_id] = number
            if user_id is None:
                self.anonymous.add(number)

    def _create(self, pairs: list[tuple[str | None, str | None]]) -> None:
        """New users. A user id seen first on an anonymous device is that device's user."""
        for user_id, device_id in pairs:
            if self._is_known(user_id, device_id):
                continue  # by a pair before this one
            number = self.devices.get(device_id or "")
            if user_id and number in self.anonymous:
                self._name(number, user_id)
            elif user_id is None and device_id:
                self.anonymous.add(self._insert(None, device_id))
            else:
                self._insert(user_id, device_id)

    def _insert(self, user_id: str | None, device_id: str | None) -> int:
        self.cursor.execute(_NEW_USER, [user_id, device_id, self.now_in_rows, self.now_in_rows])
        number = int(self.cursor.lastrowid)
        if user_id:
            self.users[user_id] = number
        if device_id and (user_id is None or device_id not in self.devices):
            self.devices[device_id] = number
            self.cursor.execute(_BELONGS, [device_id, number])
        return number

    def _name(self, number: int, user_id: str) -> None:
        AmplitudeUser.objects.filter(pk=number).update(user_id=user_id, changed_at=self.now)
        self.anonymous.discard(number)
        self.users[user_id] = number

    def _join(self, pairs: list[tuple[str, str]]) -> None:
        """Devices go to the user who was seen on them last; anonymous users are taken up."""
        moved: dict[str, int] = {}
        for user_id, device_id in pairs:
            number, before = self.users[user_id], self.devices.get(device_id)
            if before == number:
                continue
            if before in self.anonymous:
                self._take_up(before, number)
            self.devices[device_id] = moved[device_id] = number
        self.cursor.executemany(_BELONGS, list(moved.items()))
        self.cursor.executemany(_LAST_DEVICE, list(moved.items()))

    def _take_up(self, anonymous: int, number: int) -> None:
        """The user goes on with what the anonymous one had, and the anonymous one ends."""
        old = AmplitudeUser.objects.get(pk=anonymous)
        user = AmplitudeUser.objects.get(pk=number)
        user.properties = {**old.properties, **user.properties}
        user.changed_at = self.now
        user.save(update_fields=["properties", "changed_at"])
        UserDevice.objects.filter(user_id=anonymous).update(user_id=number)
        self.devices = {
            device: number if held == anonymous else held for device, held in self.devices.items()
        }
        members.forget(anonymous, self.now)
        old.delete()
        self.anonymous.discard(anonymous)


def _change_properties(changed: dict[int, list[dict[str, Any]]], now: datetime) -> None:
    users = list(AmplitudeUser.objects.filter(pk__in=list(changed)).only("properties"))
    for user in users:
        for operations in changed[user.pk]:
            user.properties = properties.changed(user.properties, operations)
        user.changed_at = now
    AmplitudeUser.objects.bulk_update(users, ["properties", "changed_at"], batch_size=200)
