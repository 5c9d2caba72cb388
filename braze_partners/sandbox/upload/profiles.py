"""What events say of users: whom a device belongs to, who is new, which properties changed.

As Amplitude does it: an event with a user id and a device id joins the two. A device that was
anonymous until then becomes that user, with all it did. An event with a device id only belongs to
the user who was last seen on the device.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
_OWN_DEVICE = """
    INSERT INTO sandbox_userdevice (device_id, user_id)
    SELECT device_id, MAX(amplitude_id) FROM sandbox_amplitudeuser
    WHERE user_id IS NULL AND device_id IN (SELECT value FROM json_each(%s))
    GROUP BY device_id
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
    people.learn(list({(one.user_id, one.device_id): None for one in events}))
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

    def learn(self, pairs: Sequence[tuple[str | None, str | None]]) -> None:
        self._load_users([user_id for user_id, _device in pairs if user_id])
        self._load_devices([device_id for _user, device_id in pairs if device_id])
        joined = [(user, device) for user, device in pairs if user and device]
        first_devices: dict[str, str | None] = {}
        for user_id, device_id in pairs:
            if user_id:
                first_devices.setdefault(user_id, device_id)
        self._create_users(first_devices)
        self._create_anonymous(
            {device for user, device in pairs if device and not user}
            - {device for _user, device in joined}
        )
        self._join(joined)

    def _load_users(self, user_ids: Collection[str]) -> None:
        self.cursor.execute(_USERS, [orjson.dumps(list(user_ids)).decode()])
        self.users |= dict(self.cursor.fetchall())

    def _load_devices(self, device_ids: Collection[str]) -> None:
        self.cursor.execute(_DEVICES, [orjson.dumps(list(device_ids)).decode()])
        for device_id, number, user_id in self.cursor.fetchall():
            self.devices[device_id] = number
            if user_id is None:
                self.anonymous.add(number)

    def _create_users(self, first_devices: dict[str, str | None]) -> None:
        """A user id seen first on an anonymous device is that device's user; others are new."""
        new = {one: device for one, device in first_devices.items() if one not in self.users}
        for user_id, device_id in list(new.items()):
            number = self.devices.get(device_id or "")
            if number in self.anonymous:
                self._name(number, user_id)
                del new[user_id]
        self._insert(list(new.items()))
        if new:
            self._load_users(new)

    def _create_anonymous(self, device_ids: set[str]) -> None:
        new = [device_id for device_id in sorted(device_ids) if device_id not in self.devices]
        self._insert([(None, device_id) for device_id in new])
        if new:
            self.cursor.execute(_OWN_DEVICE, [orjson.dumps(new).decode()])
            self._load_devices(new)

    def _insert(self, ids: Sequence[tuple[str | None, str | None]]) -> None:
        at = self.now_in_rows
        self.cursor.executemany(_NEW_USER, [(*pair, at, at) for pair in ids])

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
